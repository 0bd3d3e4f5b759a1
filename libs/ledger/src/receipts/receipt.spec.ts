import { fold, given, goldenEvents } from '#testing/event-sourcing';
import {
  AssignReceipt,
  receipt,
  receiptEvents,
  RecordReceipt,
  ReleaseReceipt,
  ReturnReceipt,
  SettleReceipt,
  SettleReceiptClaim,
  TakeBackReceipt,
} from './receipt.js';
import { receiptPostingsOf } from './receipt-postings.js';

const at = '2026-01-15T12:00:00.000Z';
const ours = '11111111-1111-4111-8111-111111111111';
const theirs = '22222222-2222-4222-8222-222222222222';
const body = {
  kind: 'credit',
  amount: { amount: '50.00', currency: 'USD' },
  because: 'NUMBER_MISSING',
  source: { digest: 'a'.repeat(64), format: 'BAI2', item: 1, record: 4 },
  effectiveAt: '2026-01-14T00:00:00.000Z',
} as const;
const recorded = { type: 'ReceiptRecorded', data: body } as const;
const assigned = { type: 'ReceiptAssigned', data: { accountId: ours, effectiveAt: at } } as const;
const applied = { type: 'ReceiptApplied', data: { paymentId: theirs, effectiveAt: at } } as const;
const released = { type: 'ReceiptReleased', data: { because: 'PAYMENTS_HELD', effectiveAt: at } } as const;
const sentBack = {
  type: 'ReceiptReturned',
  data: { reason: 'not-ours', how: 'sent-back', effectiveAt: at },
} as const;
const taken = { returnCode: 'R01', reason: 'returned-by-bank', effectiveAt: '2026-01-15T00:00:00.000Z' };
const twice = { type: 'ReceiptReturnedTwice', data: { amount: body.amount, ...taken } } as const;

describe('An unidentified receipt (PA8)', () => {
  it('is recorded once, however often its file is imported', () => {
    given(receipt).when(RecordReceipt, body).then([recorded]);
    given(receipt, [recorded]).when(RecordReceipt, body).thenNothing();
    given(receipt, [recorded, assigned, applied]).when(RecordReceipt, body).thenNothing();
  });

  it('is kept for one account from when somebody says whose it is', () => {
    given(receipt, [recorded]).when(AssignReceipt, { accountId: ours }).then([assigned]);
    given(receipt, [recorded, assigned]).when(AssignReceipt, { accountId: ours }).thenNothing();
    given(receipt, [recorded, assigned]).when(AssignReceipt, { accountId: theirs }).thenRejected('RECEIPT_ASSIGNED');
    given(receipt, [recorded, assigned]).when(ReturnReceipt, { reason: 'not-ours' }).thenRejected('RECEIPT_SETTLED');
  });

  it('is unidentified again when the account refuses it, and says why', () => {
    given(receipt, [recorded, assigned]).when(ReleaseReceipt, { because: 'PAYMENTS_HELD' }).then([released]);
    expect(fold(receipt, [recorded, assigned, released])).toEqual({
      status: 'unidentified',
      recorded: { ...body, because: 'PAYMENTS_HELD' },
    });
    given(receipt, [recorded, assigned, released])
      .when(AssignReceipt, { accountId: theirs })
      .then([{ type: 'ReceiptAssigned', data: { accountId: theirs, effectiveAt: at } }]);
    given(receipt, [recorded]).when(ReleaseReceipt, { because: 'PAYMENTS_HELD' }).thenNothing();
  });

  it('is applied or sent back, and then nothing more', () => {
    given(receipt, [recorded, assigned]).when(SettleReceipt, { paymentId: theirs }).then([applied]);
    given(receipt, [recorded]).when(ReturnReceipt, { reason: 'not-ours' }).then([sentBack]);
    for (const end of [
      [recorded, assigned, applied],
      [recorded, sentBack],
    ]) {
      given(receipt, end).when(AssignReceipt, { accountId: theirs }).thenRejected('RECEIPT_SETTLED');
      given(receipt, end).when(ReturnReceipt, { reason: 'not-ours' }).thenRejected('RECEIPT_SETTLED');
      given(receipt, end).when(SettleReceipt, { paymentId: theirs }).thenNothing();
    }
    given(receipt, [recorded, assigned, applied]).when(AssignReceipt, { accountId: ours }).thenNothing();
    given(receipt).when(AssignReceipt, { accountId: ours }).thenRejected('RECEIPT_UNKNOWN');
  });

  it('of money the bank took is not sent back', () => {
    given(receipt, [{ ...recorded, data: { ...body, kind: 'return' } }])
      .when(ReturnReceipt, { reason: 'not-ours' })
      .thenRejected('RECEIPT_IS_RETURN');
  });

  it('that the bank takes back is gone, or has gone out twice when it was sent back before', () => {
    const { reason, effectiveAt } = taken;
    const gone = { type: 'ReceiptReturned', data: { reason, how: 'taken-back', effectiveAt } } as const;
    given(receipt, [recorded]).when(TakeBackReceipt, taken).then([gone]);
    given(receipt, [recorded, sentBack]).when(TakeBackReceipt, taken).then([twice]);
    given(receipt, [recorded, gone]).when(TakeBackReceipt, taken).thenRejected('RECEIPT_TAKEN_BACK');
    // The same told in the other order: the bank’s file was first.
    const told = given(receipt, [recorded, gone]).when(ReturnReceipt, { reason: 'not-ours' });
    told.then([{ type: 'ReceiptReturnedTwice', data: { amount: body.amount, reason: 'not-ours', effectiveAt: at } }]);
    expect(told.state().status).toBe('returned-twice');
    given(receipt, [recorded, gone, ...told.events()])
      .when(ReturnReceipt, { reason: 'not-ours' })
      .thenRejected('RECEIPT_SETTLED');
    given(receipt, [recorded, sentBack, twice]).when(TakeBackReceipt, taken).thenRejected('RECEIPT_SETTLED');
    given(receipt, [recorded, assigned]).when(TakeBackReceipt, taken).thenRejected('RECEIPT_SETTLED');
    given(receipt, [recorded, assigned, applied]).when(TakeBackReceipt, taken).thenRejected('RECEIPT_SETTLED');
    given(receipt, [{ ...recorded, data: { ...body, kind: 'return' } }])
      .when(TakeBackReceipt, taken)
      .thenRejected('RECEIPT_IS_RETURN');
    given(receipt).when(TakeBackReceipt, taken).thenRejected('RECEIPT_UNKNOWN');
  });

  it('that paid the claim on another is a claim itself when the bank takes it back, once', () => {
    const matched = { type: 'ReceiptAssigned', data: { receiptId: theirs, effectiveAt: at } } as const;
    const paid = { type: 'ReceiptApplied', data: { receiptId: theirs, effectiveAt: at } } as const;
    given(receipt, [recorded, matched]).when(TakeBackReceipt, taken).thenRejected('RECEIPT_SETTLED');
    given(receipt, [recorded, matched, paid]).when(TakeBackReceipt, taken).then([twice]);
    given(receipt, [recorded, matched, paid, twice]).when(TakeBackReceipt, taken).thenRejected('RECEIPT_SETTLED');
    given(receipt, [{ ...recorded, data: { ...body, kind: 'return' } }, matched, paid])
      .when(TakeBackReceipt, taken)
      .thenRejected('RECEIPT_IS_RETURN');
  });

  it('that an earlier build noted as taken back by the bank has not gone out twice, and is taken back by one return', () => {
    const stored = (reason: string) => ({ type: 'ReceiptReturned', data: { reason, effectiveAt: at } }) as const;
    const matched = given(receipt, [recorded, stored('returned-by-bank')]).when(TakeBackReceipt, taken);
    const { reason, effectiveAt } = taken;
    matched.then([{ type: 'ReceiptReturned', data: { reason, how: 'taken-back', effectiveAt } }]);
    given(receipt, [recorded, stored('returned-by-bank'), ...matched.events()])
      .when(TakeBackReceipt, taken)
      .thenRejected('RECEIPT_TAKEN_BACK');
    given(receipt, [recorded, stored('not-ours')])
      .when(TakeBackReceipt, taken)
      .then([twice]);
  });

  it('that has gone out twice is a claim on the payer until it is paid or given up', () => {
    const out = [recorded, sentBack, twice];
    const paid = { as: 'recovered', reason: 'paid' } as const;
    const settled = given(receipt, out).when(SettleReceiptClaim, paid);
    settled.then([{ type: 'ReceiptClaimSettled', data: { amount: body.amount, ...paid, effectiveAt: at } }]);
    expect(settled.state().status).toBe('claim-settled');
    const { effectiveAt } = taken;
    given(receipt, out)
      .when(SettleReceiptClaim, { ...paid, effectiveAt })
      .then([{ type: 'ReceiptClaimSettled', data: { amount: body.amount, ...paid, effectiveAt } }]);
    given(receipt, out)
      .when(SettleReceiptClaim, { ...paid, effectiveAt: '2026-01-17T12:00:00Z' })
      .thenRejected('EFFECTIVE_IN_FUTURE', 'effectiveAt');
    given(receipt, [...out, ...settled.events()])
      .when(SettleReceiptClaim, paid)
      .thenRejected('RECEIPT_NO_CLAIM');
    given(receipt, [recorded, sentBack]).when(SettleReceiptClaim, paid).thenRejected('RECEIPT_NO_CLAIM');
    given(receipt).when(SettleReceiptClaim, paid).thenRejected('RECEIPT_UNKNOWN');
  });

  it('is debited to the claim and credited to cash when it has gone out twice, and the reverse or bad debt at the end (AQ3)', () => {
    const of = (account: string, amount: string) => ({ account, amount, currency: 'USD' });
    expect(receiptPostingsOf(twice)).toEqual([of('Chargeback Receivable', '50.00'), of('Cash Clearing', '-50.00')]);
    const ended = (as: 'recovered' | 'written-off') => {
      const data = { amount: body.amount, as, reason: 'paid', effectiveAt: at };
      return receiptPostingsOf({ type: 'ReceiptClaimSettled', data });
    };
    expect(ended('recovered')).toEqual([of('Cash Clearing', '50.00'), of('Chargeback Receivable', '-50.00')]);
    expect(ended('written-off')).toEqual([of('Bad Debt Expense', '50.00'), of('Chargeback Receivable', '-50.00')]);
    expect([recorded, assigned, released, applied, sentBack].flatMap(receiptPostingsOf)).toEqual([]);
  });
});

describe('Events of receipts stored by earlier builds', () => {
  const read = goldenEvents(receiptEvents, import.meta.url);

  it('fold to the receipts they have always come to', () => {
    const past = [read('ReceiptRecorded'), read('ReceiptAssigned'), read('ReceiptReleased')];
    expect(fold(receipt, past)).toMatchObject({
      status: 'unidentified',
      recorded: { kind: 'return', because: 'PAYMENT_ALREADY_RETURNED', returnCode: 'R01' },
    });
    expect(fold(receipt, [...past, read('ReceiptAssigned'), read('ReceiptApplied')]).status).toBe('applied');
    const returned = [...past, read('ReceiptReturned')];
    expect(fold(receipt, returned)).toMatchObject({ status: 'returned', returned: { reason: 'not-our-customer' } });
    const twice = [...returned, read('ReceiptReturnedTwice')];
    expect(fold(receipt, twice).status).toBe('returned-twice');
    expect(fold(receipt, [...twice, read('ReceiptClaimSettled')]).status).toBe('claim-settled');
  });
});
