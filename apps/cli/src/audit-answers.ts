import { z } from 'zod';
import { Money } from './money.js';

/* What finance's reports answer, as the API gives it. Amounts are decimal strings. */

const moments = { effectiveAt: z.string().nullable(), recordedAt: z.string().nullable() } as const;
/** Which account something is said of. */
const account = { accountId: z.string(), payBillNumber: z.string() } as const;
/** What a balance consists of. */
const parts = {
  billed: Money,
  paid: Money,
  returned: Money,
  refunded: Money,
  claimed: Money,
  adjusted: Money,
  writtenOff: Money,
  reinstated: Money,
} as const;

export const AccountAsOf = z.object({
  ...moments,
  agedOn: z.string(),
  ...account,
  currency: z.string(),
  balance: Money,
  open: Money,
  credit: Money,
  pastDue: Money,
  disputed: Money,
  ...parts,
  events: z.int(),
  revision: z.string().nullable(),
  position: z.string().nullable(),
  openBills: z.array(
    z.object({
      billNumber: z.string(),
      issuedOn: z.string(),
      dueOn: z.string(),
      daysPastDue: z.int(),
      total: Money,
      open: Money,
    }),
  ),
});

export const TrialBalance = z.object({
  ...moments,
  currencies: z.array(
    z.object({
      currency: z.string(),
      debit: Money,
      credit: Money,
      difference: Money,
      accounts: z.array(z.object({ account: z.string(), debit: Money, credit: Money, balance: Money })),
    }),
  ),
});

const aging = {
  currency: z.string(),
  buckets: z.object({
    current: Money,
    days1To30: Money,
    days31To60: Money,
    days61To90: Money,
    days91To120: Money,
    over120Days: Money,
  }),
  open: Money,
  prepaid: Money,
  receivable: Money,
  unapplied: Money,
  balance: Money,
} as const;

export const AgedAccount = z.object({ ...account, ...aging });
export const Aging = z.object({
  ...moments,
  agedOn: z.string(),
  currencies: z.array(z.object({ accounts: z.int(), ...aging })),
});

const rolled = { opening: Money, ...parts, closing: Money, difference: Money } as const;
const period = { from: z.string().nullable(), to: z.string().nullable(), recordedAt: z.string().nullable() } as const;

export const RolledAccount = z.object({ ...account, currency: z.string(), ...rolled });
export const RollForward = z.object({
  ...period,
  currencies: z.array(z.object({ currency: z.string(), accounts: z.int(), ...rolled })),
});

export const Statement = z.object({
  ...period,
  ...account,
  currency: z.string(),
  ...rolled,
  lines: z.array(
    z.object({
      effectiveAt: z.string(),
      recordedAt: z.string(),
      kind: z.string(),
      reference: z.string().nullable(),
      reason: z.string().nullable(),
      amount: Money,
      balance: Money,
      revision: z.string(),
      position: z.string(),
    }),
  ),
});

/** One thing that an event did to a line or a source. */
const Entry = z.object({
  what: z.string(),
  amount: Money,
  event: z.looseObject({
    id: z.string(),
    type: z.string(),
    revision: z.string(),
    effectiveAt: z.string(),
    recordedAt: z.string(),
    actor: z.string(),
    onBehalfOf: z.string().nullable(),
    commandId: z.string(),
    allocationPolicy: z.string().nullable(),
    rounding: z.object({ policy: z.string(), residue: z.string() }).nullable(),
  }),
});
export type Entry = z.output<typeof Entry>;

export const Explanation = z.object({
  ...moments,
  accountId: z.string(),
  currency: z.string(),
  balance: Money,
  events: z.int(),
  revision: z.string().nullable(),
  lines: z.array(
    z.looseObject({
      billNumber: z.string(),
      lineId: z.string(),
      description: z.string(),
      dueOn: z.string(),
      left: Money,
      entries: z.array(Entry.extend({ sourceKind: z.string().nullable(), sourceId: z.string().nullable() })),
    }),
  ),
  sources: z.array(
    z.object({
      sourceKind: z.string(),
      sourceId: z.string(),
      left: Money,
      entries: z.array(Entry.extend({ billNumber: z.string().nullable(), lineId: z.string().nullable() })),
    }),
  ),
});
