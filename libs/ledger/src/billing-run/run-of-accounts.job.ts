import { v5 as uuidv5 } from 'uuid';
import { type CommandMetadata } from '#libs/event-sourcing';
import { type Caller } from '#libs/platform';

/* What runs over many accounts have in common, whatever they do to each. */

/** Namespace of the ids of a run's commands. Never changes: what a killed run had done is recognised by it. */
const NAMESPACE = '3d0a5b1e-7c34-5f6a-8f12-94d7e60c2b51';
/** Accounts at work at a time: enough that the store always has work, and no more in memory. */
const IN_FLIGHT = 32;

/**
 * Does something to each of many accounts, some at a time, and ends when all have ended: so one that is asked for again finds
 * none of this at work. The first failure, and the signal, keep further accounts from being begun.
 */
export async function eachInFlight(
  accounts: AsyncGenerator<string>,
  signal: AbortSignal,
  work: (accountId: string) => Promise<void>,
): Promise<void> {
  let failed = false;
  const worker = async () => {
    for (let next = await accounts.next(); !next.done; next = await accounts.next()) {
      if (failed || signal.aborted) return;
      await work(next.value);
    }
  };
  const untilOneFails = () =>
    worker().catch((error: unknown) => {
      failed = true;
      throw error;
    });
  const ends = await Promise.allSettled(Array.from({ length: IN_FLIGHT }, untilOneFails));
  for (const end of ends) if (end.status === 'rejected') throw end.reason;
}

/** Who asked for the run is who acts by it; the id of each command follows from the run and what it is about. */
export function metadataOf(
  { runId }: { readonly runId: string },
  about: string,
  { actor, onBehalfOf, traceparent }: Caller,
): CommandMetadata {
  return {
    commandId: uuidv5(about, uuidv5(runId, NAMESPACE)),
    correlationId: runId,
    causationId: runId,
    actor,
    ...(onBehalfOf !== undefined && { onBehalfOf }),
    ...(traceparent !== undefined && { traceparent }),
  };
}
