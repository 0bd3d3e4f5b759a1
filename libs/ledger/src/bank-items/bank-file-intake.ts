import { type Decider, defineCommand, type EventOf, eventRegistry, Rejected } from '#libs/event-sourcing';
import { z } from 'zod';

/* Storage format, as account-events.ts. Names of banks and billers stand here, and none of payers. */

const Digest = z.string().regex(/^[0-9a-f]{64}$/);
const Count = z.int().nonnegative();

/** What has become of the items of a file. */
const Counts = {
  payments: Count,
  returns: Count,
  /** Recorded as unidentified. */
  receipts: Count,
  /** Nothing that could be applied: balances, entries of our own, notifications. */
  passedOver: Count,
};

const File = {
  /** SHA-256 of its bytes. */
  digest: Digest,
  format: z.string().min(1).max(40),
  sender: z.string().max(200),
  createdOn: z.iso.date(),
  /** What tells files of one sender apart, in the words of the format. */
  identification: z.string().max(200),
  items: Count,
};

export const bankFileEvents = eventRegistry({
  BankFileAccepted: { version: 1, schema: z.strictObject({ ...File, effectiveAt: z.iso.datetime() }) },
  BankFileApplied: { version: 1, schema: z.strictObject({ digest: Digest, ...Counts, effectiveAt: z.iso.datetime() }) },
});

type BankFileEvent = EventOf<typeof bankFileEvents>;

interface BankFileState {
  /** Of the file that has this identity; none before one is accepted. */
  readonly digest?: string;
  readonly acceptedAt?: string;
  /** All of its items have been applied. */
  readonly isApplied: boolean;
}

/**
 * A file of a bank, by its own identity (`bankFile-<id>`, made of format, sender, receiver and identification): its first
 * append claims the identity for one content, so that neither the same bytes nor other bytes under the same name are
 * applied twice.
 */
export const bankFile: Decider<BankFileState, BankFileEvent> = {
  category: 'bankFile',
  events: bankFileEvents,
  initialState: { isApplied: false },
  evolve(state, event) {
    switch (event.type) {
      case 'BankFileAccepted':
        return { digest: event.data.digest, acceptedAt: event.data.effectiveAt, isApplied: false };
      case 'BankFileApplied':
        return { ...state, isApplied: true };
    }
  },
};

/** Takes a file that has been verified; one whose applying was interrupted is taken again, and nothing is appended. */
export const AcceptBankFile = defineCommand({
  type: 'AcceptBankFile',
  decider: bankFile,
  schema: z.strictObject(File),
  decide(file, { digest, acceptedAt, isApplied }, { at }): BankFileEvent[] {
    if (digest === undefined) return [{ type: 'BankFileAccepted', data: { ...file, effectiveAt: at } }];
    if (digest !== file.digest) {
      throw new Rejected(
        'BANK_FILE_IDENTITY_USED',
        `another file of this sender with the identification ${file.identification} was accepted at ${acceptedAt}; ask the bank which of them holds`,
      );
    }
    if (isApplied) {
      throw new Rejected(
        'BANK_FILE_ALREADY_APPLIED',
        `this file was accepted at ${acceptedAt} and has been applied; nothing of it is applied twice`,
      );
    }
    return [];
  },
});

/** All items of a file have been applied or recorded. */
export const FinishBankFile = defineCommand({
  type: 'FinishBankFile',
  decider: bankFile,
  schema: z.strictObject({ digest: Digest, ...Counts }),
  decide: (body, { isApplied }, { at }): BankFileEvent[] =>
    isApplied ? [] : [{ type: 'BankFileApplied', data: { ...body, effectiveAt: at } }],
});
