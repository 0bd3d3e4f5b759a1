import { Inject, Injectable } from '@nestjs/common';
import { z } from 'zod';
import { EventStore, type StoredEvent } from '#libs/event-sourcing';
import { account } from '../billing/account.js';
import { accountUnknown } from '../reads/answers.js';
import { verification } from './verification.js';
import { AskedBy, Method, Purpose } from './verification-events.js';

/** One event of the stream as staff and auditors see it: who, when, what; nothing secrets are compared by. */
export const Trail = z
  .object({
    revision: z.string(),
    what: z.string().meta({ examples: ['VerificationFailed'] }),
    at: z.iso.datetime(),
    actor: z.string(),
    onBehalfOf: z.string().optional(),
    policy: z.string().optional(),
    method: Method.optional(),
    purpose: Purpose.optional(),
    askedBy: AskedBy.optional(),
    question: z.string().optional(),
    attemptsLeft: z.int().optional(),
    until: z.iso.datetime().optional(),
    expiresAt: z.iso.datetime().optional(),
    reason: z.string().optional(),
  })
  .meta({ id: 'VerificationTrailEntry' });

const MOST = 50;

/** What happened in the verification of an account, from its own stream. */
@Injectable()
export class VerificationTrail {
  constructor(@Inject(EventStore) private readonly store: EventStore) {}

  /** The latest first. @throws Rejected ACCOUNT_UNKNOWN */
  async latest(accountId: string): Promise<z.output<typeof Trail>[]> {
    const stream = `${verification.category}-${accountId}`;
    const last = await this.store.readLast(stream);
    if (!last) {
      await this.requireAccount(accountId);
      return [];
    }
    const from = last.revision >= MOST ? last.revision - BigInt(MOST) + 1n : 0n;
    const entries: z.output<typeof Trail>[] = [];
    for await (const event of this.store.readStream(stream, { from, limit: MOST })) entries.push(entryOf(event));
    return entries.reverse();
  }

  /** @throws Rejected ACCOUNT_UNKNOWN */
  async requireAccount(accountId: string): Promise<void> {
    if ((await this.store.readLast(`${account.category}-${accountId}`)) === undefined) throw accountUnknown();
  }
}

/** The schema names what is shown and drops the rest. */
function entryOf({ revision, type, data, metadata }: StoredEvent): z.output<typeof Trail> {
  const event = verification.events.read(type, metadata.schemaVersion, data);
  const { recordedAt: at, actor, onBehalfOf } = metadata;
  return Trail.parse({ ...event.data, revision: String(revision), what: event.type, at, actor, onBehalfOf });
}
