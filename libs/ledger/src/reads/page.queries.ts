import { z } from 'zod';
import { Paged } from '#libs/platform';
import { Day } from '../billing/command-fields.js';

/* What reads have in common: read-your-write, pages, days and accounts in the URL. */

/** A position in the log. */
export const Position = z.string().regex(/^\d{1,19}$/, 'must be the position a command answered with');

/** Position of a command's answer: the read waits until it sees what that command did. */
const After = Position.optional().meta({
  description: 'The position a command answered with; the read waits until it sees what that command did',
});

export const Fresh = z.strictObject({ after: After });

/** A page of a list that is read as fresh as its reader asks. */
export const FreshPage = Paged.extend(Fresh.shape);

/** A period of days, both included; bounds are optional. */
export const Period = { from: Day.optional(), to: Day.optional() } as const;

/** Refuses a period that ends before it begins. */
export function inOrder<Shape extends z.core.$ZodLooseShape>(query: z.ZodObject<Shape, z.core.$strict>) {
  return query.refine(
    (asked) => {
      const { from, to } = asked as { readonly from?: string; readonly to?: string };
      return from === undefined || to === undefined || from <= to;
    },
    { path: ['to'], error: 'must not be before from' },
  );
}

/** An ISO 4217 code. */
export const CurrencyCode = z
  .string('must be an ISO 4217 code such as "USD"')
  .regex(/^[A-Z]{3}$/, 'must be an ISO 4217 code in capitals, such as "USD"');

/** The position a read has to have reached; 0n when it does not matter. */
export function positionOf({ after }: z.output<typeof Fresh>): bigint {
  return BigInt(after ?? 0);
}
