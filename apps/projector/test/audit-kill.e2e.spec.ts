import { auditKeys, renewedKeys, readCheckpoint, readNote, verifyLog } from '#libs/audit';
import { CommandHandling, EventStore } from '#libs/event-sourcing';
import { Import, type SourceLine } from '#libs/ledger';
import { startTestNode } from '#testing/eventstore-node';
import { madeUpBiller } from '#testing/ledger';
import { postgresEngine, type TestDatabase, until } from '#testing/platform';
import { sql } from 'kysely';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

const PROJECTOR = fileURLToPath(new URL('../../../dist/apps/projector/src/main.js', import.meta.url));
const SEED = Number(process.env['TEST_SEED'] ?? Math.floor(Math.random() * 1e9));
const SIGNING_KEY = renewedKeys('', 'example.com/ledger');

describe.each(await postgresEngine())('Whoever keeps and signs the tree', (engine) => {
  let node: Awaited<ReturnType<typeof startTestNode>>;
  let store: EventStore;
  let test: TestDatabase;
  const projectors: ChildProcess[] = [];

  beforeAll(async () => {
    node = await startTestNode();
    store = new EventStore(node.connectionString);
    test = await engine.create();
  });
  afterAll(async () => {
    for (const projector of projectors) projector.kill('SIGKILL');
    await store.close();
    await node.close();
    await test.drop();
  });

  function start(): ChildProcess {
    const projector = spawn(process.execPath, [PROJECTOR], {
      env: {
        ...process.env,
        ...{ EVENTSTORE_URL: node.connectionString, DATABASE_URL: test.url, LOG_LEVEL: 'fatal' },
        ...{ PAYBILL_AUDIT_KEY: SIGNING_KEY, PAYBILL_CHECKPOINT_SECONDS: '1' },
      },
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    projectors.push(projector);
    return projector;
  }

  async function treeSize(): Promise<number> {
    const asked = sql<{ size: string }>`select size from audit.tree`.execute(test.db.sql);
    const { rows } = await asked.catch(() => ({ rows: [] as { size: string }[] }));
    return Number(rows[0]?.size ?? 0);
  }

  async function checkpoints() {
    const found = [];
    for await (const { data } of store.readStream('audit-checkpoints')) {
      found.push(readCheckpoint(readNote((data as { note: string }).note).text));
    }
    return found;
  }

  it(`may be killed at any moment and run beside others: nothing contradictory is ever signed (TEST_SEED=${SEED})`, async () => {
    const lines: SourceLine[] = [];
    for (const customer of madeUpBiller({ accounts: 90, months: 12, seed: SEED })) lines.push({ line: 1, ...customer });
    const options = { name: 'kill', currency: 'USD', actor: 'test' };

    // Two at once in each round; both are killed when another checkpoint is there, or another part of the tree.
    for (let round = 0; round < 6; round++) {
      const [size, signed] = [await treeSize(), (await checkpoints()).length];
      const pair = [start(), start()];
      const exited = pair.map((projector) => once(projector, 'exit'));
      const writing = new Import(store, new CommandHandling(store), options).run(lines.splice(0, 15));
      if (round % 2 === 0) await until(async () => (await checkpoints()).length !== signed);
      else await until(async () => (await treeSize()) !== size);
      for (const projector of pair) projector.kill('SIGKILL');
      await Promise.all(exited);
      expect((await writing).refused).toEqual([]);
    }

    const last = start();
    const signed = (await checkpoints()).length;
    await until(async () => (await checkpoints()).length !== signed);
    last.kill('SIGTERM');
    await once(last, 'exit');
    expect(last.exitCode).toBe(0);

    const all = await checkpoints();
    const sizes = all.map(({ size }) => size);
    expect(sizes).toEqual([...new Set(sizes)].sort((one, other) => one - other));
    expect(all.length).toBeGreaterThanOrEqual(4);
    const report = await verifyLog({ store, keys: auditKeys(SIGNING_KEY).verifiers });
    expect(report).toMatchObject({ findings: [], checkpoints: all.length });
  }, 240_000);
});
