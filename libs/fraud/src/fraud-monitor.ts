import { setTimeout as delay } from 'node:timers/promises';
import { type Logger } from 'pino';
import {
  AheadOfLog,
  asOnlyRunner,
  type CommandHandling,
  type EventStore,
  EventStoreUnavailable,
} from '#libs/event-sourcing';
import { type MessageHandler } from '#libs/messaging';
import { ADVISORY_LOCKS, type Database, isPassing, makeTables } from '#libs/platform';
import { CaseWorker } from './cases/case-worker.job.js';
import { HoldReactions, type Holds } from './cases/hold-reactions.job.js';
import { fraudHandler } from './monitoring/fraud-handler.job.js';
import { forgetQuietKeys } from './monitoring/housekeeping.job.js';
import { RulesFile } from './rules/rules-file.job.js';
import { noteRules } from './rules/rules-in-force.job.js';
import { FRAUD_DDL } from './tables.js';

interface FraudMonitorOptions {
  readonly db: Database;
  readonly store: EventStore;
  /** The process's own, so that all of its commands queue and cache together. */
  readonly handling: CommandHandling;
  readonly holds: Holds;
  /** The rules file; the rules that come with Paybill when it is not given. */
  readonly rulesPath?: string | undefined;
  readonly log: Logger;
}

/** Fraud monitoring as a process runs it: the handler is for a Consumer, the rest is what `run` does. */
interface FraudMonitor {
  readonly handler: MessageHandler;
  readonly rules: RulesFile;
  /**
   * Turns alerts into cases and cases into holds, watches the rules file and forgets what is old, until `signal` aborts.
   * One process at a time does it, others stand by. Waits out an event store or a database that is away.
   */
  run(signal: AbortSignal): Promise<void>;
}

const MONITORING = { lock: ADVISORY_LOCKS.caseWorker, elsewhere: 'another process acts on alerts' };
const LOOK_EVERY_MS = 200;
const RETRY_MS = 250;
const HOUR_MS = 3_600_000;

/** @throws RulesRefused when the rules file is bad: without rules nothing starts. */
export async function openFraudMonitor(options: FraudMonitorOptions): Promise<FraudMonitor> {
  const { db, log, rulesPath } = options;
  const rules = await RulesFile.open(rulesPath);
  log.info({ path: rules.standing.path, version: rules.rules.version }, 'fraud rules are in force');
  return {
    handler: fraudHandler(() => rules.rules),
    rules,
    async run(signal) {
      await patiently(signal, log, () => makeTables(db, FRAUD_DDL));
      await allTogether(signal, [
        (ended) => patiently(ended, log, () => watchRules(db, rules, log, ended)),
        (ended) => patiently(ended, log, () => actAlone(options, rules, ended)),
      ]);
    },
  };
}

async function watchRules(db: Database, rules: RulesFile, log: Logger, signal: AbortSignal): Promise<void> {
  await noteRules(db, rules.standing);
  await rules.watch(signal, async (standing) => {
    const { path, refused } = standing;
    if (refused)
      log.error({ path, reason: refused.reason }, 'the rules file is not taken; the old rules stay in force');
    else log.info({ path, version: standing.rules.version }, 'fraud rules are in force');
    await noteRules(db, standing);
  });
}

async function actAlone(options: FraudMonitorOptions, rules: RulesFile, signal: AbortSignal): Promise<void> {
  const { db, store, handling, holds, log } = options;
  const waiting = once((reason) => log.info({ reason }, 'fraud monitoring stands by'));
  await asOnlyRunner(db, MONITORING, signal, waiting, async () => {
    const worker = new CaseWorker(db, handling);
    const reactions = new HoldReactions(store, db, holds, (refused) => log.error(refused, 'a hold was refused'));
    await allTogether(signal, [
      (ended) => patiently(ended, log, () => every(LOOK_EVERY_MS, ended, () => worker.actOnAlerts())),
      (ended) => patiently(ended, log, () => reactions.follow(ended)),
      (ended) => patiently(ended, log, () => every(HOUR_MS, ended, () => forgetQuietKeys(db, rules.rules))),
    ]);
  });
}

/** Does work over and over: at once again while there is some, else after a pause. */
async function every(pauseMs: number, signal: AbortSignal, work: () => Promise<number>): Promise<void> {
  while (!signal.aborted) {
    if ((await work()) === 0) await delay(pauseMs, undefined, { signal }).catch(() => undefined);
  }
}

/** Begins work anew whenever something it needs has been away; ends it when the log is not the one it knows. */
async function patiently(signal: AbortSignal, log: Logger, work: () => Promise<void>): Promise<void> {
  const waiting = once((reason) => log.warn({ reason }, 'fraud monitoring waits'));
  while (!signal.aborted) {
    try {
      return await work();
    } catch (error) {
      if (error instanceof AheadOfLog) return log.error({ reason: error.message }, 'fraud monitoring stands still');
      if (error instanceof EventStoreUnavailable) waiting('the event store is away');
      else if (isPassing(error)) waiting('the database is away');
      else throw error;
      await delay(RETRY_MS, undefined, { signal }).catch(() => undefined);
    }
  }
}

/** Does several things side by side; when one of them fails the others are ended, and then its failure is told. */
async function allTogether(
  signal: AbortSignal,
  works: readonly ((signal: AbortSignal) => Promise<void>)[],
): Promise<void> {
  const failed = new AbortController();
  const ended = AbortSignal.any([signal, failed.signal]);
  const outcomes = await Promise.allSettled(
    works.map((work) =>
      work(ended).catch((error: unknown) => {
        failed.abort();
        throw error;
      }),
    ),
  );
  for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason;
}

/** Tells a reason only when it is another one than before. */
function once(tell: (reason: string) => void): (reason: string) => void {
  let told: string | undefined;
  return (reason) => {
    if (reason !== told) tell(reason);
    told = reason;
  };
}
