import { sql } from 'kysely';
import { setTimeout as delay } from 'node:timers/promises';
import { type Database } from '#libs/platform';

/** The read model has not reached the position the reader asked for in time. Asking again later will do. */
export class ReadModelBehind extends Error {
  override readonly name = 'ReadModelBehind';
}

const SHORTEST_WAIT_MS = 4;
const LONGEST_WAIT_MS = 64;
const UNDEFINED_TABLE = '42P01';

/** Lets a reader see its own writes: waits until a projection has reached the position a command answered with. */
export class ReadBarrier {
  constructor(
    private readonly db: Database,
    private readonly timeoutMs = 2_000,
  ) {}

  /** @throws ReadModelBehind when the projection does not get there in time. */
  async waitFor(projection: string, position: bigint): Promise<void> {
    const deadline = performance.now() + this.timeoutMs;
    let wait = SHORTEST_WAIT_MS;
    // What was reached once may not be any more: a rollback can bring back a version that is further behind.
    while (position > 0n && (await this.reached(projection)) < position) {
      if (performance.now() > deadline) throw new ReadModelBehind(`${projection} has not reached ${position} yet`);
      await delay(wait);
      wait = Math.min(wait * 2, LONGEST_WAIT_MS);
    }
  }

  /** How far the version in service is: readers see everything up to this position of the log. */
  async reached(projection: string): Promise<bigint> {
    try {
      const { rows } = await sql<{ position: string | null }>`
        select min(c.position) as position from projection_versions as v
          join projection_checkpoints as c on c.name = v.name and c.version = v.version
        where v.name = ${projection} and v.state in ('active', 'closing')`.execute(this.db.sql);
      return BigInt(rows[0]?.position ?? 0);
    } catch (error) {
      // Nobody has installed the read models yet: nothing has been reached.
      if ((error as { code?: string }).code === UNDEFINED_TABLE) return 0n;
      throw error;
    }
  }
}
