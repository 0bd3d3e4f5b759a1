import { inColour } from './style.js';

/** What the exit code of `paybill` says; docs/guides/command-line.md is the page for it. */
export const ExitCode = {
  /** Done; or the answer is yes. */
  done: 0,
  /** The answer is no: there are differences or faults, or what was asked is refused. */
  no: 1,
  /** The command line itself is wrong. */
  usage: 2,
  /** What the command works on does not answer, is not there, is held by somebody else, or cannot be written. */
  unreachable: 3,
  /** A fault of Paybill's own, shown with where it happened (EX_SOFTWARE of sysexits). */
  fault: 70,
} as const;
export type ExitCode = (typeof ExitCode)[keyof typeof ExitCode];

/**
 * The exit code of each kind of failure that a person can mend, by the name of its class: to have the classes here, all of
 * Paybill would be loaded for every command. Each has a sentence as its message.
 */
const MENDABLE: Readonly<Record<string, ExitCode>> = {
  WrongOption: ExitCode.usage,
  SourceRefused: ExitCode.no,
  SimulationRefused: ExitCode.no,
  RulesRefused: ExitCode.no,
  CatalogueRefused: ExitCode.no,
  CollectionPolicyRefused: ExitCode.no,
  RefusedByPaybill: ExitCode.no,
  Rejected: ExitCode.no,
  RelaySuperseded: ExitCode.no,
  BackupRefused: ExitCode.no,
  NotWritten: ExitCode.unreachable,
  NoTarget: ExitCode.unreachable,
  EventStoreUnavailable: ExitCode.unreachable,
  TopicStalled: ExitCode.unreachable,
};

/**
 * Says on standard error why a command failed: a sentence for what a person can mend, as JSON with `--json`; anything
 * else is a fault and shows where. @returns the exit code
 */
export function reportFailure(error: unknown, json: boolean): ExitCode {
  const exitCode = exitCodeOf(error);
  const message = error instanceof Error ? error.message : String(error);
  const code = error instanceof Error && exitCode === ExitCode.no && 'code' in error ? error.code : undefined;
  if (json) console.error(JSON.stringify({ error: { message, exitCode, ...(code !== undefined && { code }) } }));
  if (exitCode === ExitCode.fault) console.error(error);
  else if (!json) console.error(`${inColour('red', 'error:', process.stderr)} ${message}`);
  return exitCode;
}

function exitCodeOf(error: unknown): ExitCode {
  if (isOccupied(error)) return ExitCode.unreachable;
  return (error instanceof Error && MENDABLE[error.name]) || ExitCode.fault;
}

/** The node or its port is taken: the message says by whom or where. */
function isOccupied(error: unknown): boolean {
  return error instanceof Error && (error.name === 'DirectoryInUse' || error.message.includes('EADDRINUSE'));
}
