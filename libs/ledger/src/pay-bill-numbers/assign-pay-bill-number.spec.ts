import { given } from '#testing/event-sourcing';
import { AssignPayBillNumber, payBillNumber } from './assign-pay-bill-number.js';

const number = '12345678901244';
const ours = '11111111-1111-4111-8111-111111111111';
const theirs = '22222222-2222-4222-8222-222222222222';
const assigned = {
  type: 'PayBillNumberAssigned',
  data: { payBillNumber: number, accountId: ours, effectiveAt: '2026-01-15T12:00:00.000Z' },
} as const;

describe('AssignPayBillNumber', () => {
  it('gives a free number to the account that asks first (ID1)', () => {
    given(payBillNumber).when(AssignPayBillNumber, { accountId: ours }, { id: number }).then([assigned]);
  });

  it('changes nothing when the account holds the number already', () => {
    given(payBillNumber, [assigned]).when(AssignPayBillNumber, { accountId: ours }, { id: number }).thenNothing();
  });

  it('refuses a number that another account holds (ID1: unique)', () => {
    given(payBillNumber, [assigned])
      .when(AssignPayBillNumber, { accountId: theirs }, { id: number })
      .thenRejected('PAY_BILL_NUMBER_TAKEN');
  });

  it('refuses a number whose check digits do not hold (VE1)', () => {
    given(payBillNumber)
      .when(AssignPayBillNumber, { accountId: ours }, { id: '12345678901211' })
      .thenRejected('PAY_BILL_NUMBER_INVALID');
  });
});
