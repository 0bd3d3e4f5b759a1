import { CommandHandling, EventStore } from '#libs/event-sourcing';
import { type Bar, reaches } from './bar.js';
import { closedLoop } from './load.js';
import { interleaved, perSecond } from './measuring.js';
import { openAccounts, pay } from './payers.js';
import { asProposed, RawAppends } from './raw-appends.js';
import { withNode } from './scratch.js';

export const ACCOUNTS = 10_000;
export const IN_FLIGHT = 64;
/** Each account once a round. */
const LOAD = { inFlight: IN_FLIGHT, count: ACCOUNTS };

/** Durable payments through command handling against the client's own appends of the same events. */
export function commands(): Promise<Bar[]> {
  return withNode(async (node) => {
    const store = new EventStore(node.connectionString);
    await using raw = new RawAppends(node.connectionString);
    const handling = new CommandHandling(store);
    const ids = await openAccounts(handling, ACCOUNTS);
    const sample = await paymentOf(store, handling, ids[0]!);
    const handled = () => closedLoop(LOAD, (index) => pay(handling, ids[index]!));
    const appended = () => closedLoop(LOAD, (index) => raw.append(index, [sample]));
    // Once unmeasured: streams come to be, and the code of both is compiled.
    await appended();
    await handled();
    const rates = await interleaved({
      raw: () => perSecond(LOAD.count, appended),
      handled: () => perSecond(LOAD.count, handled),
    });
    await store.close();
    return [reaches('commands', 'ApplyPayment/s, 64 in flight', rates.handled, rates.raw, 0.8)];
  });
}

/** A payment as it is stored, ready to be appended again. */
export async function paymentOf(store: EventStore, handling: CommandHandling, accountId: string) {
  await pay(handling, accountId);
  const event = await store.readLast(`account-${accountId}`);
  return asProposed(event!);
}
