import { CommitSignal } from './commit-signal.js';
import { EventLog } from './event-log.js';
import { metadataEvent } from './staging.js';
import { metadataStreamOf } from './stream-metadata.js';
import { ANY } from './consistency.js';
import { Writer } from './writer.js';

/** The store behind the protocol: a log, its one writer, and the signal that something was committed. */
export interface EventStore {
  readonly log: EventLog;
  readonly writer: Writer;
  readonly commits: CommitSignal;
  close(): Promise<void>;
}

/** Opens the store in a directory; a second process is kept out. `onFatal` hears of the I/O error that stopped it. */
export async function openEventStore(directory: string, onFatal: (error: Error) => void): Promise<EventStore> {
  const log = new EventLog(directory);
  const commits = new CommitSignal();
  const writer = new Writer(log, () => commits.notify(), onFatal);
  // A real server's log is never empty: it begins with the settings of its own streams, and clients expect that.
  if (log.last === 0) {
    for (const [stream, json] of Object.entries(SYSTEM_STREAMS)) {
      const streams = [{ stream: metadataStreamOf(stream), expected: ANY }];
      await writer.write({ kind: 'append', streams, events: [{ target: 0, event: metadataEvent(json) }] });
    }
  }
  const close = async (): Promise<void> => {
    await writer.close();
    await log.close();
  };
  return { log, writer, commits, close };
}

const SYSTEM_STREAMS = {
  $scavenges: '{"$maxCount":500}',
  '$user-admin': '{"$acl":{"$r":"$admins","$w":"$admins"}}',
};
