import { prorated } from '../billing-run/proration.js';
import { parseMinor } from '../money/minor-units.js';
import { type AccountEvent } from './account-events.js';
import { type AccountState, type Prepaid, requireBill, requireLine, type UnusedDays } from './account-state.js';
import { refuse } from './rejections.js';

type Data<Type extends AccountEvent['type']> = Extract<AccountEvent, { type: Type }>['data'];
type Billed = NonNullable<AccountState['billed']>;

/** What a bill charges in advance. */
export function prepaidBy({ billNumber, lines }: Data<'BillIssued'>, digits: number): Prepaid[] {
  const minor = (amount: string) => parseMinor(amount, digits);
  return lines.flatMap(({ lineId, net, taxes, prepaid }) => {
    if (!prepaid) return [];
    const charged = { net: minor(net), taxes: taxes.map(({ amount }) => minor(amount)) };
    return [{ ...prepaid, billNumber, lineId, ...charged, givenBack: [] }];
  });
}

/** The latest bill after a reversal that gave back days which it, or the one before, had charged in advance. */
export function withGivenBack(
  billed: Billed,
  { billNumber, lineId, amount, unused }: Data<'ChargeReversed'>,
  digits: number,
): Billed {
  if (!unused) return billed;
  const { run, days } = unused;
  const after = (all: readonly Prepaid[]) =>
    all.map((one) => (isOf(one, billNumber, lineId) ? { ...one, givenBack: [...one.givenBack, ...days] } : one));
  const { givenBackBy: last } = billed;
  const before = last && last.run === run ? last.total : 0n;
  return {
    ...billed,
    prepaid: after(billed.prepaid),
    prepaidBefore: after(billed.prepaidBefore),
    givenBackBy: { run, total: before + parseMinor(amount.amount, digits) },
  };
}

/**
 * Net and each tax of days of a line that were not used, in minor units: of each what was charged for it, by the day as it is
 * divided everywhere, so that used and unused days come to what was charged to the cent. No more than is left of it after
 * reversals for other reasons.
 * @throws Rejected BILLED_MEANWHILE when those days are not there to be given back, or not any more
 */
export function unusedShare(state: AccountState, { billNumber, lineId, from, to }: UnusedDays) {
  const known = state.billed ? [...state.billed.prepaid, ...state.billed.prepaidBefore] : [];
  const prepaid = known.find((one) => isOf(one, billNumber, lineId));
  const isThere =
    prepaid &&
    prepaid.from <= from &&
    from < to &&
    to <= prepaid.to &&
    prepaid.givenBack.every((given) => given.to <= from || to <= given.from);
  if (!isThere) refuse('BILLED_MEANWHILE', 'what was charged in advance has changed meanwhile; compute the bill anew');
  const line = requireLine(requireBill(state, billNumber, 'basis/unused'), lineId, 'basis/unused');
  const share = (charged: bigint, left: bigint) => {
    // Days that are not paid for and never will be are not given back.
    if (line.writtenOff > 0n) return 0n;
    const amount = prorated(charged, prepaid, { from, to });
    return amount < left ? amount : left;
  };
  const taxes = line.taxesLeft.map(({ amount: left }, index) => share(prepaid.taxes[index] ?? 0n, left));
  return { line, net: share(prepaid.net, line.netLeft), taxes };
}

function isOf(one: Prepaid, billNumber: string, lineId: string): boolean {
  return one.billNumber === billNumber && one.lineId === lineId;
}
