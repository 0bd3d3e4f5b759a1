import { type Message } from '#libs/contracts';
import { exampleMessage } from '#testing/contracts';
import { autopayContentOf } from './autopay-content.js';

const usd = { amount: '47.57', currency: 'USD' };
const bills = [{ billNumber: '2026-02-C-77', amount: usd }];
const told = (type: Message['type'], more: object = {}) => {
  const message = exampleMessage(type);
  return autopayContentOf({ ...message, data: { ...message.data, ...more } } as Message);
};

describe('What customers are told of autopay', () => {
  it('is a copy of the authorization they gave, and that it has ended (12 CFR 1005.10(b))', () => {
    expect(told('autopay.enrolled')).toMatchObject({
      type: 'autopay-enrolled',
      content: { method: 'bank-account', lastFour: '6789', wording: 'autopay-2026-01', daysBeforeDue: 0 },
    });
    expect(told('autopay.cancelled')).toMatchObject({ type: 'autopay-cancelled' });
  });

  it('is the amount and the day of a debit of which notice is required, and of no other (12 CFR 1005.10(d))', () => {
    expect(told('autopay.debit-announced')).toEqual({
      type: 'autopay-notice',
      content: { debitId: '1', payOn: '2026-02-20', amount: usd, bills, method: 'bank-account', lastFour: '6789' },
    });
    expect(told('autopay.debit-announced', { noticeRequired: false })).toBeUndefined();
  });

  it('is when a debit that came back is tried again, or that it is not', () => {
    const failed = { debitId: '1', amount: usd, bills };
    expect(told('autopay.debit-rescheduled')).toEqual({
      type: 'autopay-failed',
      content: { ...failed, retryOn: '2026-03-02' },
    });
    expect(told('autopay.debit-dropped')).toEqual({ type: 'autopay-failed', content: { ...failed, retryOn: null } });
    // They have paid otherwise, or stopped it themselves; and an end of autopay is told as such.
    for (const reason of ['nothing-open', 'stopped-by-customer', 'enrollment-stopped', 'not-paid']) {
      expect(told('autopay.debit-dropped', { reason })).toBeUndefined();
    }
  });

  it('is that nothing is debited any more, until somebody resumes it or for good', () => {
    expect(told('autopay.stopped')).toMatchObject({ type: 'autopay-stopped', content: { ended: true, code: 'R02' } });
    expect(told('autopay.suspended')).toMatchObject({
      type: 'autopay-stopped',
      content: { ended: false, code: 'R08' },
    });
  });

  it('is the month their card expires, as it stands on it', () => {
    expect(told('autopay.card-expiring')).toMatchObject({
      type: 'card-expiring',
      content: { expires: '03/2026', lastFour: '4242' },
    });
  });

  it('is nothing of what goes as announced, nor of anything else', () => {
    expect(told('autopay.debit-presented')).toBeUndefined();
    expect(told('autopay.resumed')).toBeUndefined();
    expect(told('bill.issued')).toBeUndefined();
  });
});
