import { type Decider } from '#libs/event-sourcing';
import { type AutopayEvent, evolveAutopay, isAutopayEvent } from '../autopay/autopay.js';
import { LATE_FEE_DESCRIPTION } from '../bills/bill.js';
import { addDays } from '../importing/calendar.js';
import { digitsOf } from '../money/money.js';
import { parseMinor } from '../money/minor-units.js';
import {
  accountEvents,
  type AccountEvent,
  type CollectionsEvent,
  type CustomerServiceEvent,
  isCustomerServiceEvent,
} from './account-events.js';
import { adjustmentDecided, adjustmentProposed } from './adjusted.js';
import {
  type AccountState,
  type Arrangement,
  type Bill,
  initialState,
  LATE_FEE,
  LATE_FEE_PRIORITY,
  type Line,
  type Share,
  type Source,
} from './account-state.js';
import { disputeOpened, disputeResolved, disputesSettled } from './disputed.js';
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
  const next = isAutopayEvent(event) ? state : evolved(state, event);
  const autopay = evolveAutopay(state.autopay, event, state.digits);
  return autopay === state.autopay ? next : { ...next, autopay };
}

function evolved(state: AccountState, event: Exclude<AccountEvent, AutopayEvent>): AccountState {
  if (isCustomerServiceEvent(event)) return served(state, event);
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
      return withSources(state, leaving(state, event.data));
    case 'CreditApplied':
      return moveMoney(state, sourcedShares(event.data.allocations, state.digits), event.data.effectiveAt);
    case 'PaymentUnapplied': {
      const { paymentId, released, effectiveAt } = event.data;
      return moveMoney(state, takenOff(sharesOf(released, state.digits), paymentId), effectiveAt);
    }
    case 'PaymentReturned': {
      const source = heldSource(state, event.data.paymentId);
      const released = moveOnBills(state, takenOff(source.allocations, source.id));
      const recoveries = state.recoveries.filter(({ paymentId }) => paymentId !== source.id);
      const returned = { ...source, unapplied: 0n, returned: true, allocations: [] };
      return { ...withSources(released, [returned]), recoveries };
    }
    case 'PaymentReinstated':
      return reinstated(state, event.data);
    case 'PaymentRefunded': {
      const source = heldSource(state, event.data.paymentId);
      return withSources(state, [gone(source, parseMinor(event.data.amount.amount, state.digits))]);
    }
    case 'ChargeReversed':
      return reversed(state, event.data);
    case 'LateFeeAssessed':
    case 'DunningStepTaken':
    case 'ServiceSuspended':
    case 'ServiceRestored':
    case 'DebtWrittenOff':
    case 'DebtReinstated':
      return collected(state, event);
    case 'PaymentFailed':
      return state;
    case 'PaymentsHeld':
      return { ...state, holds: [...state.holds, event.data.holdId] };
    case 'PaymentsReleased':
      return { ...state, holds: state.holds.filter((holdId) => holdId !== event.data.holdId) };
    case 'BillDeliveryChanged':
      return { ...state, paperless: event.data.paperless };
    case 'ContactChanged':
      return { ...state, contact: event.data.contact };
    case 'NotificationPreferencesChanged': {
      const { effectiveAt: _, ...preferences } = event.data;
      return { ...state, preferences };
    }
    case 'PayBillNumberChanged':
      return withNumber(state, event.data);
    case 'AccountTransferred':
      return { ...state, status: 'closed', successorId: event.data.successorId, suspended: undefined };
    case 'AccountClosed':
      // As on one that was transferred, there is no service any more that could be given back.
      return { ...state, status: 'closed', suspended: undefined };
  }
}

function served(state: AccountState, event: CustomerServiceEvent): AccountState {
  switch (event.type) {
    case 'DisputeOpened':
      return { ...state, disputes: [...state.disputes, disputeOpened(event.data, state.digits)] };
    case 'DisputeResolved':
      return { ...state, ...disputeResolved(state, event.data) };
    case 'AdjustmentProposed':
      return { ...state, adjustments: [...state.adjustments, adjustmentProposed(event.data, state.digits)] };
    case 'AdjustmentApproved':
    case 'AdjustmentRefused':
      return { ...state, ...adjustmentDecided(state, event) };
    case 'ArrangementAgreed':
      return { ...state, arrangement: arrangementAgreed(event.data, state.digits) };
    case 'InstalmentKept':
      return { ...state, arrangement: state.arrangement && { ...state.arrangement, kept: event.data.number } };
    case 'ArrangementBroken': {
      const brokenArrangements = [...state.brokenArrangements, event.data.effectiveAt.slice(0, 10)];
      const next = state.suspended ? state : noticesLapsed(state);
      return { ...next, arrangement: undefined, brokenArrangements };
    }
    case 'ArrangementCompleted':
    case 'ArrangementCancelled':
      return { ...state, arrangement: undefined };
  }
}

function noticesLapsed(state: AccountState): AccountState {
  return { ...state, dunningRound: state.dunningRound + 1 };
}

/** Recoveries that found service suspended hear once who gave it back: the policy, or a person. */
function serviceRestored(state: AccountState, byPolicy: boolean): AccountState {
  const service = byPolicy ? ('given-back' as const) : undefined;
  const recoveries = state.recoveries.map((recovery) =>
    recovery.service === 'suspended' ? { ...recovery, service } : recovery,
  );
  // What a person gave back the run does not take again by its own doing.
  return { ...(byPolicy ? noticesLapsed(state) : state), recoveries, suspended: undefined };
}

function arrangementAgreed(data: EventData<'ArrangementAgreed'>, digits: number): Arrangement {
  const { arrangementId, bills, instalments, graceDays } = data;
  return {
    arrangementId,
    bills: bills.map(({ billNumber, amount }) => ({ billNumber, amount: parseMinor(amount, digits) })),
    instalments: instalments.map(({ dueOn, amount }) => ({ dueOn, amount: parseMinor(amount, digits) })),
    graceDays,
    kept: 0,
  };
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
  const lateFee = data.transferredFrom?.lateFee;
  const lines = data.lines.map((line) => ({
    lineId: line.lineId,
    service: line.service,
    kind: line.kind,
    description: line.description,
    priority: line.priority,
    total: minor(line.total),
    reversed: 0n,
    paid: 0n,
    writtenOff: 0n,
    isLateFee: line.lineId === lateFee?.lineId,
    netLeft: minor(line.net),
    taxesLeft: line.taxes.map(({ jurisdiction, rate, amount }) => ({ jurisdiction, rate, amount: minor(amount) })),
    paidBy: [],
  }));
  return {
    billNumber: data.billNumber,
    issuedOn: data.issuedOn,
    dueOn: data.dueOn,
    period: data.basis && data.period,
    sequence: state.bills.size,
    dunned: [],
    hadLateFee: lateFee !== undefined,
    lines: lines.sort((left, right) => left.priority - right.priority),
    open: minor(data.total.amount),
  };
}

/** What is done about bills that are not paid in time. */
function collected(state: AccountState, event: CollectionsEvent): AccountState {
  const on = event.data.effectiveAt.slice(0, 10);
  switch (event.type) {
    case 'LateFeeAssessed':
      return withLateFee(state, event.data);
    case 'DunningStepTaken': {
      const bill = heldBill(state, event.data.billNumber);
      const { step, kind } = event.data;
      const dunned = [...bill.dunned, { step, kind, on, round: state.dunningRound }];
      return withBills(state, new Map([[bill.billNumber, { ...bill, dunned }]]));
    }
    case 'ServiceSuspended':
      return { ...state, suspended: { on, policy: event.data.policy } };
    case 'ServiceRestored':
      return serviceRestored(state, event.data.policy !== undefined);
    case 'DebtWrittenOff':
      return withWriteOff(state, sharesOf(event.data.lines, state.digits), 1n);
    case 'DebtReinstated': {
      const shares = sharesOf(event.data.lines, state.digits);
      const { paymentId } = event.data;
      const next = withWriteOff(state, shares, -1n);
      if (paymentId === undefined) return next;
      const service = state.suspended?.policy === undefined ? undefined : 'suspended';
      return { ...next, recoveries: [...state.recoveries, { paymentId, shares, service }] };
    }
  }
}

/** The fee is paid after all that the bill charged: by its place, and by its priority. */
function withLateFee(state: AccountState, data: EventData<'LateFeeAssessed'>): AccountState {
  const bill = heldBill(state, data.billNumber);
  const total = parseMinor(data.amount.amount, state.digits);
  const fee: Line = {
    ...{ lineId: data.lineId, service: LATE_FEE, kind: 'one-time', description: LATE_FEE_DESCRIPTION },
    ...{ priority: LATE_FEE_PRIORITY, isLateFee: true },
    ...{ total, reversed: 0n, paid: 0n, writtenOff: 0n, netLeft: total, taxesLeft: [], paidBy: [] },
  };
  const charged = { ...bill, hadLateFee: true, lines: [...bill.lines, fee], open: bill.open + total };
  return withBills(state, new Map([[bill.billNumber, charged]]));
}

/** Writes debt off, or with a negative sign puts it on the books again. */
function withWriteOff(state: AccountState, shares: readonly Share[], sign: bigint): AccountState {
  const touched = new Map<string, Bill>();
  let { writtenOff } = state;
  for (const { billNumber, lineId, amount } of shares) {
    writtenOff += sign * amount;
    const bill = touched.get(billNumber) ?? heldBill(state, billNumber);
    const change = (line: Bill['lines'][number]) => ({ ...line, writtenOff: line.writtenOff + sign * amount });
    touched.set(billNumber, changeLine(bill, lineId, change));
  }
  return { ...withBills(state, touched), writtenOff };
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

function reinstated(state: AccountState, data: EventData<'PaymentReinstated'>): AccountState {
  const source = heldSource(state, data.paymentId);
  const allocations = sharesOf(data.allocations, state.digits);
  const paid = moveOnBills(
    state,
    allocations.map((share) => ({ ...share, sourceId: source.id })),
  );
  const unapplied = parseMinor(data.unapplied, state.digits);
  return withSources(paid, [{ ...source, returned: false, unapplied, allocations, availableFrom: data.effectiveAt }]);
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
  return {
    ...reversed,
    disputes: disputesSettled(reversed, data),
    billed: reversed.billed && withGivenBack(reversed.billed, data, state.digits),
  };
}

function leaving(state: AccountState, { taken }: EventData<'CreditTransferred'>): Source[] {
  return taken.map(({ sourceId, amount }) => gone(heldSource(state, sourceId), parseMinor(amount, state.digits)));
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
