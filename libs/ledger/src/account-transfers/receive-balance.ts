import { z } from 'zod';
import { defineCommand } from '#libs/event-sourcing';
import { account } from '../billing/account.js';
import { type AccountEvent } from '../billing/account-events.js';
import { type AccountState, requireKnown } from '../billing/account-state.js';
import { ALLOCATION_POLICY, allocateMoney, storedShares } from '../billing/allocation.js';
import { Day, Identifier, Instant, ReasonCode } from '../billing/command-fields.js';
import { creditOnto } from '../billing/issue-bill.js';
import { AmountText } from '../money/money.js';
import { formatMinor, parseMinor } from '../money/minor-units.js';

/** What was open of a line on the other account, and how it divides. */
const MovedLine = z.strictObject({
  lineId: Identifier,
  service: z.string(),
  kind: z.enum(['recurring', 'one-time', 'usage']),
  description: z.string(),
  priority: z.int(),
  net: AmountText,
  taxes: z.array(z.strictObject({ jurisdiction: z.string(), rate: z.string(), amount: AmountText })),
});

/** What was open of a bill on the other account. */
const MovedBill = z.strictObject({
  billNumber: Identifier,
  issuedOn: Day,
  dueOn: Day,
  lines: z.array(MovedLine).min(1),
  /** It has had its late fee; the line is what is open of that. */
  lateFee: z.strictObject({ lineId: Identifier.optional() }).optional(),
});
export type MovedBill = z.output<typeof MovedBill>;

/**
 * The second half of a transfer: what left another account arrives. A debt comes as the bills it was, with their due days,
 * lines and taxes, so that it is as old here as it was there; credit of this account pays it at once, as far as that pays a new bill.
 * Credit comes as a credit and settles what is open. A closed account takes both: what has left the one must arrive.
 */
export const ReceiveBalance = defineCommand({
  type: 'ReceiveBalance',
  decider: account,
  schema: z.strictObject({
    transferId: z.uuid(),
    /** The account it comes from. */
    accountId: z.uuid(),
    bills: z.array(MovedBill),
    credit: AmountText.optional(),
    reason: ReasonCode,
    /** When it left. */
    effectiveAt: Instant,
  }),
  decide(body, state, { at }): AccountEvent[] {
    requireKnown(state);
    const events: AccountEvent[] = [];
    let now = state;
    const add = (made: readonly AccountEvent[]) => {
      events.push(...made);
      now = made.reduce((next, event) => account.evolve(next, event), now);
    };
    for (const bill of body.bills) {
      const arrived = billIn(bill, body, now);
      add([arrived]);
      const when = { on: at.slice(0, 10), effectiveAt: body.effectiveAt };
      if (now.credit > 0n) add(creditOnto(arrived.data.billNumber, now, when));
    }
    if (body.credit !== undefined) add([creditIn(body.credit, body, now)]);
    return events;
  },
});

type Body = z.output<typeof ReceiveBalance.schema>;

function billIn(bill: MovedBill, { transferId, accountId, effectiveAt }: Body, state: AccountState) {
  const { digits, currency } = state;
  const { lateFee } = bill;
  const lines = bill.lines.map(({ net, taxes, ...line }) => {
    const total = taxes.reduce((sum, { amount }) => sum + parseMinor(amount, digits), parseMinor(net, digits));
    const charge = { quantity: '1', unitPrice: net, discounts: [], net, taxes, total: formatMinor(total, digits) };
    return { ...line, ...charge };
  });
  const total = lines.reduce((sum, line) => sum + parseMinor(line.total, digits), 0n);
  return {
    type: 'BillIssued',
    data: {
      billNumber: freeNumber(bill.billNumber, state),
      issuedOn: bill.issuedOn,
      dueOn: bill.dueOn,
      lines,
      total: { amount: formatMinor(total, digits), currency },
      rounding: { policy: 'line', residue: '0' },
      transferredFrom: { transferId, accountId, billNumber: bill.billNumber, ...(lateFee && { lateFee }) },
      effectiveAt,
    },
  } as const;
}

/** The number the bill had, unless the account has one of that number itself. */
function freeNumber(billNumber: string, { bills }: AccountState): string {
  for (let copy = 2, number = billNumber; ; copy++) {
    if (!bills.get(number)) return number;
    const suffix = `/${copy}`;
    number = billNumber.slice(0, 64 - suffix.length) + suffix;
  }
}

function creditIn(
  text: string,
  { transferId, accountId, reason, effectiveAt }: Body,
  state: AccountState,
): AccountEvent {
  const { shares, unapplied } = allocateMoney(state, parseMinor(text, state.digits));
  return {
    type: 'CreditIssued',
    data: {
      creditId: transferId,
      amount: { amount: text, currency: state.currency },
      reason,
      allocations: storedShares(shares, state.digits),
      unapplied: formatMinor(unapplied, state.digits),
      allocationPolicy: ALLOCATION_POLICY,
      transferredFrom: { transferId, accountId },
      effectiveAt,
    },
  };
}
