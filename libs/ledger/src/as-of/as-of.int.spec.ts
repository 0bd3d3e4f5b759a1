import fc from 'fast-check';
import { sql } from 'kysely';
import { install, type Recorded } from '#libs/event-sourcing';
import { type Database } from '#libs/platform';
import { byHand, countsByHand, type HandFold, scatteredAccountLog, someMoments } from '#testing/ledger';
import { testEngines, type TestDatabase } from '#testing/platform';
import { AgingQueries } from '../aging/aging.queries.js';
import { BalancesQueries } from '../balances/balances.queries.js';
import { PARTS } from '../balances/balance.js';
import { type AccountEvent } from '../billing/account-events.js';
import { BillsQueries } from '../bills/bills.queries.js';
import { JournalQueries } from '../journal/journal.queries.js';
import { postingsOf } from '../journal/postings.js';
import { minorUnitDigits } from '../money/currency.js';
import { parseMinor } from '../money/minor-units.js';
import { digitsOf, type MoneyJson } from '../money/money.js';
import { readModels } from '../read-models.js';
import { RollForwardQueries } from '../roll-forward/roll-forward.queries.js';
import { StatementQueries } from '../statements/statement.queries.js';
import { AsOfQueries } from './as-of.queries.js';

type Log = readonly Recorded<AccountEvent>[];

const [ledger] = readModels;
const SCHEMA = `${ledger!.name}_v1`;
const RUNS = { numRuns: 40 };
const ON = '2026-02-03';
const NOBODY = '00000000-0000-4000-8000-000000000000';

const minor = ({ amount, currency }: MoneyJson) => parseMinor(amount, digitsOf(currency));

/** The events of each account of a log, with its currency. */
function accountsOf(log: Log): { id: string; currency: string; digits: number; events: Log }[] {
  return [...new Set(log.map(({ entityId }) => entityId))].map((id) => {
    const events = log.filter(({ entityId }) => entityId === id);
    const opened = events.find(({ type }) => type === 'AccountOpened')!;
    if (opened.type !== 'AccountOpened') throw new Error('every account is opened');
    const { currency } = opened.data;
    return { id, currency, digits: minorUnitDigits(currency)!, events };
  });
}

describe.each(await testEngines())('As of any moment on $name', (engine) => {
  let test: TestDatabase;
  let db: Database;

  beforeAll(async () => {
    test = await engine.create();
    db = test.db;
    await install(db, readModels);
  }, 120_000);
  afterAll(() => test.drop());

  /** Empties the tables and applies the log, in turns of two writers that each have accounts of their own. */
  async function project(log: Log): Promise<void> {
    await sql`truncate ${sql.join(ledger!.tables.map(({ name }) => sql.id(SCHEMA, name)))}`.execute(db.sql);
    const writerOf = new Map(accountsOf(log).map(({ id }, index) => [id, index % 2]));
    for (let from = 0; from < log.length; from += 7) {
      for (const writer of [0, 1]) {
        const batch = log.slice(from, from + 7).filter(({ entityId }) => writerOf.get(entityId) === writer);
        if (batch.length === 0) continue;
        await db.sql.transaction().execute(async (tx) => {
          await sql`set local search_path to ${sql.id(SCHEMA)}, public`.execute(tx);
          await ledger!.apply(tx, batch, writer);
        });
      }
    }
  }

  it('an account is what its events up to then come to, folded by hand', async () => {
    const asOf = new AsOfQueries(db);
    await fc.assert(
      fc.asyncProperty(
        scatteredAccountLog,
        fc.array(someMoments, { minLength: 3, maxLength: 6 }),
        async (log, moments) => {
          await project(log);
          for (const when of moments) {
            for (const { id, digits, events } of accountsOf(log)) {
              const hand = byHand(events, when, ON, digits);
              const view = await asOf.account(id, when, ON);
              expect(foldOf(view)).toEqual({ ...hand, receivable: undefined, unapplied: undefined });
            }
          }
        },
      ),
      RUNS,
    );
  }, 240_000);

  function foldOf(view: Awaited<ReturnType<AsOfQueries['account']>>): Partial<HandFold> {
    const { billed, paid, returned, refunded, claimed, adjusted, writtenOff, reinstated } = view;
    const { balance, open, credit, pastDue, disputed, events } = view;
    return {
      parts: {
        billed: minor(billed),
        paid: minor(paid),
        returned: minor(returned),
        refunded: minor(refunded),
        claimed: minor(claimed),
        adjusted: minor(adjusted),
        writtenOff: minor(writtenOff),
        reinstated: minor(reinstated),
      },
      balance: minor(balance),
      open: minor(open),
      credit: minor(credit),
      openBills: Object.fromEntries(view.openBills.map((bill) => [bill.billNumber, minor(bill.open)])),
      pastDue: minor(pastDue),
      disputed: minor(disputed),
      events,
    };
  }

  it('the trial balance is the postings of the events up to then, and no cent is out of balance', async () => {
    const journal = new JournalQueries(db);
    await fc.assert(
      fc.asyncProperty(
        scatteredAccountLog,
        fc.array(someMoments, { minLength: 3, maxLength: 6 }),
        async (log, moments) => {
          await project(log);
          for (const when of moments) {
            const expected = new Map<string, bigint>();
            for (const event of log) {
              if (!countsByHand(event, when)) continue;
              for (const { account, currency, amount } of postingsOf(event)) {
                const key = `${currency} ${account} ${amount.startsWith('-') ? 'credit' : 'debit'}`;
                expected.set(key, (expected.get(key) ?? 0n) + minor({ amount: amount.replace('-', ''), currency }));
              }
            }
            const books = await journal.trialBalance(when);
            for (const { difference } of books) expect(minor(difference)).toBe(0n);
            const found = books.flatMap(({ currency, accounts }) =>
              accounts.flatMap(({ account, debit, credit }) => [
                [`${currency} ${account} debit`, minor(debit)] as const,
                [`${currency} ${account} credit`, minor(credit)] as const,
              ]),
            );
            expect(new Map(found.filter(([, amount]) => amount !== 0n))).toEqual(expected);
          }
        },
      ),
      RUNS,
    );
  }, 240_000);

  it('aging comes to what is receivable in the trial balance, bucket by bucket what each bill is past due', async () => {
    const [aging, journal, asOf] = [new AgingQueries(db), new JournalQueries(db), new AsOfQueries(db)];
    await fc.assert(
      fc.asyncProperty(scatteredAccountLog, someMoments, fc.nat(130), async (log, when, days) => {
        const on = dayAfter('2026-02-01', days);
        await project(log);
        const totals = await aging.totals(when, on);
        const books = new Map((await journal.trialBalance(when)).map((one) => [one.currency, one.accounts]));
        for (const { currency, receivable, unapplied, balance, open, disputed, prepaid, buckets } of totals) {
          const inBooks = (...names: string[]) =>
            (books.get(currency) ?? [])
              .filter(({ account }) => names.includes(account))
              .reduce((sum, one) => sum + minor(one.balance), 0n);
          expect(minor(receivable)).toBe(inBooks('Accounts Receivable'));
          expect(minor(unapplied)).toBe(-inBooks('Unapplied Cash', 'Customer Credits'));
          expect(minor(balance)).toBe(minor(receivable) - minor(unapplied));
          expect(minor(open)).toBe(minor(receivable) + minor(prepaid));
          const inBuckets = Object.values(buckets).reduce((sum, bucket) => sum + minor(bucket), 0n);
          expect(inBuckets + minor(disputed)).toBe(minor(open));
        }
        const accounts = await everyPage((cursor) => aging.accounts(when, on, { limit: 2, cursor }));
        for (const { id, digits, events } of accountsOf(log)) {
          const hand = byHand(events, when, on, digits);
          const aged = accounts.find(({ accountId }) => accountId === id);
          if (hand.open === 0n && hand.receivable === 0n && hand.unapplied === 0n) expect(aged).toBeUndefined();
          else {
            const { open, disputed, receivable, unapplied, balance } = aged!;
            expect([open, disputed, receivable, unapplied, balance].map(minor)).toEqual([
              hand.open,
              hand.disputed,
              hand.receivable,
              hand.unapplied,
              hand.balance,
            ]);
          }
        }
        const inBucket = new Map<string, bigint>();
        for (const { id } of accountsOf(log)) {
          for (const { daysPastDue: days, open, disputed } of (await asOf.account(id, when, on)).openBills) {
            const key = `${open.currency} ${bucketByHand(days)}`;
            inBucket.set(key, (inBucket.get(key) ?? 0n) + minor(open) - minor(disputed));
          }
        }
        const found = totals.flatMap(({ currency, buckets }) =>
          Object.entries(buckets).map(([bucket, amount]) => [`${currency} ${bucket}`, minor(amount)] as const),
        );
        const filled = (amounts: Iterable<readonly [string, bigint]>) =>
          new Map([...amounts].filter(([, of]) => of !== 0n));
        expect(filled(found)).toEqual(filled(inBucket));
      }),
      RUNS,
    );
  }, 240_000);

  it('a statement has every line in effective order, and begins with what the one before it ended with', async () => {
    const statements = new StatementQueries(db);
    const cuts = fc.array(fc.integer({ min: -8, max: 9 }), { minLength: 1, maxLength: 3 });
    await fc.assert(
      fc.asyncProperty(scatteredAccountLog, cuts, someMoments, async (log, days, { recordedAt }) => {
        await project(log);
        const ends = [...new Set(days)].sort((a, b) => a - b).map((day) => dayAfter('2026-01-15', day));
        const periods = [undefined, ...ends].map((end, index) => ({
          from: end === undefined ? undefined : dayAfter(end, 1),
          to: ends[index],
          recordedAt,
        }));
        for (const { id, digits, events } of accountsOf(log)) {
          let before = 0n;
          let lines = 0;
          for (const period of periods) {
            const statement = await statements.statement(id, period);
            expect(minor(statement.opening)).toBe(before);
            for (const line of statement.lines) {
              before += minor(line.amount);
              expect(minor(line.balance)).toBe(before);
            }
            expect(minor(statement.closing)).toBe(before);
            expect(minor(statement.difference)).toBe(0n);
            expect(before).toBe(byHand(events, { effectiveAt: period.to, recordedAt }, ON, digits).balance);
            const order = statement.lines.map(({ effectiveAt, revision }) => effectiveAt + revision.padStart(20, '0'));
            expect(order).toEqual([...order].sort());
            lines += statement.lines.length;
          }
          const all = await statements.statement(id, { recordedAt });
          expect(all.lines).toHaveLength(lines);
        }
      }),
      RUNS,
    );
  }, 240_000);

  it('the roll-forward of all is that of each, and ties to the trial balance at both ends', async () => {
    const [rolling, journal] = [new RollForwardQueries(db), new JournalQueries(db)];
    const owed = ['Accounts Receivable', 'Unapplied Cash', 'Customer Credits'];
    await fc.assert(
      fc.asyncProperty(
        scatteredAccountLog,
        fc.integer({ min: -8, max: 8 }),
        fc.integer({ min: 0, max: 9 }),
        someMoments,
        async (log, begin, length, { recordedAt }) => {
          await project(log);
          const from = dayAfter('2026-01-15', begin);
          const period = { from, to: dayAfter(from, length), recordedAt };
          const accounts = await everyPage((cursor) => rolling.accounts(period, { limit: 3, cursor }));
          for (const { id, digits, events } of accountsOf(log)) {
            const hand = byHand(events, { effectiveAt: period.to, recordedAt }, ON, digits);
            const rolled = accounts.find(({ accountId }) => accountId === id);
            expect(rolled === undefined).toBe(hand.events === 0);
            expect(rolled && minor(rolled.closing)).toBe(rolled && hand.balance);
          }
          const totals = await rolling.totals(period);
          const [atBegin, atEnd] = [
            await journal.trialBalance({ effectiveAt: dayAfter(from, -1), recordedAt }),
            await journal.trialBalance({ effectiveAt: period.to, recordedAt }),
          ];
          for (const total of totals) {
            const of = (books: typeof atEnd) =>
              (books.find(({ currency }) => currency === total.currency)?.accounts ?? [])
                .filter(({ account }) => owed.includes(account))
                .reduce((sum, { balance }) => sum + minor(balance), 0n);
            expect([minor(total.opening), minor(total.closing)]).toEqual([of(atBegin), of(atEnd)]);
            expect(minor(total.difference)).toBe(0n);
            const own = accounts.filter(({ currency }) => currency === total.currency);
            expect(total.accounts).toBe(own.length);
            for (const name of ['opening', ...PARTS] as const) {
              expect(minor(total[name])).toBe(own.reduce((sum, one) => sum + minor(one[name]), 0n));
            }
          }
        },
      ),
      RUNS,
    );
  }, 240_000);

  it('without a bound everything is as the read models say it stands', async () => {
    const [asOf, balances, bills] = [new AsOfQueries(db), new BalancesQueries(db), new BillsQueries(db)];
    await fc.assert(
      fc.asyncProperty(scatteredAccountLog, async (log) => {
        await project(log);
        for (const { id } of accountsOf(log)) {
          const { openBills, events, ...then } = await asOf.account(id, { recordedAt: '2999-01-01' }, ON);
          const { items } = await bills.bills(id, { state: 'open', limit: 100, asOf: ON });
          expect(await balances.account(id, ON)).toMatchObject(then);
          expect(new Map(openBills.map((bill) => [bill.billNumber, [bill.open, bill.disputed]]))).toEqual(
            new Map(items.map((bill) => [bill.billNumber, [bill.open, bill.disputed]])),
          );
          expect(events).toBe(Number(then.revision) + 1);
        }
      }),
      RUNS,
    );
  }, 240_000);

  it('an account that was never opened is unknown', async () => {
    const unknown = { code: 'ACCOUNT_UNKNOWN' };
    await expect(new AsOfQueries(db).account(NOBODY, {}, ON)).rejects.toMatchObject(unknown);
    await expect(new StatementQueries(db).statement(NOBODY, {})).rejects.toMatchObject(unknown);
  });
});

function bucketByHand(days: number): string {
  if (days === 0) return 'current';
  if (days <= 30) return 'days1To30';
  if (days <= 60) return 'days31To60';
  if (days <= 90) return 'days61To90';
  return days <= 120 ? 'days91To120' : 'over120Days';
}

function dayAfter(day: string, days: number): string {
  return new Date(Date.parse(day) + days * 24 * 60 * 60 * 1000).toISOString().slice(0, 10);
}

/** All items of a list, page by page. */
async function everyPage<Item>(
  read: (cursor: string | undefined) => Promise<{ items: readonly Item[]; next: string | null }>,
): Promise<Item[]> {
  const all: Item[] = [];
  for (let cursor: string | undefined, more = true; more; more = cursor !== undefined) {
    const { items, next } = await read(cursor);
    all.push(...items);
    cursor = next ?? undefined;
  }
  return all;
}
