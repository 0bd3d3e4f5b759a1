import { type RawBuilder, sql } from 'kysely';
import { startOf } from '../billing/command-fields.js';
import { CHARGEBACK_RECEIVABLE } from '../journal/postings.js';
import { endOf, type Moments } from './moment.js';

/*
 * What as-of answers are made of. They are sums over lines of the billing history, here always called `h`, so that the order
 * of the lines does not matter: effective times do not grow with the log.
 */

/** Whether a line of history counts at two moments. */
export function counts({ effectiveAt, recordedAt }: Moments): RawBuilder<boolean> {
  return sql`(h.effective_at < ${endOf(effectiveAt)}::timestamptz and h.recorded_at < ${endOf(recordedAt)}::timestamptz)`;
}

/** Whether a line of history that counts up to the end of a period is of the period itself. */
export function isWithin(from: string | undefined): RawBuilder<boolean> {
  return from === undefined ? sql`true` : sql`(h.effective_at >= ${startOf(from)}::timestamptz)`;
}

/**
 * The parts of what lines of history change, each a column of an aggregate over them; only of the lines that a condition
 * holds for.
 */
export function partsOf(condition: RawBuilder<boolean>): RawBuilder<unknown> {
  const sum = (...kinds: string[]) =>
    sql`coalesce(sum(h.amount) filter (where ${condition} and h.kind in (${sql.join(kinds)})), 0)`;
  // A return changes the balance by what was not refunded before; that part is a claim in the books, until the
  // bank gives it back.
  const claimed = sql`coalesce(sum(h.gl_amounts[array_position(h.gl_accounts, ${CHARGEBACK_RECEIVABLE})])
    filter (where ${condition} and h.kind in ('payment-returned', 'payment-reinstated')), 0)`;
  return sql`
    ${sum('bill-issued', 'late-fee-assessed')} as billed, - ${sum('payment-applied')} as paid,
    ${sum('payment-returned', 'payment-reinstated')} + ${claimed} as returned, ${sum('payment-refunded')} as refunded, ${claimed} as claimed,
    ${sum('charge-reversed', 'credit-issued', 'debt-received', 'credit-transferred')} as adjusted,
    - ${sum('debt-written-off')} as "writtenOff", ${sum('debt-reinstated')} as reinstated`;
}

/**
 * Common table expressions on what stood open at two moments, of one account or of all:
 * - `excluded`: the lines that do not count,
 * - `undone`: what those changed of charged − paid − reversed − written off on each bill,
 * - `undisputed`: what they changed of what is in dispute on each bill,
 * - `open_bills`: each bill with something open, and what of it was in dispute.
 *
 * What stood open is what stands open now less what the lines that do not count have changed of it: the same sum as that of
 * the lines that do, and few bills have to be looked at when few lines do not count. A bill that does not count yet is not
 * open, and none is less than nothing: what lies on it beyond is the account's credit.
 */
export function openBillsAt(moments: Moments, account?: RawBuilder<string>): RawBuilder<unknown> {
  const of = (table: 'h' | 'b') => (account === undefined ? sql`` : sql`and ${sql.id(table)}.account_id = ${account}`);
  return sql`
    excluded as materialized (
      select h.account_id, h.kind, h.amount, h.bill_numbers, h.bill_changes, h.disputed_bills, h.disputed_changes
      from billing_history as h
      where not ${counts(moments)} ${of('h')}),
    undone as materialized (
      select account_id, bill_number, sum(change) as change, bool_or(unissued) as unissued
      from (
        select h.account_id, h.kind in ('bill-issued', 'debt-received') as unissued,
          unnest(h.bill_numbers) as bill_number, unnest(h.bill_changes) as change
        from excluded as h) as changes
      group by account_id, bill_number),
    undisputed as materialized (
      select account_id, bill_number, sum(change) as change
      from (
        select h.account_id, unnest(h.disputed_bills) as bill_number, unnest(h.disputed_changes) as change
        from excluded as h) as changes
      group by account_id, bill_number),
    open_bills as (
      select b.account_id, b.bill_number, b.revision, b.issued_on, b.due_on, b.total,
        b.open - coalesce(u.change, 0) as open,
        least(greatest(b.disputed - coalesce(d.change, 0), 0), b.open - coalesce(u.change, 0)) as disputed
      from bills as b left join undone as u on u.account_id = b.account_id and u.bill_number = b.bill_number
        left join undisputed as d on d.account_id = b.account_id and d.bill_number = b.bill_number
      where b.open > coalesce(u.change, 0) and not coalesce(u.unissued, false) ${of('b')})`;
}
