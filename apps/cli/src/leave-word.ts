import { PaybillApi, RefusedByPaybill } from './paybill-api.js';
import { type ApiOptions, type EventStoreOptions, NoTarget } from './target.js';

type Options = ApiOptions & EventStoreOptions & { readonly actor?: string };

/**
 * Leaves word with the API that the log is read past it, before it is; where there is no API to leave it with, or it cannot
 * record, that is said on standard error and the work goes on.
 * @returns the API when word was left
 */
export async function leaveWord(
  what: 'verify-log' | 'backup' | 'replay',
  options: Options,
): Promise<PaybillApi | undefined> {
  try {
    // The Paybill that runs on the data directory has another log than the one that was named.
    if (options.eventstore !== undefined && options.url === undefined) throw new NoTarget('no --url is given');
    const api = await PaybillApi.of(options);
    await api.tell('/audit/accesses', { method: 'POST', body: { what } });
    return api;
  } catch (error) {
    if (!(error instanceof NoTarget) && !(error instanceof RefusedByPaybill)) throw error;
    console.error(`this is not recorded among the accesses (${what}): ${error.message}`);
    return undefined;
  }
}
