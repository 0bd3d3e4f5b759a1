import { z } from 'zod';
import { Rejected } from '#libs/event-sourcing';
import { Day } from '../billing/command-fields.js';

/* What reads have in common: read-your-write, pages, days and accounts in the URL. */

/** Position of a command's answer: the read waits until it sees what that command did. */
const After = z
  .string()
  .regex(/^\d{1,19}$/, 'must be the position a command answered with')
  .optional()
  .meta({ description: 'The position a command answered with; the read waits until it sees what that command did' });

export const Fresh = z.strictObject({ after: After });

export const Paged = Fresh.extend({
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

/** A period of days, both included; bounds are optional. */
export const Period = { from: Day.optional(), to: Day.optional() } as const;

/** The position a read has to have reached; 0n when it does not matter. */
export function positionOf({ after }: z.output<typeof Fresh>): bigint {
  return BigInt(after ?? 0);
}

/** A cursor says after which revision or position the next page begins; clients see an opaque text. */
function cursorOf(key: string): string {
  return Buffer.from(key).toString('base64url');
}

/** The key a page begins after, or null for the first page. @throws Rejected */
export function keyOf(cursor: string | undefined): string | null {
  if (cursor === undefined) return null;
  const key = Buffer.from(cursor, 'base64url').toString();
  if (/^\d{1,18}$/.test(key) && cursorOf(key) === cursor) return key;
  throw new Rejected(
    'CURSOR_INVALID',
    'this is not a cursor of this list; take the `next` of the page before',
    'cursor',
  );
}

/** A page and where the next one begins; null after the last. */
export interface Page<Item> {
  readonly items: readonly Item[];
  readonly next: string | null;
}

/** Makes a page of at most `limit` of the rows, of which one more was read to know whether there are any left. */
export function pageOf<Row, Item>(
  rows: readonly Row[],
  limit: number,
  key: (row: Row) => string,
  item: (row: Row) => Item,
): Page<Item> {
  const shown = rows.slice(0, limit);
  const last = shown.at(-1);
  return { items: shown.map(item), next: rows.length > limit && last !== undefined ? cursorOf(key(last)) : null };
}

/** The answer schema of a page. */
export function pageAnswer<Item extends z.ZodType>(item: Item, id: string) {
  const next = z.string().nullable().meta({ description: 'Give it back as ?cursor=; null on the last page' });
  return z.object({ items: z.array(item), next }).meta({ id });
}
