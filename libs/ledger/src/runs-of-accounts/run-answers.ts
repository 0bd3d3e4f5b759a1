import { z } from 'zod';

/* What the answers about all runs have in common. */

/** Whether the run is asked about that writes nothing. */
export const WhichRun = z.strictObject({
  dryRun: z.stringbool({ truthy: ['true'], falsy: ['false'] }).default(false),
});

/**
 * How a run stands.
 * @param of what it is named by
 * @param terms what it goes by from its beginning to its end
 * @param nothingTwice what going on with an interrupted run does not do: `nothing is billed twice`
 */
export function runAnswer<Of extends z.ZodRawShape, Terms extends z.ZodRawShape, Report extends z.ZodType>(
  of: Of,
  terms: Terms,
  report: Report,
  nothingTwice: string,
) {
  return z.object({
    ...of,
    state: z.enum(['running', 'interrupted', 'finished']).meta({
      description: `An interrupted run is gone on with by asking for it again; ${nothingTwice}`,
    }),
    dryRun: z.boolean(),
    ...terms,
    progress: z
      .object({ accounts: z.int(), done: z.int() })
      .nullable()
      .meta({ description: 'Null of a run that another process carries out, or has' }),
    report: report.nullable().meta({ description: 'What it has come to so far in this process, or in the end' }),
    error: z.string().nullable(),
  });
}
