import { MalformedState, readState, type VerificationReport, verifyLog, writeState } from '#libs/audit';
import { Command } from 'commander';
import { existsSync } from 'node:fs';
import { basename } from 'node:path';
import { z } from 'zod';
import { withStore } from './account-log.js';
import { answer } from './answer.js';
import { keysOf, readBytes, readOption } from './audit-files.js';
import { ExitCode } from './failure.js';
import { leaveWord } from './leave-word.js';
import { actorOption, WrongOption } from './options.js';
import { type PaybillApi } from './paybill-api.js';
import { progress } from './progress.js';
import { type ApiOptions, type EventStoreOptions, onPaybill } from './target.js';
import { writeWhole } from './whole-file.js';

interface VerifyOptions extends ApiOptions, EventStoreOptions {
  readonly actor: string;
  readonly key?: string[];
  readonly checkpoint?: string[];
  readonly resume?: string;
  readonly json?: boolean;
}

type State = ReturnType<typeof readState>;

const SAVE_EVERY_MS = 5_000;
const Keys = z.object({ verifierKeys: z.array(z.string()) });

export function verifyCommand(): Command {
  return onPaybill(new Command('verify'))
    .description('read the whole log as it is stored, and hold it against its chains and every signed checkpoint')
    .option('--key <vkey...>', 'verifier keys, or files that hold them (default: those this Paybill names itself)')
    .option('--checkpoint <file...>', 'checkpoints you have kept: what only they show is found too')
    .option('--resume <file>', 'go on from where the verification ended that wrote this file, and write it anew')
    .addOption(actorOption())
    .addHelpText(
      'after',
      `
Exits with 1 when something is found. With --resume it may be killed and run again; what was read before is then taken for
granted, also when somebody has changed it since.

Examples:
  paybill audit verify
  paybill audit verify --key ledger.vkey --checkpoint 2026-09.txt 2026-10.txt
  paybill audit verify --resume verified.state`,
    )
    .action(verify);
}

async function verify({ key = [], checkpoint = [], resume, ...options }: VerifyOptions): Promise<void> {
  const given = await keysOf(key);
  const copies = await Promise.all(
    checkpoint.map(async (file) => ({ name: basename(file), note: await readOption('--checkpoint', file) })),
  );
  const state = resume === undefined ? undefined : await stateIn(resume);
  const api = await leaveWord('verify-log', options);
  const keys = given.length > 0 ? given : await keysOf(await keysNamedBy(api));
  const report = await withStore(options, async (store) => {
    const shown = progress('verifying', Number(await store.lastPosition()));
    const keeper = resume === undefined ? undefined : new StateKeeper(resume);
    try {
      const found = await verifyLog({
        ...{ store, keys, copies, resume: state },
        onProgress: (position, _until, events) => shown.update(Number(position), events),
        onSound: (sound) => keeper?.offer(sound),
      });
      if (found.findingCount === 0) await keeper?.keepLast();
      return found;
    } finally {
      shown.stop();
    }
  });
  const sound = report.findingCount === 0;
  const keysGiven = given.length > 0;
  answer(options, { sound, keysGiven, ...report }, () => verdict(report, keysGiven));
  process.exitCode = sound ? ExitCode.done : ExitCode.no;
}

async function keysNamedBy(api: PaybillApi | undefined): Promise<string[]> {
  if (!api) throw new WrongOption('--key: no Paybill answers that could name its verifier keys; give them');
  return (await api.ask(Keys, '/audit/keys')).verifierKeys;
}

async function stateIn(file: string): Promise<State | undefined> {
  if (!existsSync(file)) return undefined;
  try {
    return readState(await readBytes('--resume', file));
  } catch (error) {
    if (error instanceof MalformedState)
      throw new WrongOption(`--resume: ${file}: ${error.message}; remove it to begin anew`);
    throw error;
  }
}

/** Keeps the state of a verification now and then, so that one that is killed goes on from there. */
class StateKeeper {
  #kept = performance.now();
  #last: Buffer | undefined;
  #writing: Promise<void> = Promise.resolve();
  #latest: State | undefined;

  constructor(private readonly file: string) {}

  /** Takes a state that has been found sound. It goes on changing, so what is kept is written out at once. */
  offer(state: State): void {
    this.#latest = state;
    if (performance.now() - this.#kept < SAVE_EVERY_MS) return;
    this.#kept = performance.now();
    this.#keep(state);
  }

  async keepLast(): Promise<void> {
    if (this.#latest) this.#keep(this.#latest);
    await this.#writing;
  }

  #keep(state: State): void {
    this.#last = writeState(state);
    this.#writing = this.#writing.then(async () => {
      const bytes = this.#last;
      this.#last = undefined;
      if (bytes) await writeWhole(this.file, bytes, 0o600);
    });
  }
}

function verdict(report: VerificationReport, keysGiven: boolean): string {
  const { events, read, streams, checkpoints, lastGood, findings, findingCount, passedOver } = report;
  const figure = (count: number) => count.toLocaleString('en');
  const before = events > read ? ` (${figure(events - read)} of them were verified before)` : '';
  const lines = [
    `${figure(events)} events of ${figure(streams)} streams${before}, ${figure(checkpoints)} checkpoints that hold`,
    lastGood
      ? `signed: the first ${figure(lastGood.size)} events; the ${figure(events - lastGood.size)} after them are held by their chains alone`
      : 'no checkpoint was signed: events cut off at an end, and streams written anew, cannot be seen',
    ...(keysGiven ? [] : ['the verifier keys are those this Paybill names itself: give your own with --key']),
    ...passedOver.map((name) => `${name} is older than where this went on from: verify without --resume to use it`),
    ...findings.map(({ kind, message }) => `${kind.toUpperCase()}: ${message}`),
    ...(findingCount > findings.length ? [`and ${figure(findingCount - findings.length)} more`] : []),
    findingCount === 0
      ? 'nothing was changed, removed, inserted or put in another order'
      : `${figure(findingCount)} finding(s): see docs/runbooks/audit-verify-finds-faults.md`,
  ];
  return lines.join('\n');
}
