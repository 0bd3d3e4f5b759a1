import { sql } from 'kysely';
import { type Message } from '#libs/contracts';
import { type Database } from '#libs/platform';
import { AccountMessages } from '#testing/notifications';
import { testEngines, type TestDatabase } from '#testing/platform';
import { notificationsHandler } from '../notifications-handler.js';
import { NotificationsQueries } from '../telling/notifications.queries.js';
import { Reminders } from './reminders.job.js';

describe.each(await testEngines())('Reminders on $name', (engine) => {
  let test: TestDatabase;
  let db: Database;
  let received: Date;
  const settings = { PAYBILL_HISTORY_DAYS: 7, PAYBILL_DUE_SOON_DAYS: 3, PAYBILL_DEFAULT_CHANNELS: ['email' as const] };
  const handler = notificationsHandler(settings, undefined, () => received);

  beforeEach(() => (received = new Date('2026-01-01T12:00:00Z')));

  beforeAll(async () => {
    test = await engine.create();
    db = test.db;
    for (const statement of handler.ddl) await sql.raw(statement).execute(db.sql);
  }, 120_000);
  afterAll(() => test.drop());

  const receive = (...messages: Message[]) => db.sql.transaction().execute((tx) => handler.handle(tx, messages));
  const remind = (at: string) =>
    new Reminders(db, { dueSoonDays: 3, timeZone: 'UTC', channels: [], clock: () => new Date(at) }).remind();
  const reminders = async ({ accountId }: AccountMessages) =>
    (await new NotificationsQueries(db).ofAccount(accountId, 100, null))
      .filter(({ type }) => type !== 'bill-ready' && type !== 'payment-confirmation' && type !== 'payment-returned')
      .map(({ type, content }) => [type, content['billNumber'], (content['amount'] as { amount: string }).amount])
      .reverse();
  const opened = () => new AccountMessages('2026-01-01T12:00:00.000Z');

  it('come three days before a bill is due and the day after, once each, with what is still open', async () => {
    const account = opened();
    await receive(account.opened(), account.bill('B-1', '2026-01-31', '80.00'));
    expect(await remind('2026-01-27T23:59:59Z')).toBe(0);
    expect(await remind('2026-01-28T00:00:00Z')).toBe(1);
    expect(await remind('2026-01-31T23:59:59Z')).toBe(0);
    await receive(account.payment('30.00', 'B-1'));
    expect(await remind('2026-02-01T00:00:00Z')).toBe(1);
    expect(await remind('2026-03-01T00:00:00Z')).toBe(0);
    expect(await reminders(account)).toEqual([
      ['bill-due-soon', 'B-1', '80.00'],
      ['bill-overdue', 'B-1', '50.00'],
    ]);
  });

  it('do not come for a bill that is paid, reversed or covered by credit, and come when its payment is returned', async () => {
    const account = opened();
    const money = { amount: '80.00', currency: 'USD' };
    const on = (billNumber: string) => [{ billNumber, lineId: '1', amount: money }];
    const payment = account.payment('80.00', 'B-1');
    const reversed = { reversalId: account.accountId, billNumber: 'B-2', lineId: '1', service: 'voice', reason: 'x' };
    await receive(
      ...['B-1', 'B-2', 'B-3'].map((number) => account.bill(number, '2026-01-31', '80.00')),
      payment,
      account.of('charge.reversed', { ...reversed, amount: money, net: money, taxes: [], released: [] }),
      account.of('credit.issued', {
        creditId: account.accountId,
        amount: money,
        reason: 'x',
        allocations: on('B-3'),
        unapplied: { ...money, amount: '0.00' },
      }),
    );
    expect(await remind('2026-02-10T00:00:00Z')).toBe(0);
    await receive(account.returned(payment));
    expect(await remind('2026-02-10T00:00:00Z')).toBe(1);
    expect(await reminders(account)).toEqual([['bill-overdue', 'B-1', '80.00']]);
  });

  it('ask for what credit of the account does not cover, which covers what is due first (52 Pa. Code §56.24)', async () => {
    const account = opened();
    const money = (amount: string) => ({ amount, currency: 'USD' });
    const overpaid = account.payment('70.00');
    await receive(
      account.bill('B-1', '2026-01-31', '50.00'),
      account.bill('B-2', '2026-02-01', '50.00'),
      account.bill('B-3', '2026-02-20', '50.00'),
      overpaid,
    );
    await remind('2026-02-02T12:00:00Z');
    expect(await reminders(account)).toEqual([['bill-overdue', 'B-2', '30.00']]);
    // 15.00 of it are paid back, and 5.00 are laid on the oldest bill.
    await receive(
      account.of('payment.refunded', {
        ...{
          paymentId: account.accountId,
          refundId: account.accountId,
          amount: money('15.00'),
          reason: 'customer-asked',
        },
      }),
      account.of('credit.applied', {
        amount: money('5.00'),
        allocations: [
          { billNumber: 'B-1', lineId: '1', amount: money('5.00'), sourceId: account.accountId, sourceKind: 'payment' },
        ],
      }),
    );
    // 45.00 are open of that, and 50.00 of credit are left: 5.00 for the next bill, and nothing for the last.
    await remind('2026-02-17T12:00:00Z');
    expect(await reminders(account)).toEqual([
      ['bill-overdue', 'B-2', '30.00'],
      ['bill-due-soon', 'B-3', '50.00'],
    ]);
    await receive(account.returned(overpaid));
    await remind('2026-02-18T12:00:00Z');
    expect((await reminders(account)).slice(2)).toEqual([['bill-overdue', 'B-1', '45.00']]);
  });

  it('leave credit to the next bill where an older one is in dispute or was put off', async () => {
    const account = opened();
    const amount = { amount: '50.00', currency: 'USD' };
    const bills = (billNumber: string) => [{ billNumber, amount }];
    await receive(
      ...['B-1', 'B-2', 'B-3'].map((number, day) => account.bill(number, `2026-01-${29 + day}`, '50.00')),
      account.payment('60.00'),
      account.of('dispute.opened', {
        ...{ disputeId: account.accountId, subject: { kind: 'bill', billNumber: 'B-1' }, amount, reason: 'outage' },
        shares: [{ billNumber: 'B-1', lineId: '1', amount }],
      }),
      account.of('arrangement.agreed', {
        ...{ arrangementId: account.accountId, amount, bills: bills('B-2'), graceDays: 5 },
        instalments: [{ dueOn: '2026-03-01', amount }],
      }),
    );
    expect(await remind('2026-02-01T12:00:00Z')).toBe(0);
    await receive(account.bill('B-4', '2026-01-31', '50.00'));
    await remind('2026-02-01T12:00:00Z');
    expect(await reminders(account)).toEqual([['bill-overdue', 'B-4', '40.00']]);
  });

  it('ask for nothing that is in dispute, nor in the days to pay after it (12 CFR 1026.13(d), (g)(2))', async () => {
    const account = opened();
    const money = (amount: string) => ({ amount, currency: 'USD' });
    const disputeId = '11111111-1111-4111-8111-111111111111';
    const shares = ['30.00', '20.00'].map((amount, line) => ({
      ...{ billNumber: 'B-1', lineId: `L${line}`, amount: money(amount) },
    }));
    const about = { disputeId, amount: money('50.00'), shares, reason: 'outage' };
    await receive(
      ...['B-1', 'B-2'].map((number) => account.bill(number, '2026-01-31', '50.00')),
      account.bill('B-3', '2026-01-31', '80.00'),
      account.of('dispute.opened', { ...about, subject: { kind: 'bill', billNumber: 'B-1' } }),
      account.of('dispute.opened', {
        ...{ ...about, disputeId: account.accountId, subject: { kind: 'charge', billNumber: 'B-3', lineId: 'L1' } },
        ...{ amount: money('30.00'), shares: [{ billNumber: 'B-3', lineId: 'L1', amount: money('30.00') }] },
      }),
    );
    await remind('2026-02-01T12:00:00Z');
    const first = [
      ['bill-overdue', 'B-2', '50.00'],
      ['bill-overdue', 'B-3', '50.00'],
    ];
    expect(await reminders(account)).toEqual(first);
    const resolution = { disputeId, outcome: 'company' as const, granted: money('0.00'), reason: 'no-outage' };
    await receive(account.of('dispute.resolved', { ...resolution, released: shares, payableBy: '2026-02-12' }));
    await remind('2026-02-12T12:00:00Z');
    expect(await reminders(account)).toEqual(first);
    await remind('2026-02-13T12:00:00Z');
    expect(await reminders(account)).toEqual([...first, ['bill-overdue', 'B-1', '50.00']]);
  });

  it('ask for the rest of a bill when what is in dispute of it is reversed, though nobody has resolved the dispute yet', async () => {
    const account = opened();
    const money = (amount: string) => ({ amount, currency: 'USD' });
    const disputeId = '11111111-1111-4111-8111-111111111111';
    const charge = { billNumber: 'B-1', lineId: 'L1' };
    await receive(
      account.bill('B-1', '2026-01-31', '80.00'),
      account.of('dispute.opened', {
        ...{ disputeId, subject: { kind: 'charge', ...charge }, amount: money('50.00'), reason: 'outage' },
        shares: [{ ...charge, amount: money('50.00') }],
      }),
      account.of('charge.reversed', {
        ...{ ...charge, reversalId: account.accountId, service: 'voice', reason: 'outage', taxes: [], released: [] },
        ...{ amount: money('40.00'), net: money('40.00'), disputes: [{ disputeId, amount: money('40.00') }] },
      }),
    );
    await remind('2026-02-01T12:00:00Z');
    // 40.00 are open, of which 10.00 are in dispute.
    expect(await reminders(account)).toEqual([['bill-overdue', 'B-1', '30.00']]);
  });

  it('ask for nothing that an arrangement has put off or autopay is going to debit, until that has ended', async () => {
    const account = opened();
    const amount = { amount: '50.00', currency: 'USD' };
    const arrangementId = '22222222-2222-4222-8222-222222222222';
    const bills = (billNumber: string) => [{ billNumber, amount }];
    const debit = { debitId: '1', amount, bills: bills('B-2') };
    await receive(
      ...['B-1', 'B-2'].map((number) => account.bill(number, '2026-01-31', '50.00')),
      account.of('arrangement.agreed', {
        ...{ arrangementId, amount, bills: bills('B-1'), graceDays: 5 },
        instalments: [{ dueOn: '2026-03-01', amount }],
      }),
      account.of('autopay.debit-announced', {
        ...{ ...debit, enrollmentId: arrangementId, payOn: '2026-02-09', method: { kind: 'card' } },
        ...{ noticeRequired: true, noticeBecause: 'first-debit' },
      }),
    );
    expect(await remind('2026-02-01T12:00:00Z')).toBe(0);
    await receive(
      account.of('arrangement.broken', { arrangementId, number: 1, dueOn: '2026-03-01', missing: amount }),
      account.of('autopay.debit-dropped', { ...debit, reason: 'stopped-by-customer' }),
    );
    expect(await remind('2026-02-01T12:00:00Z')).toBe(2);
  });

  it('go by the customer’s day', async () => {
    const [east, west] = [opened(), opened()];
    for (const [account, timeZone] of [
      [east, 'Pacific/Auckland'],
      [west, 'America/Los_Angeles'],
    ] as const) {
      const wish = { locale: 'en', timeZone, channels: {} };
      await receive(account.of('notification-preferences.changed', wish), account.bill('B-1', '2026-01-31', '80.00'));
    }
    await remind('2026-01-31T12:00:00Z');
    expect((await reminders(east)).map(([type]) => type)).toEqual(['bill-overdue']);
    expect((await reminders(west)).map(([type]) => type)).toEqual(['bill-due-soon']);
  });

  it('do not come for what was long overdue when Paybill first heard of it', async () => {
    const account = opened();
    await receive(account.bill('B-old', '2025-12-24', '80.00'), account.bill('B-late', '2025-12-25', '80.00'));
    await remind('2026-01-01T13:00:00Z');
    expect(await reminders(account)).toEqual([['bill-overdue', 'B-late', '80.00']]);
  });

  it('given before a database was lost are not given again by the one that is filled in its place', async () => {
    const account = opened();
    const bills = [
      account.bill('B-overdue', '2026-01-29', '1.00'),
      account.bill('B-soon', '2026-02-02', '2.00'),
      account.bill('B-later', '2026-02-04', '3.00'),
    ];
    received = new Date('2026-01-30T12:00:00Z');
    await receive(...bills);
    expect(await remind('2026-01-30T12:00:00Z')).toBe(0);
    await remind('2026-02-03T12:00:00Z');
    // What had not been told yet is told when its day comes.
    expect(await reminders(account)).toEqual([
      ['bill-overdue', 'B-soon', '2.00'],
      ['bill-due-soon', 'B-later', '3.00'],
    ]);
  });

  it('come once when two processes look at the same time', async () => {
    const account = opened();
    await receive(...Array.from({ length: 50 }, (_, number) => account.bill(`B-${number}`, '2026-01-31', '1.00')));
    const counts = await Promise.all([remind('2026-01-30T00:00:00Z'), remind('2026-01-30T00:00:00Z')]);
    expect(counts[0] + counts[1]).toBe(50);
    expect(await reminders(account)).toHaveLength(50);
  });
});
