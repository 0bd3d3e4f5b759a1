import { fold, given, goldenEvents } from '#testing/event-sourcing';
import { payBillNumber, payBillNumberEvents } from './assign-pay-bill-number.js';
import { ConsolidateAccount, SeparateAccount } from './consolidate-accounts.js';

const number = '12345678901244';
const at = '2026-01-15T12:00:00.000Z';
const [holder, other] = ['11111111-1111-4111-8111-111111111111', '22222222-2222-4222-8222-222222222222'];
const about = (accountId: string) => ({ payBillNumber: number, accountId, effectiveAt: at });
const assigned = { type: 'PayBillNumberAssigned', data: about(holder) } as const;
const joined = { type: 'AccountConsolidated', data: { ...about(other), reason: 'one-household' } } as const;
const left = { type: 'AccountSeparated', data: { ...about(other), reason: 'moved-out' } } as const;
const body = { accountId: other, reason: 'one-household' };

describe('Consolidation under one pay bill number (ID3)', () => {
  it('puts an account under the number, once', () => {
    given(payBillNumber, [assigned]).when(ConsolidateAccount, body, { id: number }).then([joined]);
    given(payBillNumber, [assigned, joined]).when(ConsolidateAccount, body, { id: number }).thenNothing();
    given(payBillNumber, [assigned])
      .when(ConsolidateAccount, { ...body, accountId: holder }, { id: number })
      .thenNothing();
  });

  it('lets an account leave again, and come back', () => {
    const leave = { accountId: other, reason: 'moved-out' };
    given(payBillNumber, [assigned, joined]).when(SeparateAccount, leave, { id: number }).then([left]);
    given(payBillNumber, [assigned, joined, left])
      .when(SeparateAccount, leave, { id: number })
      .thenRejected('ACCOUNT_NOT_CONSOLIDATED');
    given(payBillNumber, [assigned, joined, left]).when(ConsolidateAccount, body, { id: number }).then([joined]);
  });

  it('knows no number that nobody holds', () => {
    given(payBillNumber).when(ConsolidateAccount, body, { id: number }).thenRejected('PAY_BILL_NUMBER_UNKNOWN');
  });
});

describe('Events of pay bill numbers stored by earlier builds', () => {
  const read = goldenEvents(payBillNumberEvents, import.meta.url);

  it('fold to the holder and the accounts they have always come to', () => {
    const shared = [read('PayBillNumberAssigned'), read('AccountConsolidated')];
    expect(fold(payBillNumber, shared)).toMatchObject({ accountId: holder, others: [other] });
    expect(fold(payBillNumber, [...shared, read('AccountSeparated')])).toMatchObject({ others: [], wasShared: true });
  });
});
