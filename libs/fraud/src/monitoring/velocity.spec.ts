import { alertsOf, idOf, MessageMaker, ruleSet } from '#testing/fraud';

const account = idOf('A');
const at = (minute: number, second = 0, ms = 0) =>
  new Date(Date.UTC(2026, 0, 15, 12, minute, second, ms)).toISOString();

describe('Velocity by count', () => {
  const rules = ruleSet({ kind: 'velocity-count', scope: 'account', moreThan: 2, window: 'PT1H' });
  const paid = (...moments: string[]) => {
    const make = new MessageMaker();
    return moments.map((moment) => make.payment(account, moment, { amount: '10.00' }));
  };

  it('alerts at the payment that makes it too many, and says which ones they are', () => {
    const messages = paid(at(0), at(10), at(20));
    const alerts = alertsOf(rules, messages);
    expect(alerts).toHaveLength(1);
    expect(alerts[0]).toMatchObject({
      ruleId: 'rule-1',
      ruleVersion: 1,
      ruleSetVersion: 'test',
      accountId: account,
      key: `account:${account}`,
      messageId: messages[2]!.id,
      historic: false,
      evidence: {
        events: messages.map(({ id }) => id),
        eventCount: 3,
        numbers: { count: 3, moreThan: 2 },
        window: { from: '2026-01-15T11:20:00.000Z', to: at(20) },
      },
    });
  });

  it('has a window that is exact to the millisecond: what is a whole window old is out of it', () => {
    expect(alertsOf(rules, paid(at(0), at(30), at(60)))).toHaveLength(0);
    expect(alertsOf(rules, paid(at(0, 0, 1), at(30), at(60)))).toHaveLength(1);
  });

  it('is one alert for a burst, and a new one once a whole window has passed', () => {
    const burst = Array.from({ length: 100 }, (_, index) => at(0, index));
    expect(alertsOf(rules, paid(...burst))).toHaveLength(1);
    expect(alertsOf(rules, paid(...burst, at(200), at(201), at(202)))).toHaveLength(2);
  });

  it('alerts anew every day while an attack goes on without a pause', () => {
    const attack = Array.from({ length: 3 * 48 }, (_, index) => at(index * 25));
    const alerts = alertsOf(rules, paid(...attack));
    expect(alerts.map(({ effectiveAt }) => effectiveAt)).toEqual([at(50), at(50 + 1450), at(50 + 2900)]);
  });

  it('alerts anew after a window when that is longer than a day', () => {
    const slow = ruleSet({ kind: 'velocity-count', scope: 'account', moreThan: 2, window: 'P7D' });
    const daily = Array.from({ length: 16 }, (_, index) => at(index * 1440));
    const alerts = alertsOf(slow, paid(...daily));
    expect(alerts.map(({ effectiveAt }) => effectiveAt)).toEqual([at(2 * 1440), at(9 * 1440)]);
  });

  it('is not deceived by payments that arrive out of order', () => {
    expect(alertsOf(rules, paid(at(50), at(30), at(0)))).toHaveLength(1);
    expect(alertsOf(rules, paid(at(90), at(0), at(45)))).toHaveLength(0);
    expect(alertsOf(rules, paid(at(90), at(20), at(31)))).toHaveLength(0);
    expect(alertsOf(rules, paid(at(90), at(40), at(31)))).toHaveLength(1);
  });

  it('is not made blind by one payment dated a day ahead', () => {
    const tomorrow = new Date(Date.parse(at(0)) + 86_400_000).toISOString();
    expect(alertsOf(rules, paid(tomorrow, at(0), at(1), at(2)))).toHaveLength(1);
  });

  it('keeps accounts apart, and tells payments from declined attempts', () => {
    const make = new MessageMaker();
    const others = ['B', 'C', 'D'].map((name) => make.payment(idOf(name), at(0), { amount: '10.00' }));
    const declined = [1, 2, 3].map((minute) => make.failure(account, at(minute), { amount: '10.00' }));
    expect(alertsOf(rules, [...others, ...declined])).toHaveLength(0);
    const attempts = ruleSet({ kind: 'velocity-count', scope: 'account', of: 'attempts', moreThan: 2, window: 'PT1H' });
    expect(alertsOf(attempts, declined)).toHaveLength(1);
  });

  it('counts by token and by channel over all accounts, and by neither where there is no token', () => {
    const make = new MessageMaker();
    const paying = (name: string, token?: string) => make.payment(idOf(name), at(0), { amount: '10.00', token });
    const byToken = ruleSet({ kind: 'velocity-count', scope: 'token', moreThan: 2, window: 'PT1H' });
    const byChannel = ruleSet({ kind: 'velocity-count', scope: 'channel', moreThan: 2, window: 'PT1H' });
    const sameToken = [paying('A', 'tok_1'), paying('B', 'tok_1'), paying('C', 'tok_1')];
    const noToken = [paying('A'), paying('B'), paying('C')];
    expect(alertsOf(byToken, sameToken)).toMatchObject([{ key: 'token:tok_1', accountId: idOf('C') }]);
    expect(alertsOf(byToken, noToken)).toHaveLength(0);
    expect(alertsOf(byChannel, noToken)).toMatchObject([{ key: 'channel:online' }]);
  });

  it('is not made blind to declined attempts by however many honest payments among them', () => {
    const byChannel = ruleSet(
      { kind: 'velocity-count', scope: 'channel', of: 'failures', moreThan: 300, window: 'PT15M' },
      { kind: 'velocity-sum', scope: 'channel', moreThan: { USD: '1000000.00' }, window: 'PT5M' },
    );
    const make = new MessageMaker();
    const load = Array.from({ length: 6_600 }, (_, index) => {
      const moment = at(0, 0, Math.floor((index * 900_000) / 6_600));
      const paying = { amount: '10.00' };
      return index % 11 === 0 ? make.failure(idOf('D'), moment, paying) : make.payment(idOf('P'), moment, paying);
    });
    expect(alertsOf(byChannel, load)).toMatchObject([
      { ruleId: 'rule-1', messageId: load[300 * 11]!.id, evidence: { numbers: { count: 301 } } },
    ]);
  });

  it('marks as history what counts long before it was recorded', () => {
    const make = new MessageMaker();
    const recordedAt = '2026-01-22T12:00:00.001Z';
    const old = [0, 0, 0].map((minute) => make.payment(account, at(minute), { amount: '1.00', recordedAt }));
    expect(alertsOf(rules, old)).toMatchObject([{ historic: true }]);
    const week = [0, 0, 0].map((minute) =>
      make.payment(account, at(minute), { amount: '1.00', recordedAt: '2026-01-22T12:00:00.000Z' }),
    );
    expect(alertsOf(rules, week)).toMatchObject([{ historic: false }]);
  });
});

describe('Velocity by sum', () => {
  const rules = ruleSet({
    kind: 'velocity-sum',
    scope: 'account',
    moreThan: { USD: '100.00', BHD: '1.000' },
    window: 'P1D',
  });
  const paid = (amounts: readonly string[], currency = 'USD') => {
    const make = new MessageMaker();
    return amounts.map((amount, minute) => make.payment(account, at(minute), { amount, currency }));
  };

  it('adds up exactly and alerts above the limit, not at it', () => {
    expect(alertsOf(rules, paid(Array.from({ length: 1000 }, () => '0.10')))).toHaveLength(0);
    expect(alertsOf(rules, paid(['33.33', '33.33', '33.34', '0.01']))).toMatchObject([
      { evidence: { numbers: { sum: '100.01', moreThan: '100.00', currency: 'USD', count: 4 } } },
    ]);
  });

  it('keeps currencies apart, and says nothing in one without a limit', () => {
    expect(alertsOf(rules, [...paid(['90.00']), ...paid(['0.900'], 'BHD')])).toHaveLength(0);
    expect(alertsOf(rules, paid(['0.900', '0.101'], 'BHD'))).toHaveLength(1);
    expect(alertsOf(rules, paid(['1000000'], 'JPY'))).toHaveLength(0);
  });

  it('alerts again for money that comes after a quiet window', () => {
    const make = new MessageMaker();
    const days = [1, 2, 4].map((day) => make.payment(account, `2026-01-0${day}T12:00:00.000Z`, { amount: '100.01' }));
    expect(alertsOf(rules, days)).toHaveLength(3);
  });
});

describe('Repeated returns', () => {
  it('alerts when the bank takes more payments back than are put up with', () => {
    const rules = ruleSet({ kind: 'repeated-returns', moreThan: 1, window: 'P30D' });
    const make = new MessageMaker();
    const payments = ['2026-01-01', '2026-01-20', '2026-03-15'].map((day) =>
      make.payment(account, `${day}T12:00:00.000Z`, { amount: '10.00' }),
    );
    const back = (index: number, day: string) => make.returned(payments[index]!, `${day}T12:00:00.000Z`);
    expect(alertsOf(rules, [...payments, back(0, '2026-01-05'), back(1, '2026-02-04')])).toHaveLength(0);
    const returns = [back(0, '2026-01-05'), back(1, '2026-02-03')];
    expect(alertsOf(rules, [...payments, ...returns])).toMatchObject([
      { evidence: { numbers: { count: 2, moreThan: 1 }, events: returns.map(({ id }) => id) } },
    ]);
  });
});
