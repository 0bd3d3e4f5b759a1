import fc from 'fast-check';
import { sql } from 'kysely';
import { type Message } from '#libs/contracts';
import { type RuleSet } from '#libs/fraud';
import { type MessageHandler } from '#libs/messaging';
import { alertsOf, idOf, MessageMaker, ruleSet } from '#testing/fraud';
import { type TestDatabase, testEngines } from '#testing/platform';
import { alertId } from '../ids.js';
import { fraudHandler } from './fraud-handler.job.js';
import { forgetQuietKeys } from './housekeeping.job.js';

const RULES = ruleSet(
  { kind: 'velocity-count', scope: 'account', of: 'attempts', moreThan: 3, window: 'PT1H' },
  { kind: 'velocity-sum', scope: 'token', moreThan: { USD: '60.00' }, window: 'PT2H' },
  { kind: 'velocity-count', scope: 'channel', moreThan: 4, window: 'PT20M' },
  { kind: 'card-testing', scope: 'token', over: 'accounts', different: 2, attempts: 3, window: 'PT3H' },
  { kind: 'quick-refund', within: 'PT4H', atLeast: { USD: '5.00' } },
  { kind: 'large-payment-after-contact-change', within: 'P1D', atLeast: { USD: '15.00' } },
  {
    kind: 'unusual-amount',
    ...{ last: 5, minimum: 3, history: 'P2D', zScoreAbove: 3.5, leastSpread: 0.05, quiet: 'PT1H' },
  },
  { kind: 'velocity-count', scope: 'channel', moreThan: 5, window: 'P1D' },
);

/** Messages of a few accounts and tokens within a day, or a burst that goes on for days; out of order now and then. */
const history = fc
  .array(
    fc.record({
      what: fc.constantFrom('payment', 'payment', 'payment', 'failure', 'refund', 'contact'),
      account: fc.nat(2),
      token: fc.nat(2),
      minute: fc.oneof(fc.nat(1440), fc.nat(5 * 1440)),
      cents: fc.integer({ min: 1, max: 3000 }),
    }),
    { minLength: 1, maxLength: 60 },
  )
  .map((steps) => {
    const make = new MessageMaker();
    const payments: ReturnType<typeof make.payment>[] = [];
    return steps.map(({ what, account: index, token, minute, cents }): Message => {
      const account = idOf(`account ${index}`);
      const at = new Date(Date.UTC(2026, 0, 15, 0, minute)).toISOString();
      const paying = { amount: (cents / 100).toFixed(2), token: `tok_${token}` };
      const before = payments.at(-1 - index);
      if (what === 'failure') return make.failure(account, at, paying);
      if (what === 'contact') return make.contactChanged(account, at);
      if (what === 'refund' && before) return make.refund(before, at);
      const payment = make.payment(account, at, paying);
      payments.push(payment);
      return payment;
    });
  });

describe.each(await testEngines())('Fraud monitoring of messages on $name', (engine) => {
  let test: TestDatabase;
  beforeEach(async () => {
    test = await engine.create();
    for (const statement of fraudHandler(() => RULES).ddl) await sql.raw(statement).execute(test.db.sql);
  });
  afterEach(() => test.drop());

  const handle = (handler: MessageHandler, messages: readonly Message[]) =>
    test.db.sql.transaction().execute((tx) => handler.handle(tx, messages));
  const started = (rules: RuleSet = RULES) => fraudHandler(() => rules);
  const kept = async () => {
    const activity = await sql`select key, state, latest from fraud.activity order by key`.execute(test.db.sql);
    const alerts = await sql<{ id: string }>`
      select id, rule_id, key, message_id, historic, evidence from fraud.alerts order by number`.execute(test.db.sql);
    return { activity: activity.rows, alerts: alerts.rows };
  };
  const forget = () => sql`truncate fraud.activity, fraud.alerts`.execute(test.db.sql);

  it('notes an alert with its evidence, and the same alert once when the message comes again', async () => {
    const make = new MessageMaker();
    const paid = [0, 1, 2, 3].map((minute) =>
      make.payment(idOf('A'), `2026-01-15T12:0${minute}:00.000Z`, { amount: '10.00' }),
    );
    await handle(started(), paid);
    const { alerts } = await kept();
    expect(alerts).toMatchObject([
      {
        rule_id: 'rule-1',
        key: `account:${idOf('A')}`,
        message_id: paid[3]!.id,
        historic: false,
        evidence: { events: paid.map(({ id }) => id), numbers: { count: 4, moreThan: 3 } },
      },
    ]);
    await sql`truncate fraud.activity`.execute(test.db.sql);
    await handle(started(), paid);
    expect((await kept()).alerts).toEqual(alerts);
  });

  it('comes to the same in one go, in batches, after restarts, and as the rules alone say', async () => {
    await fc.assert(
      fc.asyncProperty(
        history,
        fc.array(fc.integer({ min: 1, max: 12 }), { minLength: 1 }),
        async (messages, sizes) => {
          await forget();
          await handle(started(), messages);
          const atOnce = await kept();
          await forget();
          let handler = started();
          for (let from = 0, turn = 0; from < messages.length; turn++) {
            const size = sizes[turn % sizes.length]!;
            if (size % 3 === 0) handler = started();
            await handle(handler, messages.slice(from, from + size));
            from += size;
          }
          expect(await kept()).toEqual(atOnce);
          expect(atOnce.alerts.map(({ id }) => id)).toEqual(alertsOf(RULES, messages).map(alertId));
        },
      ),
      { numRuns: 20 },
    );
  }, 60_000);

  it('remembers nothing of a batch that was not committed', async () => {
    const make = new MessageMaker();
    const paid = [0, 1, 2, 3].map((minute) =>
      make.payment(idOf('A'), `2026-01-15T12:0${minute}:00.000Z`, { amount: '10.00' }),
    );
    const handler = started();
    await handle(handler, paid.slice(0, 2));
    const failed = test.db.sql.transaction().execute(async (tx) => {
      await handler.handle(tx, paid.slice(2));
      throw new Error('the database broke');
    });
    await expect(failed).rejects.toThrow('the database broke');
    handler.rolledBack?.();
    await handle(handler, paid.slice(2, 3));
    expect((await kept()).alerts).toEqual([]);
    await handle(handler, paid.slice(3));
    expect((await kept()).alerts).toHaveLength(1);
  });

  it('sees what another process has written about a token that both have to do with', async () => {
    const make = new MessageMaker();
    const paying = (name: string) =>
      make.payment(idOf(name), '2026-01-15T12:00:00.000Z', { amount: '25.00', token: 'tok_1' });
    const [one, other] = [started(), started()];
    await handle(one, [paying('A')]);
    await handle(other, [paying('B')]);
    await handle(one, [paying('C')]);
    expect((await kept()).alerts).toMatchObject([{ rule_id: 'rule-2', evidence: { numbers: { sum: '75.00' } } }]);
  });

  it('takes changed rules into force with the next batch, on what it remembers already', async () => {
    const make = new MessageMaker();
    const paying = (minute: number) => make.payment(idOf('A'), `2026-01-15T12:0${minute}:00.000Z`, { amount: '1.00' });
    let rules = RULES;
    const handler = fraudHandler(() => rules);
    await handle(handler, [paying(0), paying(1)]);
    rules = ruleSet({
      id: 'stricter',
      kind: 'velocity-count',
      scope: 'account',
      of: 'attempts',
      moreThan: 2,
      window: 'PT1H',
    });
    await handle(handler, [paying(2)]);
    expect((await kept()).alerts).toMatchObject([{ rule_id: 'stricter' }]);
  });

  it('forgets keys that no rule can look at any more, and the quietest when there are too many', async () => {
    const make = new MessageMaker();
    const paying = (name: string, day: string) =>
      make.payment(idOf(name), `2026-01-${day}T12:00:00.000Z`, { amount: '1.00', channel: 'mail-in' });
    await handle(started(), [paying('old', '01'), paying('A', '20'), paying('B', '21')]);
    expect(await forgetQuietKeys(test.db, RULES)).toBe(0);
    await sql`update fraud.activity set updated_at = now() - interval '2 days' where latest < '2026-01-10'`.execute(
      test.db.sql,
    );
    expect(await forgetQuietKeys(test.db, RULES)).toBe(1);
    expect(await forgetQuietKeys(test.db, RULES, 2)).toBe(1);
  });
});
