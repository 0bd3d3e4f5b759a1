/** A server of the real thing, for one test file. */
export interface RealServer {
  readonly url: string;
  stop(): Promise<void>;
}

type Source = () => Promise<RealServer | string>;

/**
 * Where a test's real server comes from: the environment variable, else Docker, else local binaries; else the test is
 * skipped with the reasons, and with `CI=true` that is a failure.
 */
export async function realServer(variable: string, sources: readonly Source[]): Promise<RealServer | string> {
  const url = process.env[variable];
  if (url) return { url, stop: () => Promise.resolve() };
  const reasons = [`${variable} is not set`];
  for (const source of sources) {
    const answer = await source();
    if (typeof answer !== 'string') return answer;
    reasons.push(answer);
  }
  return reasons.join('; ');
}

/** Declares that tests could not run for want of a server, with the reasons; with `CI=true` that is a failure. */
export function skipped(server: string, reason: string): void {
  if (process.env['CI'] === 'true') throw new Error(`no ${server}, and nothing may be skipped in CI: ${reason}`);
  it.skip(`needs ${server}: ${reason}`, () => undefined);
}
