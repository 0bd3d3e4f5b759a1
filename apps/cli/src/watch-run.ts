import { setTimeout as delay } from 'node:timers/promises';
import { type z } from 'zod';
import { type PaybillApi } from './paybill-api.js';
import { type Progress, progress } from './progress.js';

/** As far as it matters to whoever waits for its end. */
interface Standing {
  readonly state: 'running' | 'interrupted' | 'finished';
  readonly progress: { readonly accounts: number; readonly done: number } | null;
}

const ASK_EVERY_MS = 250;

/**
 * Begins a run in the API, or goes on with one that ended early, and shows how far it is until it is under way no more.
 * @param at where to ask how the begun run stands
 */
export async function watchRun<Run extends z.ZodType<Standing>>(
  api: PaybillApi,
  schema: Run,
  begin: { readonly path: string; readonly body: object; readonly doing: string },
  at: (run: z.output<Run>) => string,
): Promise<z.output<Run>> {
  let standing = await api.ask(schema, begin.path, { method: 'POST', body: begin.body });
  let shown: Progress | undefined;
  while (standing.state === 'running') {
    const { accounts, done } = standing.progress ?? { accounts: 0, done: 0 };
    if (accounts > 0) shown ??= progress(begin.doing, accounts, 'accounts');
    shown?.update(done, done);
    await delay(ASK_EVERY_MS);
    standing = await api.ask(schema, at(standing));
  }
  shown?.update(standing.progress?.done ?? 0, standing.progress?.done ?? 0);
  shown?.stop();
  return standing;
}
