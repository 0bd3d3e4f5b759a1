import fc from 'fast-check';
import { fold } from '#testing/event-sourcing';
import { pastDueBills } from '../collections/past-due.js';
import { addDays } from '../importing/calendar.js';
import { postingsOf } from '../journal/postings.js';
import { formatMinor, parseMinor } from '../money/minor-units.js';
import { account } from './account.js';
import { type AccountEvent } from './account-events.js';
import { type AccountState, openOf } from './account-state.js';
import { IssueBill } from './issue-bill.js';
import { ReverseCharge } from './reverse-charge.js';
import { collectibleOf } from './collectible.js';
import {
  histories,
  history,
  run,
  CURRENCY_DIGITS,
  billLine,
  type Step,
  step,
  uuid,
} from '../../testing/account-histories.js';

/*
 * The laws of an account, whatever is done to it: random histories of valid and invalid commands, checked after every
 * step against a model that is slow and obvious and shares nothing with the code but the stored events.
 */

function unusedCredit(minor: number, digits: number): AccountEvent {
  const amount = formatMinor(BigInt(minor), digits);
  const data = { creditId: uuid(888_888), amount: { amount, currency: 'any' }, reason: 'goodwill', allocations: [] };
  const policy = { allocationPolicy: 'x/1', effectiveAt: '2026-01-15T12:00:00.000Z' };
  return { type: 'CreditIssued', data: { ...data, unapplied: amount, ...policy } };
}

/** What was announced, or presented once, and neither paid, failed nor dropped, by bill. */
function firstDebits(events: readonly AccountEvent[], digits: number): Map<string, bigint> {
  const underway = new Map<string, { paymentId?: string; bills: { billNumber: string; amount: string }[] }>();
  for (const { type, data } of events) {
    if (type === 'AutopayDebitAnnounced') underway.set(data.debitId, data);
    if (type === 'AutopayDebitDropped') underway.delete(data.debitId);
    if (type === 'AutopayDebitPresented' && data.presentment === 1) underway.set(data.debitId, data);
    const known = type === 'PaymentFailed' ? data.attemptId : type === 'PaymentApplied' ? data.paymentId : undefined;
    for (const [debitId, { paymentId }] of underway)
      if (paymentId !== undefined && paymentId === known) underway.delete(debitId);
  }
  const sums = new Map<string, bigint>();
  for (const { billNumber, amount } of [...underway.values()].flatMap(({ bills }) => bills)) {
    sums.set(billNumber, (sums.get(billNumber) ?? 0n) + parseMinor(amount, digits));
  }
  return sums;
}

/** The reference model: every share that ever moved in one list, and every figure a sum over it. */
function model(events: readonly AccountEvent[], digits: number) {
  const minor = (text: string) => parseMinor(text, digits);
  const charges = new Map<string, bigint>();
  /** What is written off, as a negative amount. */
  const owedOff = new Map<string, bigint>();
  const received = new Map<string, bigint>();
  const moves: { line: string; source: string; amount: bigint }[] = [];
  const lay = (share: { billNumber: string; lineId: string; amount: string }, source: string, sign: bigint) =>
    moves.push({ line: `${share.billNumber}/${share.lineId}`, source, amount: sign * minor(share.amount) });
  const add = (map: Map<string, bigint>, key: string, amount: bigint) => map.set(key, (map.get(key) ?? 0n) + amount);
  for (const { type, data } of events) {
    if (type === 'BillIssued') {
      for (const line of data.lines) add(charges, `${data.billNumber}/${line.lineId}`, minor(line.total));
    } else if (type === 'DebtWrittenOff' || type === 'DebtReinstated') {
      const sign = type === 'DebtWrittenOff' ? -1n : 1n;
      for (const line of data.lines) add(owedOff, `${line.billNumber}/${line.lineId}`, sign * minor(line.amount));
    } else if (type === 'LateFeeAssessed') {
      add(charges, `${data.billNumber}/${data.lineId}`, minor(data.amount.amount));
    } else if (type === 'PaymentApplied') {
      add(received, data.paymentId, minor(data.amount.amount));
      for (const share of data.allocations) lay(share, data.paymentId, 1n);
    } else if (type === 'CreditIssued') {
      add(received, data.creditId, minor(data.amount.amount));
      for (const share of data.allocations) lay(share, data.creditId, 1n);
    } else if (type === 'CreditApplied') {
      for (const share of data.allocations) lay(share, share.sourceId, 1n);
    } else if (type === 'PaymentUnapplied') {
      for (const share of data.released) lay(share, data.paymentId, -1n);
    } else if (type === 'PaymentReturned') {
      // What had been refunded had left before; the rest leaves now.
      add(received, data.paymentId, minor(data.alreadyRefunded ?? '0') - minor(data.amount.amount));
      for (const share of data.released) lay(share, data.paymentId, -1n);
    } else if (type === 'PaymentReinstated') {
      add(received, data.paymentId, minor(data.amount.amount) - minor(data.claimSettled ?? '0'));
      for (const share of data.allocations) lay(share, data.paymentId, 1n);
    } else if (type === 'CreditTransferred') {
      for (const { sourceId, amount } of data.taken) add(received, sourceId, -minor(amount));
    } else if (type === 'PaymentRefunded') {
      add(received, data.paymentId, -minor(data.amount.amount));
    } else if (type === 'ChargeReversed') {
      add(charges, `${data.billNumber}/${data.lineId}`, -minor(data.amount.amount));
      for (const share of data.released) lay(share, share.sourceId, -1n);
    }
  }
  const sum = (pick: (move: (typeof moves)[number]) => boolean) =>
    moves.filter(pick).reduce((total, move) => total + move.amount, 0n);
  return {
    charges,
    openByLine: new Map(
      [...charges].map(([line, charge]) => [
        line,
        charge + (owedOff.get(line) ?? 0n) - sum((move) => move.line === line),
      ]),
    ),
    unappliedBySource: new Map([...received].map(([id, amount]) => [id, amount - sum((move) => move.source === id)])),
  };
}

/** What of a source is credit of another account. */
function movedOf(events: readonly AccountEvent[], sourceId: string, digits: number): bigint {
  const taken = events.flatMap((event) => (event.type === 'CreditTransferred' ? event.data.taken : []));
  return total(taken.filter((one) => one.sourceId === sourceId).map(({ amount }) => parseMinor(amount, digits)));
}

/** By how much an event moves what the other account owes: it is more by a debt that leaves, and less by a credit. */
function leftAndNotCome({ type, data }: AccountEvent, digits: number): bigint {
  if (type === 'CreditTransferred') return -parseMinor(data.amount.amount, digits);
  if (type === 'BillIssued') return data.transferredFrom ? -parseMinor(data.total.amount, digits) : 0n;
  if (type !== 'CreditIssued') return 0n;
  return (data.transferredFrom ?? data.transferredTo) ? parseMinor(data.amount.amount, digits) : 0n;
}

const total = (amounts: Iterable<bigint>) => [...amounts].reduce((sum, amount) => sum + amount, 0n);

describe('The account, whatever is done to it', () => {
  it('goes through every kind of event in these histories, so that the laws are not kept by doing nothing', () => {
    const seen = new Set<string>();
    for (const given of fc.sample(histories({ maxLength: 60, size: 'max' }), { seed: 2026, numRuns: 1_000 })) {
      run(given, (_past, _state, emitted) => {
        for (const event of emitted) seen.add(event.type);
      });
    }
    expect([...seen].sort()).toEqual(Object.keys(account.events.definitions).sort());
  });

  it('has applied + unapplied + refunded = received for every source, and no line open below zero, at every step (AQ2)', () => {
    fc.assert(
      fc.property(history, (given) => {
        run(given, (past, state) => {
          const expected = model(past, CURRENCY_DIGITS[given.currency]);
          for (const bill of state.bills.values()) {
            for (const line of bill.lines) {
              const open = expected.openByLine.get(`${bill.billNumber}/${line.lineId}`);
              expect(openOf(line)).toBe(open);
              expect(open).toBeGreaterThanOrEqual(0n);
              expect(total(line.paidBy.map(({ amount }) => amount))).toBe(line.paid);
              expect(total(line.taxesLeft.map(({ amount }) => amount)) + line.netLeft).toBe(line.total - line.reversed);
            }
          }
          for (const source of state.sources.values()) {
            expect(source.unapplied).toBe(expected.unappliedBySource.get(source.id));
            const applied = total(source.allocations.map(({ amount }) => amount));
            expect(applied + source.unapplied).toBe(source.returned ? 0n : source.amount - source.refunded);
            expect(source.refunded).toBeGreaterThanOrEqual(0n);
            expect(source.refunded).toBeLessThanOrEqual(source.amount);
            if (source.kind === 'credit') expect(source.refunded).toBe(movedOf(past, source.id, state.digits));
          }
          expect(state.open).toBe(total(expected.openByLine.values()));
          expect(state.credit).toBe(total(expected.unappliedBySource.values()));
        });
      }),
      { numRuns: 200 },
    );
  });

  it('lists exactly the open bills, oldest due first, and exactly the sources with credit, first in first out', () => {
    fc.assert(
      fc.property(history, (given) => {
        run(given, (past, state) => {
          const order = past.flatMap((event) => (event.type === 'BillIssued' ? [event.data] : []));
          const open = order
            .filter(({ billNumber: number }) => (state.bills.get(number)?.open ?? 0n) > 0n)
            .sort((left, right) => left.dueOn.localeCompare(right.dueOn))
            .map(({ billNumber: number }) => number);
          expect(state.openBills.map(({ billNumber: number }) => number)).toEqual(open);
          const credit = [...state.sources.values()]
            .filter(({ unapplied }) => unapplied > 0n)
            .sort((left, right) => left.sequence - right.sequence)
            .map(({ id }) => id);
          expect(state.creditSources.map(({ id }) => id)).toEqual(credit);
        });
      }),
    );
  });

  it('posts a balanced entry for every event, and its balance is what the postings say (AQ3)', () => {
    fc.assert(
      fc.property(history, (given) => {
        const digits = CURRENCY_DIGITS[given.currency];
        const accounts = new Map<string, bigint>();
        run(given, (past, state, emitted) => {
          for (const event of emitted) {
            const postings = postingsOf(event);
            expect(total(postings.map(({ amount }) => parseMinor(amount, digits)))).toBe(0n);
            expect(new Set(postings.map(({ account: name }) => name)).size).toBe(postings.length);
            for (const { account: name, amount, currency } of postings) {
              expect(currency).toBe(given.currency);
              accounts.set(name, (accounts.get(name) ?? 0n) + parseMinor(amount, digits));
            }
          }
          const sumOf = (...names: string[]) => total(names.map((name) => accounts.get(name) ?? 0n));
          expect(sumOf('Accounts Receivable')).toBe(state.open);
          expect(sumOf('Unapplied Cash', 'Customer Credits')).toBe(-state.credit);
          const creditOf = (kind: string) =>
            total([...state.sources.values()].filter((one) => one.kind === kind).map((one) => one.unapplied));
          expect(sumOf('Unapplied Cash')).toBe(-creditOf('payment'));
          expect(sumOf('Customer Credits')).toBe(-creditOf('credit'));
          const payments = [...state.sources.values()].filter(({ kind }) => kind === 'payment');
          const kept = payments.filter(({ returned }) => !returned);
          const cameBack = payments.filter(({ returned }) => returned);
          expect(sumOf('Cash Clearing')).toBe(total(kept.map((one) => one.amount)));
          const repaid = payments.map(({ id, refunded }) => refunded - movedOf(past, id, digits));
          expect(sumOf('Refunds Payable')).toBe(-total(repaid));
          expect(sumOf('Account Transfers')).toBe(total(past.map((event) => leftAndNotCome(event, digits))));
          expect(sumOf('Chargeback Receivable')).toBe(total(cameBack.map(({ refunded }) => refunded)));
        });
      }),
    );
  });

  it('takes no payment while a hold stands, and knows each hold once', () => {
    fc.assert(
      fc.property(history, (given) => {
        let heldBefore = false;
        run(given, (_past, { holds }, emitted) => {
          if (heldBefore) expect(emitted.map(({ type }) => type)).not.toContain('PaymentApplied');
          expect(new Set(holds).size).toBe(holds.length);
          heldBefore = holds.length > 0;
        });
      }),
    );
  });

  it('disputes no cent twice and none that is gone, and of each bill what is open is collectible or in dispute (CS2)', () => {
    fc.assert(
      fc.property(history, (given) => {
        const minor = (text: string) => parseMinor(text, CURRENCY_DIGITS[given.currency]);
        run(given, (past, state) => {
          const disputed = new Map<string, bigint>();
          const add = (place: string, amount: bigint) => disputed.set(place, (disputed.get(place) ?? 0n) + amount);
          for (const { type, data } of past) {
            if (type === 'DisputeOpened') {
              expect(minor(data.amount.amount)).toBeGreaterThan(0n);
              for (const share of data.shares) add(`${share.billNumber}/${share.lineId}`, minor(share.amount));
            } else if (type === 'DisputeResolved') {
              for (const share of data.released) add(`${share.billNumber}/${share.lineId}`, -minor(share.amount));
            } else if (type === 'ChargeReversed') {
              for (const settled of data.disputes ?? []) {
                add(`${data.billNumber}/${data.lineId}`, -minor(settled.amount));
              }
            }
          }
          for (const bill of state.bills.values()) {
            let inDispute = 0n;
            for (const line of bill.lines) {
              const onLine = disputed.get(`${bill.billNumber}/${line.lineId}`) ?? 0n;
              expect(onLine).toBeGreaterThanOrEqual(0n);
              expect(onLine).toBeLessThanOrEqual(line.total - line.reversed);
              inDispute += onLine;
            }
            // Long after every respite.
            const {
              open,
              disputed: held,
              arranged,
              debited,
              covered,
              collectible,
            } = collectibleOf(state, bill.billNumber, '2027-01-01');
            expect(held).toBe(inDispute < open ? inDispute : open);
            expect(collectible + covered + debited + arranged).toBe(open - held);
            expect([collectible, covered, debited, arranged].every((part) => part >= 0n)).toBe(true);
          }
        });
      }),
    );
  });

  it('asks for what it holds no credit for, and credit covers what was due first (AQ2; 52 Pa. Code §56.24)', () => {
    fc.assert(
      fc.property(history, fc.nat(200), fc.nat(30_000), (given, days, more) => {
        const digits = CURRENCY_DIGITS[given.currency];
        run(given, (_past, before) => {
          const on = addDays('2026-01-15', days);
          // Histories leave little credit beside open bills; so there is some more.
          const state = before.status === 'unknown' ? before : account.evolve(before, unusedCredit(more, digits));
          let [left, asked] = [state.credit, 0n];
          const byAge = [...state.bills.values()].sort((one, other) =>
            one.dueOn === other.dueOn ? one.sequence - other.sequence : one.dueOn < other.dueOn ? -1 : 1,
          );
          for (const { billNumber } of byAge) {
            const { open, disputed, arranged, debited, covered, collectible } = collectibleOf(state, billNumber, on);
            const due = open - disputed - arranged - debited;
            expect(covered).toBe(left < due ? left : due);
            expect(collectible).toBe(due - covered);
            left -= covered;
            asked += collectible;
          }
          expect(left === 0n || asked === 0n).toBe(true);
        });
      }),
    );
  });

  it('lays on a new bill what credit is beyond those that were due before it, and none of those is asked for the more', () => {
    const dueOn = fc.constantFrom('2026-01-20', '2026-02-21', '2026-04-01');
    const prices = fc.record({ dueOn, unitPrice: fc.integer({ min: 1, max: 300 }) });
    fc.assert(
      fc.property(history, fc.nat(60_000), prices, (given, more, { dueOn, unitPrice }) => {
        const digits = CURRENCY_DIGITS[given.currency];
        run(given, (past, before) => {
          if (before.status !== 'open') return;
          const state = account.evolve(before, unusedCredit(more, digits));
          const on = addDays('2026-01-15', 4 * past.length);
          const lines = [{ service: 'internet', description: 'Internet', unitPrice: String(unitPrice) }];
          const body = IssueBill.schema.parse({ billNumber: 'B-new', issuedOn: '2026-01-01', dueOn, lines });
          const context = { id: uuid(0), commandId: uuid(777_777), at: `${on}T12:00:00.000Z` };
          const events = IssueBill.decide(body, state, context);
          const after = events.reduce((next, event) => account.evolve(next, event), state);
          let left = state.credit;
          for (const { billNumber, dueOn: due } of state.bills.values()) {
            if (due > dueOn) continue;
            const asked = collectibleOf(state, billNumber, on);
            left -= asked.open - asked.disputed - asked.arranged - asked.debited;
            expect(collectibleOf(after, billNumber, on)).toEqual(asked);
          }
          const total = parseMinor(String(unitPrice), digits);
          const laid = left <= 0n ? 0n : left < total ? left : total;
          expect(after.bills.get('B-new')!.open).toBe(total - laid);
          expect(after.credit).toBe(state.credit - laid);
        });
      }),
    );
  });

  it('pursues nothing that autopay debits for the first time, until it is known what came of it (PA6)', () => {
    fc.assert(
      fc.property(history, fc.nat(200), (given, days) => {
        run(given, (past, state) => {
          const onItsWay = firstDebits(past, CURRENCY_DIGITS[given.currency]);
          for (const { bill, pursued } of pastDueBills(state, addDays('2026-01-15', days))) {
            const left = bill.open - (onItsWay.get(bill.billNumber) ?? 0n);
            expect(pursued).toBeLessThanOrEqual(left);
          }
        });
      }),
    );
  });

  it('is the same when replayed from its events as it was live, also through their stored form', () => {
    fc.assert(
      fc.property(history, (given) => {
        run(given, (past, state) => {
          const stored = past.map((event) =>
            account.events.read(
              event.type,
              account.events.versionOf(event.type),
              JSON.parse(JSON.stringify(event.data)),
            ),
          );
          expect(fold(account, stored)).toEqual(state);
        });
      }),
      { numRuns: 40 },
    );
  });

  it('leaves an earlier state as it was when a later one is made from it', () => {
    fc.assert(
      fc.property(history, (given) => {
        const kept: { state: AccountState; events: number }[] = [];
        let all: readonly AccountEvent[] = [];
        run(given, (past, state) => {
          kept.push({ state, events: past.length });
          all = past;
        });
        for (const { state, events } of kept) expect(state).toEqual(fold(account, all.slice(0, events)));
      }),
      { numRuns: 40 },
    );
  });

  it('issues bills whose lines, nets and taxes sum exactly to the total, by either rounding policy (BR-CO-10)', () => {
    fc.assert(
      fc.property(history, (given) => {
        const minor = (text: string) => parseMinor(text, CURRENCY_DIGITS[given.currency]);
        run(given, (_past, _state, emitted) => {
          for (const event of emitted) {
            if (event.type !== 'BillIssued') continue;
            const { lines, total: whole } = event.data;
            expect(total(lines.map((line) => minor(line.total)))).toBe(minor(whole.amount));
            for (const line of lines) {
              const parts = [line.net, ...line.taxes.map(({ amount }) => amount)].map(minor);
              expect(total(parts)).toBe(minor(line.total));
              expect(parts.every((part) => part >= 0n)).toBe(true);
            }
          }
        });
      }),
    );
  });

  it('reverses a bill to its amounts to the cent, in however many parts (a full credit note)', () => {
    const parts = fc.array(fc.nat(5_000), { maxLength: 6 });
    fc.assert(
      fc.property(fc.array(billLine, { minLength: 1, maxLength: 3 }), parts, (lines, cents) => {
        const taken = new Map<string, bigint>();
        const reversals: Step[] = lines.flatMap((_, index) => [
          ...cents.map(
            (part): Step =>
              () =>
                step(ReverseCharge, {
                  billNumber: 'B-1',
                  lineId: `L${index + 1}`,
                  amount: {
                    amount: `${Math.floor(part / 100)}.${String(part % 100).padStart(2, '0')}`,
                    currency: 'USD',
                  },
                  reason: 'error',
                }),
          ),
          (): ReturnType<Step> => step(ReverseCharge, { billNumber: 'B-1', lineId: `L${index + 1}`, reason: 'error' }),
        ]);
        const issue: Step = () =>
          step(IssueBill, { billNumber: 'B-1', issuedOn: '2026-01-01', dueOn: '2026-01-21', lines });
        run({ currency: 'USD', steps: [issue, ...reversals] }, (_past, state, emitted) => {
          for (const { account: name, amount } of emitted.flatMap(postingsOf)) {
            taken.set(name, (taken.get(name) ?? 0n) + parseMinor(amount, 2));
          }
          expect(state.credit).toBe(0n);
        });
        // Every account the bill posted to is back at zero.
        expect([...taken.values()].every((balance) => balance === 0n)).toBe(true);
      }),
    );
  });

  it('stops loudly on a history that cannot be', () => {
    const state = fold(account, []);
    const share = { billNumber: 'B-1', lineId: 'L1', amount: '1.00' };
    const data = {
      amount: { amount: '1.00', currency: 'USD' },
      reason: 'error',
      effectiveAt: '2026-01-15T12:00:00.000Z',
    };
    expect(() =>
      account.evolve(state, { type: 'PaymentUnapplied', data: { ...data, paymentId: uuid(1), released: [share] } }),
    ).toThrow('history is broken');
  });
});
