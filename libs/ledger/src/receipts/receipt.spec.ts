import { fold, given, goldenEvents } from '#testing/event-sourcing';
import {
  AssignReceipt,
  receipt,
  receiptEvents,
  RecordReceipt,
  ReleaseReceipt,
  ReturnReceipt,
  SettleReceipt,
} from './receipt.js';

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
const sentBack = { type: 'ReceiptReturned', data: { reason: 'not-ours', effectiveAt: at } } as const;

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
    expect(fold(receipt, [...past, read('ReceiptReturned')]).status).toBe('returned');
  });
});
