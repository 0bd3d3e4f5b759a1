import { z } from 'zod';
import { Problem } from '#libs/platform';

/* Pages of lists: the same parameters and answers as the ledger's. */

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

/** The sequence a page begins after; undefined for the first page. @throws Problem */
export function sequenceOf(cursor: string | undefined): string | undefined {
  if (cursor === undefined) return undefined;
  const sequence = Buffer.from(cursor, 'base64url').toString();
  if (/^\d{1,18}$/.test(sequence) && cursorOf(sequence) === cursor) return sequence;
  const detail = 'this is not a cursor of this list; take the `next` of the page before';
  throw new Problem(400, 'CURSOR_INVALID', detail, { errors: [{ field: 'cursor', message: detail }] });
}

/** Makes a page of at most `limit` of the rows, of which one more was read to know whether there are any left. */
export function pageOf<Row extends { readonly sequence: string }, Item>(
  rows: readonly Row[],
  limit: number,
  item: (row: Row) => Item,
): Page<Item> {
  const shown = rows.slice(0, limit);
  const last = shown.at(-1);
  return { items: shown.map(item), next: rows.length > limit && last !== undefined ? cursorOf(last.sequence) : null };
}

/** The answer schema of a page. */
export function pageAnswer<Item extends z.ZodType>(item: Item, id: string) {
  const next = z.string().nullable().meta({ description: 'Give it back as ?cursor=; null on the last page' });
  return z.object({ items: z.array(item), next }).meta({ id });
}

const UUID = /^[\da-f]{8}-[\da-f]{4}-[\da-f]{4}-[\da-f]{4}-[\da-f]{12}$/;

/** The id an address names. @throws Problem when it can be the id of nothing */
export function idOf(text: string, unknown: () => Problem): string {
  const id = text.toLowerCase();
  if (UUID.test(id)) return id;
  throw unknown();
}

function cursorOf(sequence: string): string {
  return Buffer.from(sequence).toString('base64url');
}
