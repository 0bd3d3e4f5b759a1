import fc from 'fast-check';
import { sql } from 'kysely';
import { install, type Recorded } from '#libs/event-sourcing';
import { type Database } from '#libs/platform';
import { accountLog } from '#testing/ledger';
import { testEngines, type TestDatabase } from '#testing/platform';
import { BalancesQueries } from './balances/balances.queries.js';
import { movesMoney } from './balances/movements.js';
import { account } from './billing/account.js';
import { type AccountEvent } from './billing/account-events.js';
import { type AccountState } from './billing/account-state.js';
import { BillsQueries } from './bills/bills.queries.js';
import { ContactsQueries } from './contacts/contacts.queries.js';
import { HistoryQueries } from './history/history.queries.js';
import { JournalQueries } from './journal/journal.queries.js';
import { PayBillNumbersQueries } from './pay-bill-numbers/pay-bill-numbers.queries.js';
import { PaymentsQueries } from './payments/payments.queries.js';
import { readModels } from './read-models.js';

type Log = readonly Recorded<AccountEvent>[];

const [ledger] = readModels;
const SCHEMA = `${ledger!.name}_v1`;
const RUNS = { numRuns: 25 };

describe.each(await testEngines())('The read models on $name', (engine) => {
  let test: TestDatabase;
  let db: Database;

  beforeAll(async () => {
    test = await engine.create();
    db = test.db;
    await install(db, readModels);
  }, 120_000);
  afterAll(() => test.drop());

  const apply = (batch: Log) =>
    db.sql.transaction().execute(async (tx) => {
      await sql`set local search_path to ${sql.id(SCHEMA)}, public`.execute(tx);
      await ledger!.apply(tx, batch, 0);
    });

  /** Empties the tables and applies the log in batches of the given sizes, over and over. */
  async function project(log: Log, sizes: readonly number[]): Promise<void> {
    const tables = ledger!.tables.map(({ name: table }) => sql.id(SCHEMA, table));
    await sql`truncate ${sql.join(tables)}`.execute(db.sql);
    for (let from = 0, turn = 0; from < log.length; turn++) {
      const size = sizes[turn % sizes.length]!;
      await apply(log.slice(from, from + size));
      from += size;
    }
  }

  async function contents(): Promise<Record<string, string[]>> {
    const all: Record<string, string[]> = {};
    for (const { name: table } of ledger!.tables) {
      const { rows } = await sql<{ row: string }>`
        select t::text as row from ${sql.table(table)} as t order by 1`.execute(db.sql);
      all[table] = rows.map(({ row }) => row);
    }
    return all;
  }

  const count = async (condition: ReturnType<typeof sql>) => {
    const { rows } = await sql<{ count: string }>`select count(*) as count from ${condition}`.execute(db.sql);
    return Number(rows[0]!.count);
  };

  it('meet every kind of event in these logs', () => {
    const met = fc.sample(accountLog, { seed: 2026, numRuns: 600 }).flatMap((log) => log.map(({ type }) => type));
    expect([...new Set(met)].sort()).toEqual(Object.keys(ledger!.events.definitions).sort());
  });

  it('are the same however the log is cut into batches', async () => {
    const sizes = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 5 });
    await fc.assert(
      fc.asyncProperty(accountLog, sizes, async (log, cut) => {
        await project(log, [log.length]);
        const whole = await contents();
        await project(log, cut);
        expect(await contents()).toEqual(whole);
      }),
      RUNS,
    );
  }, 120_000);

  it('agree with each other: the balance is the sum of its history, and open bills less unapplied money', async () => {
    await fc.assert(
      fc.asyncProperty(accountLog, async (log) => {
        await project(log, [7]);
        const { rows } = await sql`
          select a.account_id from account_balances as a
          where a.balance <> (select sum(amount) from billing_history as h where h.account_id = a.account_id)
            or a.balance <> (select running_balance from billing_history as h
              where h.account_id = a.account_id order by revision desc limit 1)
            or a.open <> (select coalesce(sum(open), 0) from bills as b where b.account_id = a.account_id)
            or a.credit <> (select coalesce(sum(unapplied), 0) from
              (select account_id, unapplied from payments union all select account_id, unapplied from credits) as s
              where s.account_id = a.account_id)
            or a.refunded <> (select coalesce(sum(refunded), 0) from payments as p where p.account_id = a.account_id)
            or a.claimed <> (select coalesce(sum(refunded + transferred), 0) from payments as p
              where p.account_id = a.account_id and p.state = 'returned')
            or a.balance <> a.billed - a.paid + a.returned + a.refunded - a.claimed + a.adjusted
              - a.written_off + a.reinstated`.execute(db.sql);
        expect(rows).toEqual([]);
        expect(await count(sql`billing_history`)).toBe(log.length);
      }),
      RUNS,
    );
  }, 120_000);

  it('balance their books in every currency, and the journal comes to the trial balance', async () => {
    const journal = new JournalQueries(db);
    await fc.assert(
      fc.asyncProperty(accountLog, async (log) => {
        await project(log, [5, 11]);
        for (const { difference } of await journal.trialBalance()) expect(Number(difference.amount)).toBe(0);
        const { rows } = await sql`
          select gl_account from (
              select gl_account, currency, effective_on, recorded_on, sum(debit - credit) as balance
              from trial_balance group by 1, 2, 3, 4) as t
            full join (
              select p.gl_account, a.currency, (effective_at at time zone 'UTC')::date as effective_on,
                (recorded_at at time zone 'UTC')::date as recorded_on, sum(p.amount) as balance
              from billing_history join account_balances as a using (account_id),
                unnest(gl_accounts, gl_amounts) as p (gl_account, amount)
              group by 1, 2, 3, 4) as j using (gl_account, currency, effective_on, recorded_on)
          where t.balance is distinct from j.balance`.execute(db.sql);
        expect(rows).toEqual([]);
      }),
      RUNS,
    );
  }, 120_000);

  describe('answer', () => {
    // A log in which everything happens to money, always the same.
    const kinds = (log: Log) => new Set(log.filter(movesMoney).map(({ type }) => type)).size;
    const log = fc
      .sample(accountLog, { seed: 7, numRuns: 200 })
      .filter((one) => one.some(({ type }) => type === 'PaymentRefunded'))
      .reduce((a, b) => (kinds(a) > kinds(b) ? a : b));
    const accountId = log
      .map(({ entityId }) => entityId)
      .reduce((busiest, id) => (kinds(of(id)) > kinds(of(busiest)) ? id : busiest));
    function of(id: string): Log {
      return log.filter(({ entityId }) => entityId === id);
    }
    const NOBODY = '00000000-0000-4000-8000-000000000000';

    beforeAll(() => project(log, [4096]));

    it('an account’s balance, and what of it is past due as of a day', async () => {
      const queries = new BalancesQueries(db);
      const late = await queries.account(accountId, '2030-01-01');
      expect(late.pastDue).toEqual(late.open);
      expect((await queries.account(accountId, '2025-12-01')).pastDue.amount).toMatch(/^0(\.0+)?$/);
      expect(late.revision).toBe(String(of(accountId).length - 1));
      await expect(queries.account(NOBODY, '2026-01-01')).rejects.toMatchObject({ code: 'ACCOUNT_UNKNOWN' });
    });

    it('billing history page by page, newest first, each line once', async () => {
      const queries = new HistoryQueries(db);
      const seen: string[] = [];
      for (let cursor: string | undefined, more = true; more; more = cursor !== undefined) {
        const { items, next } = await queries.history(accountId, 2, cursor);
        seen.push(...items.map(({ revision }) => revision));
        cursor = next ?? undefined;
      }
      expect(seen).toEqual(
        of(accountId)
          .map(({ revision }) => String(revision))
          .reverse(),
      );
      await expect(queries.history(NOBODY, 2, undefined)).rejects.toMatchObject({ code: 'ACCOUNT_UNKNOWN' });
      await expect(queries.history(accountId, 2, 'x')).rejects.toMatchObject({ code: 'CURSOR_INVALID' });
    });

    it('bills, all or the open ones, and one by its number', async () => {
      const queries = new BillsQueries(db);
      const asOf = '2026-02-02';
      const all = await queries.bills(accountId, { state: 'all', limit: 100, asOf });
      const open = await queries.bills(accountId, { state: 'open', limit: 100, asOf });
      expect(open.items).toEqual(all.items.filter((bill) => Number(bill.open.amount) > 0));
      const [first] = all.items;
      expect(await queries.bill(accountId, first!.billNumber, asOf)).toEqual(first);
      await expect(queries.bill(accountId, 'B-99', asOf)).rejects.toMatchObject({ code: 'BILL_UNKNOWN' });
      await expect(queries.bill(NOBODY, 'B-1', asOf)).rejects.toMatchObject({ code: 'ACCOUNT_UNKNOWN' });
    });

    it('payments by state, channel and day, and one by its confirmation number', async () => {
      const queries = new PaymentsQueries(db);
      const { items } = await queries.payments(accountId, {}, 100, undefined);
      const made = of(accountId).filter(({ type }) => type === 'PaymentApplied');
      expect(items.map(({ revision }) => revision)).toEqual(made.map(({ revision }) => String(revision)).reverse());
      const same = await queries.payments(
        accountId,
        { channel: 'online', from: '2026-01-15', to: '2026-01-15' },
        100,
        undefined,
      );
      expect(same.items).toEqual(items);
      expect((await queries.payments(accountId, { from: '2026-01-16' }, 100, undefined)).items).toEqual([]);
      const returned = await queries.payments(accountId, { state: 'returned' }, 100, undefined);
      expect(returned.items).toEqual(items.filter(({ state }) => state === 'returned'));
      expect(await queries.byConfirmationNumber(items[0]!.confirmationNumber)).toEqual(items[0]);
      await expect(queries.byConfirmationNumber('nothing')).rejects.toMatchObject({ code: 'PAYMENT_UNKNOWN' });
    });

    it('what of each payment was paid back', async () => {
      const { items } = await new JournalQueries(db).entries({}, 100, undefined);
      const refunds = items.filter(({ kind }) => kind === 'payment-refunded');
      expect(refunds.length).toBeGreaterThan(0);
      for (const { accountId, reference } of refunds) {
        const id = accountId!;
        const payments = await new PaymentsQueries(db).payments(id, {}, 100, undefined);
        const { refunded } = payments.items.find(({ paymentId }) => paymentId === reference)!;
        const amounts = of(id).flatMap(({ type, data }) =>
          type === 'PaymentRefunded' && data.paymentId === reference ? [Number(data.amount.amount)] : [],
        );
        expect(Number(refunded.amount)).toBeCloseTo(
          amounts.reduce((sum, amount) => sum + amount, 0),
          6,
        );
      }
    });

    it('a contact and preferences as the last event left them', async () => {
      const queries = new ContactsQueries(db);
      for (const id of new Set(log.map(({ entityId }) => entityId))) {
        const { contact, preferences } = of(id).reduce<AccountState>(
          (state, event) => account.evolve(state, event),
          account.initialState,
        );
        expect(await queries.contact(id)).toEqual({ name: null, email: null, phone: null, ...contact });
        expect(await queries.preferences(id)).toEqual(preferences ?? null);
      }
      await expect(queries.contact(NOBODY)).rejects.toMatchObject({ code: 'ACCOUNT_UNKNOWN' });
      await expect(queries.preferences(NOBODY)).rejects.toMatchObject({ code: 'ACCOUNT_UNKNOWN' });
    });

    it('the journal of all or of one account, in the order of the log', async () => {
      const queries = new JournalQueries(db);
      const all = await queries.entries({}, 100, undefined);
      const first = await queries.entries({}, 3, undefined);
      const rest = await queries.entries({}, 100, first.next ?? undefined);
      expect([...first.items, ...rest.items]).toEqual(all.items);
      const own = await queries.entries({ accountId }, 100, undefined);
      expect(own.items).toEqual(all.items.filter((entry) => entry.accountId === accountId));
      expect((await queries.entries({ to: '2025-10-31' }, 100, undefined)).items).toEqual([]);
    });

    it('which account a pay bill number leads to', async () => {
      const queries = new PayBillNumbersQueries(db);
      const { payBillNumber } = await new BalancesQueries(db).account(accountId, '2026-01-01');
      expect(await queries.accountOf(payBillNumber)).toBe(accountId);
      await expect(queries.accountOf('12345678901244')).rejects.toMatchObject({ code: 'PAY_BILL_NUMBER_UNKNOWN' });
    });
  });

  it('refuse an event that cannot be, and say what is wrong with it', async () => {
    const [opened] = fc.sample(accountLog, { seed: 1, numRuns: 1 })[0]!;
    const of = (event: AccountEvent) => [{ ...opened!, ...event, revision: 1n, position: 1400n }] as Log;
    const source = {
      amount: { amount: '5.00', currency: 'USD' },
      reason: 'x',
      effectiveAt: '2026-01-15T12:00:00.000Z',
    };
    const paymentId = '00000000-0000-4000-8000-000000000001';
    const returned: AccountEvent = {
      type: 'PaymentReturned',
      data: { ...source, paymentId, released: [], unappliedRemoved: '5.00' },
    };
    await project([opened!], [1]);
    await expect(apply([opened!])).rejects.toThrow();
    await expect(apply(of(returned))).rejects.toThrow('the event moves more money than there is');
    await expect(
      apply(of({ type: 'PaymentReturned', data: { ...returned.data, unappliedRemoved: '4.00' } })),
    ).rejects.toThrow('moves more money');
    await expect(
      apply(
        of({
          type: 'CreditApplied',
          data: { ...source, amount: { amount: '5.00', currency: 'EUR' }, allocations: [], allocationPolicy: '' },
        }),
      ),
    ).rejects.toThrow('the event is in EUR and the account in');
    expect(await count(sql`billing_history`)).toBe(1);
  });
});
