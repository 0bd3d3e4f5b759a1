import { KurrentDBClient, START, streamNameFilter } from '@kurrent/kurrentdb-client';

/**
 * Follows the log up to a position with a subscription of the official client and counts events: what a reader would take
 * that is made the usual way and does nothing with them.
 */
export async function countEvents(
  connectionString: string,
  categories: readonly string[],
  position: bigint,
): Promise<number> {
  const client = KurrentDBClient.connectionString(connectionString);
  try {
    const filter = streamNameFilter({ prefixes: categories.map((category) => `${category}-`), checkpointInterval: 32 });
    const subscription = client.subscribeToAll({ fromPosition: START, filter });
    let events = 0;
    await new Promise<void>((resolve, reject) => {
      subscription.on('error', reject);
      subscription.on('data', ({ event }) => {
        events += 1;
        if (event!.position.commit >= position) resolve();
      });
    });
    await subscription.unsubscribe();
    return events;
  } finally {
    await client.dispose();
  }
}
