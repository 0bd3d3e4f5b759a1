import { z } from 'zod';
import { type EventOf, eventRegistry } from '#libs/event-sourcing';

/*
 * Storage format, as account-events.ts of the ledger: stored for ever, changed only by addition. Nothing here may hold
 * personal data: what was asked for is said by codes and opaque ids.
 */

/** Stream category of what is recorded for auditors. */
export const AUDIT = 'audit';

/**
 * The stream categories whose events are in the tree: all that Paybill writes. Whoever builds the tree and whoever verifies it
 * must mean the same, so there is one list. A category may be added while it has no events yet.
 */
export const AUDITED_CATEGORIES: readonly string[] = [
  'account',
  'payment',
  'payBillNumber',
  'accountTransfer',
  'consolidatedPayment',
  'verification',
  'subscription',
  'billingRun',
  'autopayRun',
  'collectionsRun',
  'supportCase',
  'bankFile',
  'receipt',
  'tillBatch',
  'fraudCase',
  AUDIT,
];

const Instant = z.iso.datetime();

export const auditEvents = eventRegistry({
  /** Somebody asked for something that auditors want to know about; who, is in the metadata. */
  AccessRecorded: {
    version: 1,
    schema: z.strictObject({
      /** What was asked for, a code such as `trial-balance`. */
      what: z.string(),
      /** Whatever has the shape of an id was asked for, be it one of ours or not. */
      accountId: z.guid().optional(),
      /** What it was narrowed down to, as far as that is opaque. */
      parameters: z.record(z.string(), z.string()),
      /** `answered`, or the code of the refusal. */
      outcome: z.string(),
      effectiveAt: Instant,
    }),
  },
  /** The state of the log was signed. */
  CheckpointSigned: {
    version: 1,
    schema: z.strictObject({
      /** Events in the tree. */
      size: z.int(),
      /** Base64. */
      rootHash: z.string(),
      /** The signed note, complete. */
      note: z.string(),
      /** Who signed: a verifier key. Whether it is to be believed, an auditor knows from elsewhere. */
      verifierKey: z.string(),
      effectiveAt: Instant,
    }),
  },
});

export type AuditEvent = EventOf<typeof auditEvents>;

/** All checkpoints of a log are in one stream. */
export const CHECKPOINTS = `${AUDIT}-checkpoints`;

/** Accesses have a stream for each day, UTC. @param day such as `2026-11-26` */
export function accessesOn(day: string): string {
  return `${AUDIT}-accesses-${day}`;
}
