import { sql } from 'kysely';
import { type CommandHandling } from '#libs/event-sourcing';
import { type Database, keyOf, type Page, pageOf } from '#libs/platform';
import { formatMinor } from '../money/minor-units.js';
import { digitsOf, type MoneyJson } from '../money/money.js';
import { moneyOf } from '../reads/answers.js';
import {
  type Counted,
  type KnownTillBatch,
  type Means,
  requireOpened,
  tillBatch,
  type TillPayment,
} from './till-batch.js';

/** What a batch holds of one means in one currency. */
export interface TillTotal {
  readonly means: Means;
  readonly payments: number;
  readonly expected: MoneyJson;
  /** Null while the batch is open. */
  readonly counted: MoneyJson | null;
  readonly difference: MoneyJson | null;
}

/** A batch in a list. */
export interface TillBatchSummary {
  readonly batchId: string;
  readonly location: string;
  readonly till: string;
  readonly number: number;
  readonly agent: string;
  readonly state: KnownTillBatch['status'];
  readonly openedAt: string;
  readonly changedAt: string;
  readonly totals: readonly TillTotal[];
  readonly countedBy: string | null;
  readonly depositReference: string | null;
}

/** A batch with its payments, from its stream itself: what an agent has just done is in it. */
export interface WholeTillBatch extends Omit<TillBatchSummary, 'changedAt'> {
  readonly approvedBy: string | null;
  readonly deposit: { readonly reference: string; readonly amounts: readonly MoneyJson[] } | null;
  readonly payments: readonly (Pick<
    TillPayment,
    'paymentId' | 'accountId' | 'confirmationNumber' | 'amount' | 'status'
  > & {
    readonly means: Means;
    readonly at: string;
    readonly reason: string | null;
    readonly refused: string | null;
  })[];
  readonly revision: string;
}

/** Where a till stands: what its next batch is numbered. */
export interface TillStanding {
  readonly location: string;
  readonly till: string;
  readonly nextNumber: number;
  readonly openBatchId: string | null;
}

export interface TillFilter {
  readonly location?: string | undefined;
  readonly till?: string | undefined;
  readonly agent?: string | undefined;
  readonly state?: KnownTillBatch['status'] | undefined;
}

interface Row {
  batch_id: string;
  location: string;
  till: string;
  number: number;
  agent: string;
  state: KnownTillBatch['status'];
  opened_at: Date;
  changed_at: Date;
  position: string;
  counted: Pick<Counted, 'totals' | 'countedBy'> | null;
  deposit_reference: string | null;
  taken:
    | readonly { readonly means: Means; readonly currency: string; readonly payments: number; readonly sum: string }[]
    | null;
}

export class TillsQueries {
  constructor(
    private readonly db: Database,
    private readonly handling: CommandHandling,
  ) {}

  /** Batches, the latest opened first. @throws Problem CURSOR_INVALID */
  async batches(filter: TillFilter, limit: number, cursor: string | undefined): Promise<Page<TillBatchSummary>> {
    const before = keyOf(cursor);
    const { location, till, agent, state } = filter;
    const { rows } = await sql<Row>`
      select b.batch_id, b.location, b.till, b.number, b.agent, b.state, b.opened_at, b.changed_at, b.position, b.counted,
        b.deposit_reference, (
          select json_agg(t) from (
            select means, currency, count(*)::int as payments, sum(amount)::text as sum from till_payments as p
            where p.batch_id = b.batch_id and p.status in ('taken', 'voiding')
            group by means, currency order by means, currency) as t) as taken
      from till_batches as b
      where true ${before === null ? sql`` : sql`and b.position < ${before}::bigint`}
        ${location === undefined ? sql`` : sql`and b.location = ${location}`}
        ${till === undefined ? sql`` : sql`and b.till = ${till}`}
        ${agent === undefined ? sql`` : sql`and b.agent = ${agent}`}
        ${state === undefined ? sql`` : sql`and b.state = ${state}`}
      order by b.position desc limit ${limit + 1}`.execute(this.db.sql);
    return pageOf(rows, limit, ({ position }) => position, summaryOf);
  }

  /** How a till stands; one that nobody has used begins with batch 1. */
  async standing(location: string, till: string): Promise<TillStanding> {
    const { rows } = await sql<{ batch_id: string; number: number; state: KnownTillBatch['status'] }>`
      select batch_id, number, state from till_batches where location = ${location} and till = ${till}
      order by number desc limit 1`.execute(this.db.sql);
    const [last] = rows;
    const openBatchId = last?.state === 'open' ? last.batch_id : null;
    return { location, till, nextNumber: (last?.number ?? 0) + 1, openBatchId };
  }

  /** @throws Rejected TILL_BATCH_UNKNOWN */
  async batch(batchId: string): Promise<WholeTillBatch> {
    const { state, revision } = await this.handling.current(batchId, tillBatch);
    const { opened, status, expected, counted, approved, deposit, payments } = requireOpened(state);
    const { location, till, number, agent, effectiveAt: openedAt } = opened;
    const open = expected.map(({ means, currency, payments: count, amount }) => {
      const money = { amount: formatMinor(amount, digitsOf(currency)), currency };
      return { means, payments: count, expected: money, counted: null, difference: null };
    });
    return {
      ...{ batchId, location, till, number, agent, state: status, openedAt },
      totals: counted ? counted.totals.map(totalOf) : open,
      countedBy: counted?.countedBy ?? null,
      approvedBy: approved?.approvedBy ?? null,
      depositReference: deposit?.reference ?? null,
      deposit: deposit ? { reference: deposit.reference, amounts: deposit.amounts } : null,
      payments: [...payments.values()].map(shown).sort(inOrder),
      revision: String(revision),
    };
  }

  /** Batches with a payment whose outcome nobody has noted for a while. */
  async unfinished(before: Date): Promise<string[]> {
    const { rows } = await sql<{ batch_id: string }>`
      select distinct p.batch_id from till_payments as p join till_batches as b on b.batch_id = p.batch_id
      where p.status in ('begun', 'voiding') and b.changed_at < ${before.toISOString()}::timestamptz`.execute(
      this.db.sql,
    );
    return rows.map(({ batch_id }) => batch_id);
  }
}

function summaryOf(row: Row): TillBatchSummary {
  const { batch_id: batchId, location, till, number, agent, state, counted } = row;
  const open = (row.taken ?? []).map(({ means, currency, payments, sum }) => ({
    ...{ means, payments, expected: moneyOf(sum, currency), counted: null, difference: null },
  }));
  return {
    ...{ batchId, location, till, number, agent, state },
    openedAt: row.opened_at.toISOString(),
    changedAt: row.changed_at.toISOString(),
    totals: counted ? counted.totals.map(totalOf) : open,
    countedBy: counted?.countedBy ?? null,
    depositReference: row.deposit_reference,
  };
}

/** A total as it was counted. */
export function totalOf({
  means,
  currency,
  payments,
  expected,
  counted,
  difference,
}: Counted['totals'][number]): TillTotal {
  const money = (amount: string) => ({ amount, currency });
  return { means, payments, expected: money(expected), counted: money(counted), difference: money(difference) };
}

function shown(payment: TillPayment): WholeTillBatch['payments'][number] {
  const { paymentId, accountId, confirmationNumber, amount, status, method, effectiveAt, reason, refused } = payment;
  const told = { reason: reason ?? null, refused: refused ?? null };
  return { paymentId, accountId, confirmationNumber, amount, status, means: method.kind, at: effectiveAt, ...told };
}

function inOrder(left: WholeTillBatch['payments'][number], right: WholeTillBatch['payments'][number]): number {
  if (left.at !== right.at) return left.at < right.at ? -1 : 1;
  return left.paymentId < right.paymentId ? -1 : 1;
}
