import { sql } from 'kysely';
import { type Message } from '#libs/contracts';
import { type Database } from '#libs/platform';
import { AccountMessages } from '#testing/notifications';
import { testEngines, type TestDatabase } from '#testing/platform';
import { notificationsHandler } from './notifications-handler.js';

const TABLES = ['recipients', 'bills', 'notifications', 'deliveries'] as const;

describe.each(await testEngines())('What notifications keep of messages on $name', (engine) => {
  let test: TestDatabase;
  let db: Database;
  const handler = notificationsHandler({
    PAYBILL_HISTORY_DAYS: 7,
    PAYBILL_DUE_SOON_DAYS: 3,
    PAYBILL_DEFAULT_CHANNELS: ['email', 'sms'],
  });

  beforeAll(async () => {
    test = await engine.create();
    db = test.db;
    for (const statement of handler.ddl) await sql.raw(statement).execute(db.sql);
  }, 120_000);
  afterAll(() => test.drop());

  async function kept(messages: readonly Message[], batch: number): Promise<Record<string, unknown[]>> {
    await sql.raw(`truncate ${TABLES.map((table) => `notifications.${table}`).join(', ')}`).execute(db.sql);
    for (let from = 0; from < messages.length; from += batch) {
      await db.sql.transaction().execute((tx) => handler.handle(tx, messages.slice(from, from + batch)));
    }
    const all: Record<string, unknown[]> = {};
    for (const table of TABLES) {
      const { rows } = await sql<{ row: Record<string, unknown> }>`
        select to_jsonb(t) - 'sequence' - 'created_at' as row from ${sql.table(`notifications.${table}`)} as t
        order by ${table === 'notifications' || table === 'deliveries' ? sql`account_id, sequence` : sql`1`}`.execute(
        db.sql,
      );
      all[table] = rows.map(({ row }) => row);
    }
    return all;
  }

  function story(): Message[] {
    const [ada, eve] = [new AccountMessages(), new AccountMessages()];
    const contact = (account: AccountMessages, parts: { email?: string; phone?: string }) =>
      account.of('contact.changed', { contact: parts, changed: [] });
    const usd = (amount: string) => ({ amount, currency: 'USD' });
    const before = [ada.opened(), eve.opened(), ada.bill('A-1', '2026-02-01', '100.00'), contact(ada, { email: 'x' })];
    const payment = ada.payment('60.00', 'A-1');
    const eves = [eve.bill('E-1', '2026-02-01', '10.10'), contact(eve, { phone: 'y' }), eve.payment('10.10', 'E-1')];
    const released = [{ billNumber: 'A-1', lineId: '1', amount: usd('60.00') }];
    const unapplied = ada.of('payment.unapplied', {
      paymentId: ada.accountId,
      amount: usd('60.00'),
      released,
      reason: 'x',
    });
    const reversal = ada.of('charge.reversed', {
      reversalId: ada.accountId,
      billNumber: 'A-1',
      lineId: '1',
      service: 'voice',
      amount: usd('70.00'),
      net: usd('70.00'),
      taxes: [],
      released: [
        { billNumber: 'A-1', lineId: '1', amount: usd('30.00'), sourceId: ada.accountId, sourceKind: 'payment' },
      ],
      reason: 'x',
    });
    return [
      ...before,
      payment,
      ...eves,
      ada.returned(payment),
      ada.payment('60.00', 'A-1'),
      reversal,
      contact(ada, {}),
      unapplied,
    ];
  }

  it('is the same however they are cut into batches', async () => {
    const messages = story();
    const whole = await kept(messages, messages.length);
    expect(whole['notifications']).toHaveLength(6);
    for (const batch of [1, 2, 3, 5]) expect(await kept(messages, batch)).toEqual(whole);
  });

  it('is what is open on each bill, to the cent', async () => {
    const { bills } = await kept(story(), 4);
    // 100 − 60 + 60 (returned) − 60 − 70 (reversed) + 30 (released) + 60 (taken off).
    expect(
      new Map((bills as { bill_number: string; open: number }[]).map((bill) => [bill.bill_number, bill.open])),
    ).toEqual(
      new Map([
        ['A-1', 60],
        ['E-1', 0],
      ]),
    );
  });

  it('plans a delivery for each way a customer can be reached at that moment', async () => {
    const { deliveries } = await kept(story(), 100);
    const planned = (deliveries as { channel: string; type: string }[])
      .map(({ channel, type }) => `${channel} ${type}`)
      .sort();
    expect(planned).toEqual([
      'email payment-confirmation',
      'email payment-confirmation',
      'email payment-returned',
      'sms payment-confirmation',
    ]);
  });
});
