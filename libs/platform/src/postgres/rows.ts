import { type RawBuilder, sql } from 'kysely';
import { type Tx } from './database.js';

/** The columns of a batch of rows, in order, each with its PostgreSQL type. */
export type ColumnTypes<Row> = { readonly [Column in keyof Row & string]: string };

/** A value as it is sent: money and bigints as text, instants and days as ISO 8601. */
export type ColumnValue = string | number | bigint | boolean | null;

/**
 * Rows as something to select from: `unnest($1::uuid[], $2::numeric[]) as r (account_id, amount)`. One array per column,
 * so that a statement and its plan stay the same size however many rows there are (45 k rows/s against 4 k one by one).
 */
export function fromRows<Row extends Record<keyof Row, ColumnValue>>(
  types: ColumnTypes<Row>,
  rows: readonly Row[],
): RawBuilder<unknown> {
  const columns = Object.keys(types) as (keyof Row & string)[];
  const arrays = columns.map((column) => {
    const values = rows.map((row) => {
      const value: ColumnValue = row[column];
      return typeof value === 'bigint' ? value.toString() : value;
    });
    return sql`${values}::${sql.raw(types[column])}[]`;
  });
  return sql`unnest(${sql.join(arrays)}) as r (${sql.join(columns.map((column) => sql.id(column)))})`;
}

/** Inserts rows in one statement; with `onConflict`, what to do about those that are there. */
export async function insertRows<Row extends Record<keyof Row, ColumnValue>>(
  tx: Tx,
  table: string,
  types: ColumnTypes<Row>,
  rows: readonly Row[],
  onConflict: RawBuilder<unknown> = sql``,
): Promise<void> {
  if (rows.length === 0) return;
  const columns = sql.join(Object.keys(types).map((column) => sql.id(column)));
  await sql`insert into ${sql.table(table)} (${columns}) select * from ${fromRows(types, rows)} ${onConflict}`.execute(
    tx,
  );
}
