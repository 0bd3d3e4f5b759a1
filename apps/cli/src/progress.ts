import { Presets, SingleBar } from 'cli-progress';
import { performance } from 'node:perf_hooks';
import { isLive } from './style.js';

/** Shows how far a long job is: a bar on a terminal, a line now and then everywhere else. */
export interface Progress {
  /** @param done how much of the total is done. @param count what the rate is counted in. */
  update(done: number, count: number): void;
  stop(): void;
}

const LINE_EVERY_MS = 5_000;

/** @param unit what is counted */
export function progress(title: string, total: number, unit = 'events'): Progress {
  return isLive(process.stderr) ? bar(title, total, unit) : lines(title, total, unit);
}

/** The same for work that goes from stage to stage, each counted in bytes. */
export function stages(): { onStage(this: void, stage: string, done: number, total: number): void; stop(): void } {
  let current: { readonly stage: string; readonly shown: Progress } | undefined;
  const stop = () => current?.shown.stop();
  return {
    onStage: (stage, done, total) => {
      if (current?.stage !== stage) {
        stop();
        current = { stage, shown: progress(stage, total, 'MB') };
      }
      current.shown.update(done, Math.round(done / 1_000_000));
    },
    stop,
  };
}

function bar(title: string, total: number, unit: string): Progress {
  const started = performance.now();
  const shown = new SingleBar(
    {
      format: `${title} {bar} {percentage}% | {count} ${unit}, {rate}/s | {left} left`,
      stream: process.stderr,
      fps: 10,
    },
    Presets.shades_classic,
  );
  shown.start(total, 0, { count: 0, rate: 0, left: '…' });
  return {
    update: (done, count) => {
      const { rate, left } = pace(started, done, total, count);
      shown.update(done, { count: count.toLocaleString('en'), rate: rate.toLocaleString('en'), left });
    },
    stop: () => shown.stop(),
  };
}

function lines(title: string, total: number, unit: string): Progress {
  const started = performance.now();
  let printed = started;
  return {
    update: (done, count) => {
      const now = performance.now();
      if (now - printed < LINE_EVERY_MS && done < total) return;
      printed = now;
      const { rate, left } = pace(started, done, total, count);
      process.stderr.write(
        `${title}: ${Math.floor((done / total) * 100)} %, ${count} ${unit}, ${rate}/s, ${left} left\n`,
      );
    },
    stop: () => undefined,
  };
}

function pace(started: number, done: number, total: number, count: number): { rate: number; left: string } {
  const seconds = (performance.now() - started) / 1000;
  const left = done === 0 ? 0 : (seconds / done) * (total - done);
  return { rate: Math.round(count / Math.max(seconds, 0.001)), left: `${Math.ceil(left)} s` };
}

/** Shows how much has been done where nobody knows how much there is: a line now and then. */
export function counter(title: string): { update(what: string, count: number): void; stop(): void } {
  let printed = performance.now();
  const live = isLive(process.stderr);
  return {
    update: (what, count) => {
      const now = performance.now();
      if (now - printed < (live ? 100 : LINE_EVERY_MS)) return;
      printed = now;
      process.stderr.write(
        `${live ? '\r\u001b[2K' : ''}${title}: ${what} ${count.toLocaleString('en')}${live ? '' : '\n'}`,
      );
    },
    stop: () => void (live && process.stderr.write('\r\u001b[2K')),
  };
}
