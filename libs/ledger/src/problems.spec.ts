import { CommandIdReused, EventStoreUnavailable, ReadModelBehind, Rejected } from '#libs/event-sourcing';
import { REJECTIONS } from './billing/rejections.js';
import { problemOf } from './problems.js';

describe('Problems', () => {
  it.each([
    ['ACCOUNT_UNKNOWN', 404],
    ['BILL_NUMBER_USED', 409],
    ['AMOUNT_TOO_PRECISE', 422],
    ['CURRENCY_UNKNOWN', 422],
  ])('answers %s with %i', (code, status) => {
    const problem = problemOf(new Rejected(code, 'a reason', 'field'));
    expect(problem).toMatchObject({ status, code, detail: 'a reason' });
    expect(problem?.toBody('1').errors).toEqual([{ field: 'field', message: 'a reason' }]);
  });

  it('has a client error for every business refusal', () => {
    for (const code of Object.keys(REJECTIONS))
      expect([404, 409, 422]).toContain(problemOf(new Rejected(code, ''))?.status);
  });

  it.each([
    [new EventStoreUnavailable('connect ECONNREFUSED 10.0.0.7'), 'EVENT_STORE_UNAVAILABLE'],
    [new ReadModelBehind('ledger has not reached 7'), 'READ_MODEL_BEHIND'],
  ])('asks to try again later when something is away: %s', (error, code) => {
    const problem = problemOf(error);
    expect(problem).toMatchObject({ status: 503, code, more: { retryAfterSeconds: 1 } });
    expect(problem?.detail).not.toContain('10.0.0.7');
  });

  it('answers a reused key as a conflict, and knows nothing of other errors', () => {
    expect(problemOf(new CommandIdReused('x'))).toMatchObject({ status: 409, code: 'IDEMPOTENCY_KEY_REUSED' });
    expect(problemOf(new Error('x'))).toBeUndefined();
  });
});
