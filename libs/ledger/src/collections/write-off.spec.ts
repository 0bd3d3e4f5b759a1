import fc from 'fast-check';
import { fold, given } from '#testing/event-sourcing';
import { Days } from '../autopay/autopay-examples.js';
import { CancelAutopay } from '../autopay/cancel-autopay.js';
import {
  accountClosed,
  accountOpened,
  billIssued,
  dataOf,
  paymentApplied,
  share,
  USD,
} from '../billing/account-examples.js';
import { account } from '../billing/account.js';
import { type AccountEvent } from '../billing/account-events.js';
import { ApplyPayment } from '../billing/apply-payment.js';
import { CorrectBill } from '../billing/correct-bill.js';
import { RecordReturn } from '../billing/record-return.js';
import { ReinstatePayment } from '../billing/reinstate-payment.js';
import { ReverseBill } from '../billing/reverse-bill.js';
import { ReverseCharge } from '../billing/reverse-charge.js';
import { UnapplyPayment } from '../billing/unapply-payment.js';
import { OpenDispute } from '../disputes/open-dispute.js';
import { postingsOf } from '../journal/postings.js';
import { CollectAccount } from './collect-account.js';
import { CollectionPolicyVersion } from './collection-policy.js';
import { ReinstateDebt, WriteOffDebt } from './write-off-debt.js';

const commandId = '11111111-1111-4111-8111-111111111111';
const paymentId = '00000000-0000-4000-8000-000000000001';
const at = '2026-09-01T09:00:00.000Z';
const byCard = { channel: 'online', method: { kind: 'card' } } as const;

const billed = [accountOpened(), billIssued('B-1', '2026-02-01', ['30.00', '10.00'])];
const part = paymentApplied(paymentId, '12.00', ['B-1/L1 12.00'], '0.00');
const writeOff = (past: readonly AccountEvent[], body: { billNumber?: string } = {}) =>
  given(account, past).when(WriteOffDebt, { reason: 'bankruptcy', ...body }, { at, commandId });
const writtenOff = [...billed, part, ...writeOff([...billed, part]).events()];
const pay = (past: readonly AccountEvent[], amount: string) =>
  given(account, past).when(ApplyPayment, { amount: USD(amount), ...byCard }, { at, commandId });
const entry = (event: AccountEvent) => postingsOf(event).map(({ account: name, amount }) => `${name} ${amount}`);

describe('A write-off', () => {
  it('takes what is open off the books, line by line, at the expense of bad debt, and the bill is not open any more', () => {
    writeOff([...billed, part]).then([
      {
        type: 'DebtWrittenOff',
        data: {
          ...{ writeOffId: commandId, amount: USD('28.00'), reason: 'bankruptcy', effectiveAt: at },
          lines: [share('B-1/L1 18.00'), share('B-1/L2 10.00')],
        },
      },
    ]);
    expect(fold(account, writtenOff)).toMatchObject({ open: 0n, writtenOff: 2800n, credit: 0n, openBills: [] });
    expect(entry(writtenOff.at(-1)!)).toEqual(['Bad Debt Expense 28.00', 'Accounts Receivable -28.00']);
  });

  it('is of all bills that are past due, or of one that is named', () => {
    const more = [...billed, billIssued('B-2', '2026-03-01', ['5.00']), billIssued('B-3', '2026-12-01', ['7.00'])];
    expect(writeOff(more).state()).toMatchObject({ writtenOff: 4500n, open: 700n });
    expect(writeOff(more, { billNumber: 'B-3' }).state()).toMatchObject({ writtenOff: 700n, open: 4500n });
    writeOff(writtenOff).thenRejected('NOTHING_TO_WRITE_OFF');
    writeOff(more, { billNumber: 'B-9' }).thenRejected('BILL_UNKNOWN', 'billNumber');
    writeOff([]).thenRejected('ACCOUNT_UNKNOWN');
  });

  it('is a step of the policy for bills of its age, and service stays suspended after it: that is no payment', () => {
    const policy = CollectionPolicyVersion.parse({
      ...{ version: 'test/1', validFrom: '2020-01-01', currency: 'USD' },
      dunning: {
        steps: [
          { step: 'last', kind: 'final-notice', daysPastDue: 1 },
          { step: 'cut', kind: 'suspension', daysPastDue: 2 },
          { step: 'gone', kind: 'write-off', daysPastDue: 100 },
        ],
      },
    });
    let past: AccountEvent[] = [...billed, billIssued('B-2', '2026-05-01', ['5.00'])];
    for (const on of ['2026-05-11', '2026-05-12', '2026-05-13', '2026-05-14']) {
      past = [...past, ...given(account, past).when(CollectAccount, { on, policy }, { at, commandId }).events()];
    }
    const gone = past.find(({ type }) => type === 'DebtWrittenOff')!;
    expect(gone.data).toMatchObject({
      amount: USD('40.00'),
      policy: 'test/1',
      reason: 'not-paid',
      writeOffId: commandId,
    });
    expect(fold(account, past)).toMatchObject({ open: 500n, writtenOff: 4000n, suspended: { policy: 'test/1' } });
    const paid = [...past, ...pay(past, '5.00').events()];
    given(account, paid).when(CollectAccount, { on: '2026-05-20', policy }, { at }).thenNothing();
    const recovered = [...paid, ...pay(paid, '40.00').events()];
    const [restored] = given(account, recovered).when(CollectAccount, { on: '2026-05-21', policy }, { at }).events();
    expect(restored!.type).toBe('ServiceRestored');
  });

  it('of a bill that autopay is about to debit, or has debited without an outcome, is refused: nobody takes money for debt they gave up (PA6)', () => {
    const days = new Days().happens(billIssued('B-1', '2026-02-06', ['60.00']));
    const refused = (past: readonly AccountEvent[], on: string, body: object = { billNumber: 'B-1' }) =>
      given(account, past)
        .when(WriteOffDebt, { reason: 'deceased', ...body }, { at: `${on}T09:00:00.000Z`, commandId })
        .thenRejected('AUTOPAY_DEBIT_UNDERWAY', 'billNumber');
    days.run('2026-01-26');
    refused(days.events, '2026-01-27');
    days.run('2026-02-06');
    refused(days.events, '2026-02-07');
    refused(days.events, '2026-02-07', {});
    days.comesBack('R01', '2026-02-09');
    days.run('2026-02-10');
    expect(days.last('AutopayDebitRescheduled').payOn > '2026-02-10').toBe(true);
    refused(days.events, '2026-02-11');
    refused(days.events, '2026-02-11', {});
    // Others that are past due are written off, as beside one in dispute.
    const beside = [...days.events, billIssued('B-2', '2026-01-01', ['5.00'])];
    const body = { reason: 'deceased' };
    const one = given(account, beside).when(WriteOffDebt, body, { at: '2026-02-11T09:00:00.000Z', commandId });
    expect(one.state()).toMatchObject({ writtenOff: 500n, open: 6_000n });
    days.do(CancelAutopay, { reason: 'customer-asked' }, '2026-02-11');
    days.run('2026-02-12');
    expect(days.last('AutopayDebitDropped').reason).toBe('enrollment-cancelled');
    expect(days.do(WriteOffDebt, body, '2026-02-12')).toEqual(['DebtWrittenOff']);
  });

  it('is undone where it should not have been, at the same expense', () => {
    const undone = given(account, writtenOff).when(ReinstateDebt, { reason: 'in-error' }, { at });
    expect(undone.state()).toMatchObject({ open: 2800n, writtenOff: 0n });
    expect(entry(undone.events()[0]!)).toEqual(['Accounts Receivable 28.00', 'Bad Debt Expense -28.00']);
    given(account, billed).when(ReinstateDebt, { reason: 'in-error' }).thenRejected('NOTHING_TO_REINSTATE');
  });

  it('leaves nothing to reverse of what it took, and the rest can be reversed', () => {
    given(account, writtenOff)
      .when(ReverseCharge, { billNumber: 'B-1', lineId: 'L2', reason: 'error' })
      .thenRejected('CHARGE_WRITTEN_OFF', 'lineId');
    const reversed = given(account, writtenOff).when(ReverseBill, { billNumber: 'B-1', reason: 'error' }).state();
    expect(reversed).toMatchObject({ open: 0n, writtenOff: 2800n, credit: 1200n });
  });

  it('has no other bill in the place of what it took: the debt would be owed twice', () => {
    const lines = [{ service: 'internet', description: 'Internet', unitPrice: '7.00' }];
    const bill = { billNumber: 'B-2', issuedOn: '2026-09-01', dueOn: '2026-09-22', lines };
    given(account, writtenOff)
      .when(CorrectBill, { billNumber: 'B-1', reason: 'error', bill })
      .thenRejected('CHARGE_WRITTEN_OFF', 'billNumber');
  });
});

describe('Money that comes for written-off debt', () => {
  it('puts as much of it on the books again as it pays, and is income from recovery (AR practice; domain §2)', () => {
    const [reinstated, applied] = pay(writtenOff, '20.00').events();
    expect(reinstated).toEqual({
      type: 'DebtReinstated',
      data: {
        ...{ amount: USD('20.00'), reason: 'paid', paymentId: commandId, effectiveAt: at },
        lines: [share('B-1/L1 18.00'), share('B-1/L2 2.00')],
      },
    });
    expect(applied!.data).toMatchObject({
      unapplied: '0.00',
      allocations: [share('B-1/L1 18.00'), share('B-1/L2 2.00')],
    });
    expect(entry(reinstated!)).toEqual(['Accounts Receivable 20.00', 'Bad Debt Recovered -20.00']);
    expect(entry(applied!)).toEqual(['Cash Clearing 20.00', 'Accounts Receivable -20.00']);
    expect(pay(writtenOff, '20.00').state()).toMatchObject({ open: 0n, writtenOff: 800n, credit: 0n });
  });

  it('pays open bills first, and is credit when all is paid', () => {
    const past = [...writtenOff, billIssued('B-2', '2026-10-01', ['15.00'])];
    expect(
      pay(past, '10.00')
        .events()
        .map(({ type }) => type),
    ).toEqual(['PaymentApplied']);
    expect(pay(past, '50.00').state()).toMatchObject({ open: 0n, writtenOff: 0n, credit: 700n });
  });

  it('is written off again when the bank takes it back, and recovered no more (AR practice: an entry is reversed by its own accounts)', () => {
    const recovered = [...writtenOff, ...pay(writtenOff, '20.00').events()];
    const back = given(account, recovered).when(RecordReturn, { paymentId: commandId, reason: 'stopped' }, { at });
    const [returned, off] = back.events();
    expect(entry(returned!)).toEqual(['Accounts Receivable 20.00', 'Cash Clearing -20.00']);
    expect(dataOf(off, 'DebtWrittenOff')).toMatchObject({
      ...{ amount: USD('20.00'), reason: 'payment-returned', paymentId: commandId, effectiveAt: at },
      lines: [share('B-1/L1 18.00'), share('B-1/L2 2.00')],
    });
    expect(entry(off!)).toEqual(['Bad Debt Recovered 20.00', 'Accounts Receivable -20.00']);
    expect(back.state()).toMatchObject({ open: 0n, writtenOff: 2800n, credit: 0n, recoveries: [] });
    // A chargeback that is won recovers it once more, and may be lost once more.
    const won = given(account, [...recovered, ...back.events()]).when(
      ReinstatePayment,
      { paymentId: commandId, reason: 'chargeback-won' },
      { at },
    );
    expect(won.state()).toMatchObject({ open: 0n, writtenOff: 800n });
    const lost = given(account, [...recovered, ...back.events(), ...won.events()]);
    expect(lost.when(RecordReturn, { paymentId: commandId, reason: 'stopped' }, { at }).state()).toMatchObject({
      ...{ open: 0n, writtenOff: 2800n },
    });
  });

  it('is written off again no further than it is owed: not what another payment paid, nor what is in dispute', () => {
    const recovered = [...writtenOff, ...pay(writtenOff, '28.00').events()];
    const after = (past: readonly AccountEvent[], ...made: AccountEvent[]) => [...past, ...made];
    const unapplied = after(
      recovered,
      ...given(account, recovered).when(UnapplyPayment, { paymentId: commandId, reason: 'error' }, { at }).events(),
    );
    const other = '22222222-2222-4222-8222-222222222222';
    const paidOtherwise = after(
      unapplied,
      ...given(account, unapplied)
        .when(ApplyPayment, { amount: USD('18.00'), ...byCard }, { at, commandId: other })
        .events(),
    );
    const back = (past: readonly AccountEvent[]) =>
      given(account, past).when(RecordReturn, { paymentId: commandId, reason: 'stopped' }, { at }).state();
    expect(back(paidOtherwise)).toMatchObject({ open: 0n, writtenOff: 1000n, credit: 0n });
    const subject = { kind: 'charge', billNumber: 'B-1', lineId: 'L2' } as const;
    const disputed = after(
      recovered,
      ...given(account, recovered)
        .when(OpenDispute, { subject, reason: 'not-received' }, { at: '2026-03-01T12:00:00.000Z' })
        .events(),
    );
    expect(back(disputed)).toMatchObject({ open: 1000n, writtenOff: 1800n });
  });

  it('stands open again when its payment had given service back, and is dunned with all notices (52 Pa. Code §56.91)', () => {
    const policy = CollectionPolicyVersion.parse({
      ...{ version: 'test/1', validFrom: '2020-01-01', currency: 'USD' },
      dunning: {
        steps: [
          { step: 'last', kind: 'final-notice', daysPastDue: 1 },
          { step: 'cut', kind: 'suspension', daysPastDue: 2, daysAfterStep: 10 },
          { step: 'gone', kind: 'write-off', daysPastDue: 100 },
        ],
      },
    });
    const collected = (past: readonly AccountEvent[], ...days: string[]) =>
      days.reduce<readonly AccountEvent[]>((events, on) => {
        const context = { at: `${on}T09:00:00.000Z`, commandId };
        return [...events, ...given(account, events).when(CollectAccount, { on, policy }, context).events()];
      }, past);
    const told = (events: readonly AccountEvent[]) =>
      events.map((event) => (event.type === 'DunningStepTaken' ? event.data.step : event.type));
    const returned = (past: readonly AccountEvent[]) => {
      const back = given(account, past).when(RecordReturn, { paymentId: commandId, reason: 'stopped' }, { at });
      return [...past, ...back.events()];
    };
    // Of the two bills only the older one had the steps.
    const two = [...billed, billIssued('B-2', '2026-02-02', ['5.00'])];
    const gone = collected(two, '2026-02-03', '2026-02-13', '2026-06-01');
    expect(fold(account, gone)).toMatchObject({ open: 0n, writtenOff: 4_500n, suspended: { policy: 'test/1' } });
    const first = '22222222-2222-4222-8222-222222222222';
    const inPart = given(account, gone).when(
      ApplyPayment,
      { amount: USD('40.00'), ...byCard },
      { at, commandId: first },
    );
    const paid = [...gone, ...inPart.events()];
    const all = [...paid, ...pay(paid, '5.00').events()];
    // Before service was given back all is as it was, and so it is after it was suspended again for something else.
    expect(fold(account, returned(all))).toMatchObject({ open: 0n, writtenOff: 500n, suspended: { policy: 'test/1' } });
    const back = collected(all, '2026-09-02');
    expect(told(back.slice(all.length))).toEqual(['ServiceRestored']);
    const lost = returned(back);
    expect(told(lost.slice(back.length))).toEqual(['PaymentReturned']);
    expect(fold(account, lost)).toMatchObject({ open: 500n, writtenOff: 0n, suspended: undefined, recoveries: [{}] });
    const dunned = collected(lost, '2026-09-03', '2026-09-12', '2026-09-13', '2026-09-14');
    expect(told(dunned.slice(lost.length))).toEqual(['last', 'cut', 'ServiceSuspended', 'gone', 'DebtWrittenOff']);
    const sum = (name: string) =>
      dunned
        .flatMap(postingsOf)
        .filter((posting) => posting.account === name)
        .reduce((total, { amount }) => total + BigInt(amount.replace('.', '')), 0n);
    // 40.00 of 45.00 were recovered in the end.
    expect(sum('Bad Debt Expense') + sum('Bad Debt Recovered')).toBe(500n);
  });

  it('is written off again beside service that a person gave back: that is theirs to decide', () => {
    const suspended: AccountEvent = {
      type: 'ServiceSuspended',
      data: { reason: 'not-paid', policy: 'test/1', effectiveAt: at },
    };
    const restored: AccountEvent = { type: 'ServiceRestored', data: { reason: 'hardship', effectiveAt: at } };
    const cut = [...writtenOff, suspended];
    const recovered = [...cut, ...pay(cut, '28.00').events(), restored];
    const back = (past: readonly AccountEvent[]) =>
      given(account, past).when(RecordReturn, { paymentId: commandId, reason: 'stopped' }, { at }).state();
    expect(back(recovered)).toMatchObject({ open: 0n, writtenOff: 2_800n });
    // That notices have lapsed for another reason does not mean that the policy gave it back.
    const broken: AccountEvent = {
      type: 'ArrangementBroken',
      data: {
        ...{ arrangementId: paymentId, number: 1, dueOn: '2026-09-01', missing: USD('5.00') },
        effectiveAt: at,
      },
    };
    expect(back([...recovered, broken])).toMatchObject({ open: 0n, writtenOff: 2_800n });
    // Nor that it gave back later what it had suspended for other debt.
    const byPolicy: AccountEvent = {
      type: 'ServiceRestored',
      data: { reason: 'paid', policy: 'test/1', effectiveAt: at },
    };
    expect(back([...recovered, suspended, byPolicy])).toMatchObject({ open: 0n, writtenOff: 2_800n });
  });

  it('is also what the bank gives back after the debt was given up: a chargeback is won', () => {
    const back: AccountEvent = {
      type: 'PaymentReturned',
      data: {
        ...{ paymentId, amount: USD('12.00'), reason: 'chargeback', effectiveAt: at },
        ...{ released: [share('B-1/L1 12.00')], unappliedRemoved: '0.00' },
      },
    };
    const off = [...billed, part, back, ...writeOff([...billed, part, back]).events()];
    const won = given(account, off).when(ReinstatePayment, { paymentId, reason: 'chargeback-won' }, { at });
    expect(won.events().map(({ type }) => type)).toEqual(['DebtReinstated', 'PaymentReinstated']);
    expect(won.state()).toMatchObject({ open: 0n, writtenOff: 2800n, credit: 0n });
  });

  it('is taken by a closed account, and no more than that', () => {
    const closed = [...writtenOff, accountClosed];
    expect(pay(closed, '28.00').state()).toMatchObject({ writtenOff: 0n, credit: 0n });
    pay(closed, '28.01').thenRejected('PAYMENT_EXCEEDS_OPEN');
  });
});

describe('Writing off and recovering, in whatever portions, of which banks take some back', () => {
  it('comes to the books as if it had been paid at once: expense less recovery is what nobody paid', () => {
    const portion = fc.record({ cents: fc.integer({ min: 1, max: 3_000 }), comesBack: fc.boolean() });
    fc.assert(
      fc.property(fc.array(portion, { maxLength: 12 }), (portions) => {
        let past: readonly AccountEvent[] = writtenOff;
        let recovered = 0;
        const back: { paymentId: string; part: number }[] = [];
        for (const [index, { cents, comesBack }] of portions.entries()) {
          const amount = `${Math.floor(cents / 100)}.${String(cents % 100).padStart(2, '0')}`;
          const id = `00000000-0000-4000-8000-${String(index + 10).padStart(12, '0')}`;
          const paid = given(account, past).when(
            ApplyPayment,
            { amount: USD(amount), ...byCard },
            { at, commandId: id },
          );
          past = [...past, ...paid.events()];
          const part = Math.min(2_800 - recovered, cents);
          recovered += part;
          if (comesBack) back.push({ paymentId: id, part });
          expect(fold(account, past).writtenOff).toBe(BigInt(2_800 - recovered));
        }
        for (const { paymentId, part } of back) {
          past = [
            ...past,
            ...given(account, past).when(RecordReturn, { paymentId, reason: 'stopped' }, { at }).events(),
          ];
          recovered -= part;
          expect(fold(account, past)).toMatchObject({ open: 0n, writtenOff: BigInt(2_800 - recovered) });
        }
        const sum = (name: string) =>
          past
            .flatMap(postingsOf)
            .filter((posting) => posting.account === name)
            .reduce((total, { amount }) => total + BigInt(amount.replace('.', '')), 0n);
        expect(sum('Accounts Receivable')).toBe(0n);
        expect(sum('Bad Debt Expense')).toBe(2_800n);
        expect(sum('Bad Debt Recovered')).toBe(BigInt(-recovered));
      }),
      { numRuns: 50 },
    );
  });
});
