import { readdir, readFile } from 'node:fs/promises';

/** Memory of one or several processes, in megabytes (10⁶ bytes). */
export interface Resident {
  /** All pages in memory: those of the processes' own and those of files they have mapped, which Linux may drop. */
  readonly all: number;
  /** The part that is the processes' own. */
  readonly own: number;
}

/** What processes have resident together. One that has ended counts nothing. */
async function resident(pids: readonly number[]): Promise<Resident> {
  const each = await Promise.all(pids.map(residentOf));
  return {
    all: each.reduce((sum, { all }) => sum + all, 0),
    own: each.reduce((sum, { own }) => sum + own, 0),
  };
}

/** A process and all of its descendants. */
async function family(pid: number): Promise<number[]> {
  const tasks = await readdir(`/proc/${pid}/task`).catch(() => []);
  const children = await Promise.all(
    tasks.map((task) => readFile(`/proc/${pid}/task/${task}/children`, 'utf8').catch(() => '')),
  );
  const pids = children.join(' ').split(' ').filter(Boolean).map(Number);
  return [pid, ...(await Promise.all(pids.map(family))).flat()];
}

/** The most that a process and its descendants have had at any one time; looks ten times a second. */
export class PeakMemory {
  #peak: Resident = { all: 0, own: 0 };
  readonly #timer: NodeJS.Timeout;

  /** @param pidOf the process, as soon as it is there. */
  constructor(pidOf: () => Promise<number | undefined>) {
    let busy = false;
    this.#timer = setInterval(() => {
      if (busy) return;
      busy = true;
      void this.#look(pidOf).finally(() => (busy = false));
    }, 100);
  }

  /** Ends the watch. @returns the highest of each figure. */
  stop(): Resident {
    clearInterval(this.#timer);
    return this.#peak;
  }

  async #look(pidOf: () => Promise<number | undefined>): Promise<void> {
    const pid = await pidOf();
    if (pid === undefined) return;
    const { all, own } = await resident(await family(pid));
    this.#peak = { all: Math.max(this.#peak.all, all), own: Math.max(this.#peak.own, own) };
  }
}

/** What one process has resident now; nothing once it has ended. */
export async function residentOf(pid: number): Promise<Resident> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
  const megabytes = (name: string) =>
    (Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(status)?.[1] ?? 0) * 1024) / 1e6;
  return { all: megabytes('VmRSS'), own: megabytes('RssAnon') };
}
