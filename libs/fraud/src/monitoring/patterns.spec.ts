import { alertsOf, idOf, MessageMaker, ruleSet } from '#testing/fraud';

const account = idOf('A');
const at = (minute: number) => new Date(Date.UTC(2026, 0, 15, 12, minute)).toISOString();
const day = (number: number) => new Date(Date.UTC(2026, 0, number, 12)).toISOString();

describe('Card testing', () => {
  const byAccount = ruleSet({
    kind: 'card-testing',
    scope: 'account',
    over: 'tokens',
    different: 3,
    attempts: 4,
    smallUpTo: { USD: '2.00' },
    window: 'PT1H',
  });

  it('is many declined or small attempts over many cards', () => {
    const make = new MessageMaker();
    const messages = [
      make.failure(account, at(0), { amount: '50.00', token: 'tok_1' }),
      make.failure(account, at(1), { amount: '50.00', token: 'tok_1' }),
      make.payment(account, at(2), { amount: '2.00', token: 'tok_2' }),
      make.failure(account, at(3), { amount: '50.00', token: 'tok_3' }),
    ];
    expect(alertsOf(byAccount, messages)).toMatchObject([
      { messageId: messages[3]!.id, evidence: { numbers: { 'different tokens': 3, attempts: 4 }, eventCount: 4 } },
    ]);
  });

  it('is neither one card tried often nor payments of an ordinary size', () => {
    const make = new MessageMaker();
    const oneCard = Array.from({ length: 9 }, (_, minute) =>
      make.failure(account, at(minute), { amount: '1.00', token: 'tok_1' }),
    );
    const ordinary = Array.from({ length: 9 }, (_, minute) =>
      make.payment(account, at(minute), { amount: '2.01', token: `tok_${minute}` }),
    );
    const cash = Array.from({ length: 9 }, (_, minute) => make.payment(account, at(minute), { amount: '1.00' }));
    expect(alertsOf(byAccount, [...oneCard, ...ordinary, ...cash])).toHaveLength(0);
  });

  it('is one card tried on many accounts', () => {
    const rules = ruleSet({
      kind: 'card-testing',
      scope: 'token',
      over: 'accounts',
      different: 3,
      attempts: 3,
      window: 'PT10M',
    });
    const make = new MessageMaker();
    const tried = (names: readonly string[], everyMinutes: number) =>
      names.map((name, index) =>
        make.failure(idOf(name), at(index * everyMinutes), { amount: '1.00', token: 'tok_1' }),
      );
    expect(alertsOf(rules, tried(['A', 'B', 'C'], 4))).toMatchObject([
      { key: 'token:tok_1', accountId: idOf('C'), evidence: { numbers: { 'different accounts': 3 } } },
    ]);
    expect(alertsOf(rules, tried(['A', 'B', 'C'], 5))).toHaveLength(0);
    expect(alertsOf(rules, tried(['A', 'B', 'A'], 1))).toHaveLength(0);
  });
});

describe('Payment then quick refund', () => {
  const rules = ruleSet({ kind: 'quick-refund', within: 'P1D', atLeast: { USD: '100.00' } });

  it('alerts when a large payment is asked back within the time, whatever came between', () => {
    const make = new MessageMaker();
    const payment = make.payment(account, day(1), { amount: '500.00' });
    const other = make.payment(account, day(1), { amount: '20.00' });
    const refund = make.refund(payment, '2026-01-02T11:59:59.999Z', '100.00');
    expect(alertsOf(rules, [payment, other, refund])).toMatchObject([
      {
        messageId: refund.id,
        evidence: {
          events: [payment.id, refund.id],
          numbers: { paid: '500.00', refunded: '100.00', minutesBetween: 1439 },
        },
      },
    ]);
  });

  it('says nothing to a refund that is small or takes its time, and alerts for each that is neither', () => {
    const make = new MessageMaker();
    const payment = make.payment(account, day(1), { amount: '500.00' });
    expect(alertsOf(rules, [payment, make.refund(payment, day(1), '99.99')])).toHaveLength(0);
    expect(alertsOf(rules, [payment, make.refund(payment, day(2))])).toHaveLength(0);
    const both = [make.refund(payment, day(1), '150.00'), make.refund(payment, day(1), '150.00')];
    expect(alertsOf(rules, [payment, ...both])).toHaveLength(2);
  });
});

describe('First large payment after a contact change', () => {
  const rules = ruleSet({
    kind: 'large-payment-after-contact-change',
    within: 'P7D',
    atLeast: { USD: '1000.00' },
  });

  it('alerts at the first, not at those after it', () => {
    const make = new MessageMaker();
    const change = make.contactChanged(account, day(1));
    const small = make.payment(account, day(2), { amount: '999.99' });
    const large = make.payment(account, day(3), { amount: '1000.00' });
    const next = make.payment(account, day(4), { amount: '3000.00' });
    expect(alertsOf(rules, [change, small, large, next])).toMatchObject([
      { messageId: large.id, evidence: { events: [change.id, large.id], numbers: { hoursSinceChange: 48 } } },
    ]);
  });

  it('is no takeover that a new customer is reached for the first time, or has another name', () => {
    const make = new MessageMaker();
    const first = make.contactChanged(account, day(1), { changed: ['name', 'email'], first: true });
    const renamed = make.contactChanged(account, day(2), { changed: ['name'] });
    const large = make.payment(account, day(3), { amount: '1000.00' });
    expect(alertsOf(rules, [first, renamed, large])).toHaveLength(0);
  });

  it('is one with a new phone number as well, and when the address is taken away before another one is set', () => {
    const make = new MessageMaker();
    const large = make.payment(account, day(3), { amount: '1000.00' });
    const phone = make.contactChanged(account, day(1), { changed: ['name', 'phone'] });
    expect(alertsOf(rules, [phone, large])).toHaveLength(1);
    const removed = make.contactChanged(account, day(1), { changed: ['email'] });
    const anew = make.contactChanged(account, day(2), { changed: ['email'], first: true });
    expect(alertsOf(rules, [removed, anew, large])).toMatchObject([{ evidence: { events: [removed.id, large.id] } }]);
  });

  it('says nothing without a change, before it, or a week after it, and begins anew with the next change', () => {
    const make = new MessageMaker();
    const large = (number: number) => make.payment(account, day(number), { amount: '1000.00' });
    expect(alertsOf(rules, [large(1), make.contactChanged(account, day(2)), large(9)])).toHaveLength(0);
    const twice = [make.contactChanged(account, day(1)), large(2), make.contactChanged(account, day(3)), large(4)];
    expect(alertsOf(rules, twice)).toHaveLength(2);
  });
});

describe('Unusual amount', () => {
  const rules = (change = {}) =>
    ruleSet({
      kind: 'unusual-amount',
      last: 12,
      minimum: 5,
      history: 'P365D',
      zScoreAbove: 3.5,
      leastSpread: 0.05,
      quiet: 'P1D',
      ...change,
    });
  const paid = (amounts: readonly string[], currency = 'USD') => {
    const make = new MessageMaker();
    return amounts.map((amount, index) => make.payment(account, day(index + 1), { amount, currency }));
  };
  const habit = ['48.00', '50.00', '52.00', '49.00', '51.00'];

  it('measures the distance from the median by the median deviation', () => {
    // Median 50, deviations 2 0 2 1 1: MAD 1, but at least 5 % of 50. (63.00 − 50) · 0.6745 / 2.5 = 3.51.
    expect(alertsOf(rules(), paid([...habit, '62.97']))).toHaveLength(0);
    expect(alertsOf(rules(), paid([...habit, '63.00']))).toMatchObject([
      {
        evidence: {
          numbers: { amount: '63.00', median: '50.00', medianDeviation: '1.00', zScore: 3.51, payments: 5 },
        },
      },
    ]);
  });

  it('is not moved by an earlier outlier, and says nothing before there is a habit', () => {
    expect(alertsOf(rules(), paid(['5000.00', ...habit, '900.00']))).toHaveLength(1);
    expect(alertsOf(rules(), paid([...habit.slice(1), '900.00']))).toHaveLength(0);
  });

  it('lets an account that always pays the same pay a little more', () => {
    const same = ['50.00', '50.00', '50.00', '50.00', '50.00'];
    expect(alertsOf(rules(), paid([...same, '55.00']))).toHaveLength(0);
    expect(alertsOf(rules(), paid([...same, '80.00']))).toHaveLength(1);
  });

  it('looks below the habit only when asked to, and past small amounts when told so', () => {
    expect(alertsOf(rules(), paid([...habit, '1.00']))).toHaveLength(0);
    expect(alertsOf(rules({ direction: 'either' }), paid([...habit, '1.00']))).toHaveLength(1);
    expect(alertsOf(rules({ atLeast: { USD: '100.00' } }), paid([...habit, '99.99']))).toHaveLength(0);
    expect(alertsOf(rules({ atLeast: { EUR: '100.00' } }), paid([...habit, '990.00']))).toHaveLength(0);
  });

  it('is one alert for several on the same day', () => {
    const make = new MessageMaker();
    const usual = habit.map((amount, index) => make.payment(account, day(index + 1), { amount }));
    const burst = [1, 2, 3].map(() => make.payment(account, day(9), { amount: '900.00' }));
    expect(alertsOf(rules(), [...usual, ...burst])).toHaveLength(1);
  });
});
