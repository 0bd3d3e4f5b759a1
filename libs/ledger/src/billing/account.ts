import { type Decider } from '#libs/event-sourcing';
import { addDays } from '../importing/calendar.js';
import { digitsOf } from '../money/money.js';
import { parseMinor } from '../money/minor-units.js';
import { accountEvents, type AccountEvent } from './account-events.js';
import { type AccountState, type Bill, initialState, type Share, type Source } from './account-state.js';
import { changeLine, heldBill, heldSource, moveMoney, moveOnBills, withBills, withSources } from './money-moves.js';
import { prepaidBy, withGivenBack } from './prepaid.js';

type EventData<Type extends AccountEvent['type']> = Extract<AccountEvent, { type: Type }>['data'];

/**
 * The billing account: everything that has to balance together (its bills, what was paid and credited, and what lies on
 * which line) in one stream, `account-<account id>`.
 */
export const account: Decider<AccountState, AccountEvent> = {
  category: 'account',
  events: accountEvents,
  initialState,
  evolve,
};

function evolve(state: AccountState, event: AccountEvent): AccountState {
  switch (event.type) {
    case 'AccountOpened':
      return opened(state, event.data);
    case 'BillIssued':
      return {
        ...withBills(state, new Map([[event.data.billNumber, issuedBill(state, event.data)]])),
        billed: billedThrough(state, event.data) ?? state.billed,
      };
    case 'PaymentApplied':
      return received(state, event.data.paymentId, 'payment', event.data);
    case 'CreditIssued':
      return received(state, event.data.creditId, 'credit', event.data);
    case 'CreditTransferred':
      return withSources(
        state,
        event.data.taken.map(({ sourceId, amount }) =>
          gone(heldSource(state, sourceId), parseMinor(amount, state.digits)),
        ),
      );
    case 'CreditApplied':
      return moveMoney(state, sourcedShares(event.data.allocations, state.digits), event.data.effectiveAt);
    case 'PaymentUnapplied': {
      const { paymentId, released, effectiveAt } = event.data;
      return moveMoney(state, takenOff(sharesOf(released, state.digits), paymentId), effectiveAt);
    }
    case 'PaymentReturned': {
      const source = heldSource(state, event.data.paymentId);
      const reinstated = moveOnBills(state, takenOff(source.allocations, source.id));
      return withSources(reinstated, [{ ...source, unapplied: 0n, returned: true, allocations: [] }]);
    }
    case 'PaymentReinstated': {
      const source = heldSource(state, event.data.paymentId);
      const allocations = sharesOf(event.data.allocations, state.digits);
      const paid = moveOnBills(
        state,
        allocations.map((share) => ({ ...share, sourceId: source.id })),
      );
      const unapplied = parseMinor(event.data.unapplied, state.digits);
      const { effectiveAt: availableFrom } = event.data;
      return withSources(paid, [{ ...source, returned: false, unapplied, allocations, availableFrom }]);
    }
    case 'PaymentRefunded': {
      const source = heldSource(state, event.data.paymentId);
      return withSources(state, [gone(source, parseMinor(event.data.amount.amount, state.digits))]);
    }
    case 'ChargeReversed':
      return reversed(state, event.data);
    case 'PaymentFailed':
      return state;
    case 'PaymentsHeld':
      return { ...state, holds: [...state.holds, event.data.holdId] };
    case 'PaymentsReleased':
      return { ...state, holds: state.holds.filter((holdId) => holdId !== event.data.holdId) };
    case 'ContactChanged':
      return { ...state, contact: event.data.contact };
    case 'NotificationPreferencesChanged': {
      const { effectiveAt: _, ...preferences } = event.data;
      return { ...state, preferences };
    }
    case 'PayBillNumberChanged':
      return withNumber(state, event.data);
    case 'AccountTransferred':
      return { ...state, status: 'closed', successorId: event.data.successorId };
    case 'AccountClosed':
      return { ...state, status: 'closed' };
  }
}

function opened(state: AccountState, { payBillNumber, currency }: EventData<'AccountOpened'>): AccountState {
  const digits = digitsOf(currency);
  return { ...state, status: 'open', payBillNumber, ownNumbers: [payBillNumber], currency, digits };
}

function withNumber(state: AccountState, { payBillNumber, because }: EventData<'PayBillNumberChanged'>): AccountState {
  const ownNumbers = because === 'new-number' ? [...state.ownNumbers, payBillNumber] : state.ownNumbers;
  return { ...state, payBillNumber, ownNumbers };
}

function issuedBill(state: AccountState, data: EventData<'BillIssued'>): Bill {
  const minor = (amount: string) => parseMinor(amount, state.digits);
  const lines = data.lines.map((line) => ({
    lineId: line.lineId,
    service: line.service,
    kind: line.kind,
    description: line.description,
    priority: line.priority,
    total: minor(line.total),
    reversed: 0n,
    paid: 0n,
    netLeft: minor(line.net),
    taxesLeft: line.taxes.map(({ jurisdiction, rate, amount }) => ({ jurisdiction, rate, amount: minor(amount) })),
    paidBy: [],
  }));
  return {
    billNumber: data.billNumber,
    issuedOn: data.issuedOn,
    dueOn: data.dueOn,
    sequence: state.bills.size,
    lines: lines.sort((left, right) => left.priority - right.priority),
    open: minor(data.total.amount),
  };
}

function billedThrough(state: AccountState, data: EventData<'BillIssued'>): AccountState['billed'] {
  const { billNumber, basis, period, corrects } = data;
  if (!basis || !period) return undefined;
  const { run, catalogue, subscription, arrearsTo: to = addDays(period.to, 1) } = basis;
  const { billed: latest } = state;
  const isCorrected = corrects !== undefined && latest;
  return {
    ...{ billNumber, run, catalogue, period, ...subscription },
    arrears: { from: isCorrected ? latest.arrears.from : (latest?.arrears.to ?? period.from), to },
    prepaid: prepaidBy(data, state.digits),
    prepaidBefore: (isCorrected ? latest.prepaidBefore : latest?.prepaid) ?? [],
    givenBackBy: latest?.givenBackBy,
  };
}

function received(
  state: AccountState,
  id: string,
  kind: Source['kind'],
  data: EventData<'PaymentApplied'> | EventData<'CreditIssued'>,
): AccountState {
  const allocations = sharesOf(data.allocations, state.digits);
  const source: Source = {
    id,
    kind,
    sequence: state.sources.size,
    amount: parseMinor(data.amount.amount, state.digits),
    ...('partOf' in data && data.partOf && { partOf: data.partOf.paymentId }),
    unapplied: parseMinor(data.unapplied, state.digits),
    refunded: 0n,
    returned: false,
    availableFrom: data.effectiveAt,
    allocations,
  };
  const paid = moveOnBills(
    state,
    allocations.map((share) => ({ ...share, sourceId: id })),
  );
  return withSources(paid, [source]);
}

function reversed(state: AccountState, data: EventData<'ChargeReversed'>): AccountState {
  const minor = (amount: string) => parseMinor(amount, state.digits);
  const off = sourcedShares(data.released, state.digits).map((share) => ({ ...share, amount: -share.amount }));
  const released = moveMoney(state, off, data.effectiveAt);
  const bill = changeLine(heldBill(released, data.billNumber), data.lineId, (line) => ({
    ...line,
    reversed: line.reversed + minor(data.amount.amount),
    netLeft: line.netLeft - minor(data.net),
    taxesLeft: line.taxesLeft.map((tax, index) => ({
      ...tax,
      amount: tax.amount - minor(data.taxes[index]?.amount ?? '0'),
    })),
  }));
  const reversed = withBills(released, new Map([[bill.billNumber, bill]]));
  return { ...reversed, billed: reversed.billed && withGivenBack(reversed.billed, data, state.digits) };
}

/** Unapplied money that leaves the account. */
function gone(source: Source, amount: bigint): Source {
  return { ...source, unapplied: source.unapplied - amount, refunded: source.refunded + amount };
}

interface StoredShare {
  readonly billNumber: string;
  readonly lineId: string;
  readonly amount: string;
}

function sharesOf(stored: readonly StoredShare[], digits: number): Share[] {
  return stored.map(({ billNumber, lineId, amount }) => ({ billNumber, lineId, amount: parseMinor(amount, digits) }));
}

function sourcedShares(stored: readonly (StoredShare & { readonly sourceId: string })[], digits: number) {
  return stored.map(({ sourceId, billNumber, lineId, amount }) => ({
    sourceId,
    billNumber,
    lineId,
    amount: parseMinor(amount, digits),
  }));
}

function takenOff(shares: readonly Share[], sourceId: string) {
  return shares.map(({ billNumber, lineId, amount }) => ({ sourceId, billNumber, lineId, amount: -amount }));
}
