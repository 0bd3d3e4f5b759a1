import { type z } from 'zod';
import { type CommandContext } from '#libs/event-sourcing';
import { effectiveMoment } from './command-fields.js';
import { type Channel } from './payment-fields.js';

/*
 * When a payment counts, by the channel it came by (PA1). Data, so that another biller or another regulator is another
 * version; the version is recorded in every payment it shaped.
 */

interface ChannelRule {
  /**
   * What its moment is: the one at which it was received; or the one that a letter or a bank gives evidence of, its
   * postmark or the deposit. Where nobody names one it is when it is recorded.
   */
  readonly counts: 'from-receipt' | 'from-evidence';
  /** What is received from this time of day on counts from the beginning of the next day there. */
  readonly cutOff?: {
    /** HH:MM */
    readonly time: string;
    /** IANA: `America/New_York`. */
    readonly timeZone: string;
  };
}

export interface ChannelPolicy {
  /** Recorded in events; a policy that changes gets another. */
  readonly version: string;
  readonly channels: Readonly<Record<z.output<typeof Channel>, ChannelRule>>;
}

/**
 * Pennsylvania: by mail the postmark, at an agent or branch the moment of paying, electronically that of receipt
 * (52 Pa. Code §56.21). A utility may not put off what it has received, so no channel has a cut-off here.
 */
const CHANNEL_POLICY: ChannelPolicy = {
  version: 'us-pa/1',
  channels: {
    online: { counts: 'from-receipt' },
    autopay: { counts: 'from-receipt' },
    phone: { counts: 'from-receipt' },
    'in-person': { counts: 'from-receipt' },
    'mail-in': { counts: 'from-evidence' },
  },
};

/**
 * When a payment counts for the customer, and by which policy.
 * @param named the moment it was received, or of its evidence; the command's own unless it is given
 * @throws Rejected EFFECTIVE_IN_FUTURE
 */
export function effectiveByChannel(
  channel: z.output<typeof Channel>,
  named: string | undefined,
  context: CommandContext,
  { version: effectivePolicy, channels }: ChannelPolicy = CHANNEL_POLICY,
): { readonly effectiveAt: string; readonly effectivePolicy: string } {
  const moment = effectiveMoment(named, context);
  const { counts, cutOff } = channels[channel];
  const effectiveAt = counts === 'from-receipt' && cutOff ? notAfter(moment, cutOff) : moment;
  return { effectiveAt, effectivePolicy };
}

const MINUTE_IN_MS = 60_000;

function notAfter(moment: string, { time, timeZone }: ChannelRule['cutOff'] & object): string {
  const local = localTime(Date.parse(moment), timeZone);
  if (local.slice(11) < time) return moment;
  // The offset may change overnight, so the day's beginning is looked for with the offset that holds there.
  const midnight = Date.parse(`${local.slice(0, 10)}T24:00:00.000Z`);
  const about = midnight - offsetAt(midnight, timeZone);
  return new Date(midnight - offsetAt(about, timeZone)).toISOString();
}

/** By how much a time zone is ahead of UTC at an instant, in milliseconds. */
function offsetAt(instant: number, timeZone: string): number {
  const minute = instant - (instant % MINUTE_IN_MS);
  return Date.parse(`${localTime(instant, timeZone)}:00.000Z`) - minute;
}

/** The clock there: `2026-01-31T17:05`. */
function localTime(instant: number, timeZone: string): string {
  const options = { timeZone, dateStyle: 'short', timeStyle: 'short' } as const;
  return new Intl.DateTimeFormat('sv-SE', options).format(instant).replace(' ', 'T');
}
