import { setTimeout as delay } from 'node:timers/promises';
import { type Database, isPassing } from '#libs/platform';
import { DeliveryFailed } from '../channels/delivery-failed.js';
import { backOff } from './back-off.js';
import { type Carrier } from './carrier.js';
import { type Channel, CHANNELS, claim, type Claim, type Outcome, settle } from './claims.js';

interface DeliveriesOptions {
  /** Attempts before a person has to look. */
  readonly attempts: number;
  /** Deliveries of one channel on their way at once. */
  readonly atOnce: number;
  readonly clock?: () => Date;
  /** From 0 up to 1. */
  readonly random?: () => number;
  /** How often it is looked for something to do that nobody has told of. */
  readonly pollMs?: number;
  readonly onParked?: (parked: { deliveryId: string; channel: Channel; reason: string }) => void;
  /** Told of what went wrong here and not at a receiver; the delivery is tried again. */
  readonly onTrouble?: (error: Error) => void;
}

/** Whoever tells of something new may not have committed it yet: it is looked for once more after each of these. */
const LOOKS_MS = [5, 20, 60, 200];

/**
 * Delivers what was planned: at least once, and recognisable as a repeat by its id where a process died between sending
 * and writing that down. Any number of processes may run it. A channel that is slow holds up no other.
 */
export class Deliveries {
  readonly #wakers = new Set<() => void>();
  readonly #looks = new Set<NodeJS.Timeout>();

  constructor(
    private readonly db: Database,
    private readonly carrier: Carrier,
    private readonly options: DeliveriesOptions,
  ) {}

  /** Says that there is something new, or will be as soon as the transaction at hand commits. */
  wake(): void {
    this.#wakeNow();
    if (this.#looks.size > 0) return;
    for (const ms of LOOKS_MS) {
      const look = setTimeout(() => {
        this.#looks.delete(look);
        this.#wakeNow();
      }, ms).unref();
      this.#looks.add(look);
    }
  }

  /** Delivers until `signal` aborts, and returns when what was on its way has ended. */
  async run(signal: AbortSignal): Promise<void> {
    signal.addEventListener('abort', () => this.#wakeNow(), { once: true });
    await Promise.all(CHANNELS.map((channel) => this.#runChannel(channel, signal)));
  }

  #wakeNow(): void {
    for (const wake of this.#wakers) wake();
  }

  async #runChannel(channel: Channel, signal: AbortSignal): Promise<void> {
    const onTheirWay = new Set<Promise<void>>();
    let waking = newWaking();
    const waker = () => waking.wake();
    this.#wakers.add(waker);
    while (!signal.aborted) {
      // Renewed before looking: what is told of during the look is looked for again.
      waking = newWaking();
      for (const claimed of await this.#claim(channel, this.options.atOnce - onTheirWay.size)) {
        const delivery = this.#deliver(claimed).finally(() => {
          onTheirWay.delete(delivery);
          // Room for another, and the next of the lane may go.
          waker();
        });
        onTheirWay.add(delivery);
      }
      if (!signal.aborted) await this.#pause(waking.woken);
    }
    this.#wakers.delete(waker);
    await Promise.all(onTheirWay);
  }

  async #claim(channel: Channel, room: number): Promise<Claim[]> {
    if (room <= 0) return [];
    try {
      return await claim(this.db, channel, this.#now(), room);
    } catch (error) {
      if (!isPassing(error)) throw error;
      this.options.onTrouble?.(error as Error);
      return [];
    }
  }

  async #pause(woken: Promise<void>): Promise<void> {
    const enough = new AbortController();
    const { pollMs = 1_000 } = this.options;
    await Promise.race([woken, delay(pollMs, undefined, { signal: enough.signal }).catch(() => undefined)]);
    enough.abort();
  }

  async #deliver(claimed: Claim): Promise<void> {
    const outcome = await this.#attempt(claimed);
    try {
      await settle(this.db, claimed, this.#now(), outcome);
    } catch (error) {
      // The claim runs out and the delivery is made again, recognisable as the same.
      this.options.onTrouble?.(error as Error);
      return;
    }
    const { id, channel } = claimed;
    if (outcome.kind === 'parked') this.options.onParked?.({ deliveryId: id, channel, reason: outcome.reason });
  }

  async #attempt(claimed: Claim): Promise<Outcome> {
    try {
      return await this.carrier.carry(claimed, this.#now());
    } catch (error) {
      if (!(error instanceof DeliveryFailed)) this.options.onTrouble?.(error as Error);
      const failed =
        error instanceof DeliveryFailed ? error : new DeliveryFailed('a fault of ours; see the log', false);
      const { message: reason, permanent, retryAfterMs } = failed;
      if (permanent || claimed.attempts >= this.options.attempts) return { kind: 'parked', reason };
      const { random = Math.random } = this.options;
      return { kind: 'again', reason, waitMs: backOff(claimed.attempts, random(), retryAfterMs) };
    }
  }

  #now(): Date {
    return this.options.clock?.() ?? new Date();
  }
}

interface Waking {
  readonly woken: Promise<void>;
  wake(): void;
}

function newWaking(): Waking {
  let wake: () => void = () => undefined;
  const woken = new Promise<void>((resolve) => (wake = resolve));
  return { woken, wake };
}
