import { daysBetween, endOf, type Plan, simulate, type Simulated } from '#libs/simulation';
import { progress } from './progress.js';
import { inColour } from './style.js';

/** Lives a biller through in a directory, and shows how far it is. @throws SimulationRefused | DirectoryInUse */
export async function simulateWithProgress(
  plan: Plan,
  dataDir: string,
  onDay?: (day: string) => void,
): Promise<Simulated> {
  const { from, months } = plan;
  const shown = progress('simulating', daysBetween(from, endOf(from, months)), 'days');
  try {
    return await simulate(plan, dataDir, {
      onDay: (day) => {
        const ended = daysBetween(from, day) + 1;
        shown.update(ended, ended);
        onDay?.(day);
      },
    });
  } finally {
    shown.stop();
  }
}

/** Whether nothing was found against the books. */
export function holds({ invariants }: Pick<Simulated, 'invariants'>): boolean {
  return invariants.every(({ faults }) => faults.length === 0);
}

const FAULTS_SHOWN = 10;

/** What was held against the books, a line each, with what was found against it. */
export function verdicts(invariants: Simulated['invariants']): string {
  return invariants.map(({ name, faults }) => verdict(name, faults)).join('\n');
}

function verdict(name: string, faults: readonly string[]): string {
  if (faults.length === 0) return `${inColour('green', 'holds')}  ${name}`;
  const more = faults.length > FAULTS_SHOWN ? [`… and ${faults.length - FAULTS_SHOWN} more`] : [];
  return [
    `${inColour('red', 'FAULT')}  ${name}`,
    ...[...faults.slice(0, FAULTS_SHOWN), ...more].map((one) => `         ${one}`),
  ].join('\n');
}
