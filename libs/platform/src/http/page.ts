import { z } from 'zod';
import { Problem } from './problem.js';

/** Lists are read in pages, the latest first. */
export const Paged = z.strictObject({
  limit: z.coerce
    .number('must be a number from 1 to 100')
    .int('must be a whole number')
    .min(1, 'must be at least 1')
    .max(100, 'must be at most 100')
    .default(25),
  cursor: z
    .string()
    .max(64, 'is not a cursor of this list')
    .optional()
    .meta({ description: 'The `next` of the page before' }),
});

/** A page and where the next one begins; null after the last. */
export interface Page<Item> {
  readonly items: readonly Item[];
  readonly next: string | null;
}

/** A cursor says after which row the next page begins; clients see an opaque text. */
function cursorOf(key: string): string {
  return Buffer.from(key).toString('base64url');
}

const NUMBER = /^\d{1,18}$/;
const UUID = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/;

/** The key a page begins after, or null for the first page: a number, or an id where rows are told apart by one. @throws Problem */
export function keyOf(cursor: string | undefined, kind: 'number' | 'id' = 'number'): string | null {
  if (cursor === undefined) return null;
  const key = Buffer.from(cursor, 'base64url').toString();
  if ((kind === 'id' ? UUID : NUMBER).test(key) && cursorOf(key) === cursor) return key;
  const detail = 'this is not a cursor of this list; take the `next` of the page before';
  throw new Problem(400, 'CURSOR_INVALID', detail, { errors: [{ field: 'cursor', message: detail }] });
}

/** Makes a page of at most `limit` of the rows, of which one more was read to know whether there are any left. */
export function pageOf<Row, Item>(
  rows: readonly Row[],
  limit: number,
  key: (row: Row) => string,
  item: (row: Row) => Item,
): Page<Item> {
  const last = rows.slice(0, limit).at(-1);
  const next = rows.length > limit && last !== undefined ? cursorOf(key(last)) : null;
  return { items: rows.slice(0, limit).map(item), next };
}

/** The answer schema of a page. */
export function pageAnswer<Item extends z.ZodType>(item: Item, id: string) {
  const next = z.string().nullable().meta({ description: 'Give it back as ?cursor=; null on the last page' });
  return z.object({ items: z.array(item), next }).meta({ id });
}
