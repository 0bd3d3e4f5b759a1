import { type Logger } from 'pino';
import { type EventStore } from '#libs/event-sourcing';
import { type Database } from '#libs/platform';
import { AUDITED_CATEGORIES } from './audit-events.js';
import { type AuditKeys } from './checkpoints/audit-keys.js';
import { CheckpointSigner } from './checkpoints/checkpoint-signer.job.js';
import { TreeFollower } from './tree/tree-follower.job.js';
import { TreeQueries } from './tree/tree.queries.js';

interface Auditing {
  readonly store: EventStore;
  readonly db: Database;
  readonly keys: AuditKeys;
  /** How often a checkpoint is signed; 0: only when somebody asks for it. */
  readonly checkpointSeconds: number;
  readonly log: Logger;
}

/** What goes on for auditors where the projections run: the tree is kept, and signed by the clock by whoever keeps it. */
export function startAudit({ store, db, keys, checkpointSeconds, log }: Auditing) {
  const follower = new TreeFollower(store, db, {
    categories: AUDITED_CATEGORIES,
    onStopped: ({ message: reason }) => log.error({ reason }, 'the tree over the log stands still: nothing is signed'),
    onWaiting: (reason) => log.warn({ reason }, 'the tree over the log waits'),
  });
  const { signer } = keys;
  if (!signer) log.warn('PAYBILL_AUDIT_KEY is not set: no checkpoints are signed');
  const told = ({ name, message: reason }: Error) => log.error({ error: name, reason }, 'no checkpoint was signed');
  const sign =
    signer &&
    ((signal: AbortSignal) =>
      new CheckpointSigner(store, new TreeQueries(db), signer, keys.verifiers).run(checkpointSeconds, signal, told));
  return {
    /** Works until `signal` aborts. */
    run: (signal: AbortSignal) => follower.run(signal, sign),
    standing: () => follower.standing(),
  };
}
