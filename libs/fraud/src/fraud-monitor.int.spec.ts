import { sql } from 'kysely';
import { pino } from 'pino';
import { CommandHandling, EventStore, ProjectionRunner, ReadBarrier, Rejected } from '#libs/event-sourcing';
import { fraudReadModels, type Holds, openFraudMonitor } from '#libs/fraud';
import { commandMetadata } from '#testing/event-sourcing';
import { startTestNode } from '#testing/eventstore-node';
import { idOf, MessageMaker } from '#testing/fraud';
import { type TestDatabase, testEngines } from '#testing/platform';
import { CaseWorker } from './cases/case-worker.job.js';
import { ConfirmCase, DismissCase } from './cases/decide-case.js';
import { HoldReactions } from './cases/hold-reactions.job.js';

/** A ledger that holds like the real one: an event for what changes something, the same command carried out once. */
class HoldsBook implements Holds {
  readonly asked: string[] = [];
  readonly held = new Set<string>();
  readonly #done = new Set<string>();
  /** Thrown once after the effect: the process is killed before it can note it. */
  killed = false;
  refuse: string | undefined;

  hold(_account: string, holdId: string, reason: string, causationId: string): Promise<void> {
    return this.#carryOut(`hold ${reason}`, holdId, causationId, () => this.held.add(holdId));
  }

  release(_account: string, holdId: string, reason: string, causationId: string): Promise<void> {
    return this.#carryOut(`release ${reason}`, holdId, causationId, () => this.held.delete(holdId));
  }

  /** A command that changes nothing leaves no event, and so is not known when it comes again. */
  #changes(what: string, holdId: string): boolean {
    return what.startsWith('hold') !== this.held.has(holdId);
  }

  #carryOut(what: string, holdId: string, causationId: string, effect: () => void): Promise<void> {
    this.asked.push(what);
    if (this.refuse !== undefined) return Promise.reject(new Rejected(this.refuse, 'no'));
    if (this.#changes(what, holdId) && !this.#done.has(causationId)) {
      effect();
      this.#done.add(causationId);
    }
    if (!this.killed) return Promise.resolve();
    this.killed = false;
    return Promise.reject(new Error('killed'));
  }
}

describe.each(await testEngines())('From alerts to cases to holds on $name', (engine) => {
  let node: Awaited<ReturnType<typeof startTestNode>>;
  let store: EventStore;
  let handling: CommandHandling;
  let test: TestDatabase;
  let holds: HoldsBook;
  const account = idOf('A');

  beforeEach(async () => {
    node = await startTestNode();
    store = new EventStore(node.connectionString);
    handling = new CommandHandling(store);
    test = await engine.create();
    holds = new HoldsBook();
    const { handler } = await monitor();
    for (const statement of handler.ddl) await sql.raw(statement).execute(test.db.sql);
  }, 30_000);
  afterEach(async () => {
    await store.close();
    await node.close();
    await test.drop();
  });

  const monitor = () => openFraudMonitor({ db: test.db, store, handling, holds, log: pino({ level: 'silent' }) });

  /** Five small payments with five cards: the shipped rule holds the account for that. */
  async function testCards(seed = 'cards', at = Date.now()): Promise<void> {
    const make = new MessageMaker(seed);
    const { handler } = await monitor();
    const messages = [0, 1, 2, 3, 4].map((index) =>
      make.payment(account, new Date(at + index).toISOString(), { amount: '1.00', token: `tok_${index}` }),
    );
    await test.db.sql.transaction().execute((tx) => handler.handle(tx, messages));
  }
  const act = async () => {
    const worker = new CaseWorker(test.db, new CommandHandling(store));
    while ((await worker.actOnAlerts()) > 0);
  };
  const cases = async () => {
    const found: Record<string, string[]> = {};
    const ended = new AbortController();
    for await (const batch of store.subscribe({ after: 0n, categories: ['fraudCase'], signal: ended.signal })) {
      for (const message of batch) {
        if (message.kind === 'event') (found[message.event.stream] ??= []).push(message.event.type);
      }
      if (batch.some(({ kind }) => kind === 'caught-up')) ended.abort();
    }
    return Object.entries(found).map(([stream, events]) => ({ id: stream.slice('fraudCase-'.length), events }));
  };
  const decide = (caseId: string, definition: typeof ConfirmCase | typeof DismissCase) =>
    handling.handle(caseId, { definition, data: { reason: 'looked-into' }, metadata: commandMetadata() });
  /** Follows cases until the reactions have passed a position, or fail. */
  async function react(position: bigint): Promise<void> {
    const ended = new AbortController();
    const following = new HoldReactions(store, test.db, holds).follow(ended.signal);
    const reached = async () => {
      for (;;) {
        const { rows } = await sql<{ position: string }>`select position from fraud.reactions`.execute(test.db.sql);
        if (BigInt(rows[0]!.position) >= position) return;
      }
    };
    try {
      await Promise.race([following, reached()]);
    } finally {
      ended.abort();
      await following.catch(() => undefined);
    }
  }

  it('opens one case for an account and adds later alerts to it, until it is decided', async () => {
    await testCards('one');
    await act();
    const [opened] = await cases();
    expect(opened?.events).toEqual(['CaseOpened']);
    await testCards('two', Date.now() + 2 * 3_600_000);
    await act();
    expect(await cases()).toEqual([{ id: opened!.id, events: expect.arrayContaining(['AlertAdded']) as unknown }]);
    await decide(opened!.id, DismissCase);
    await testCards('three', Date.now() + 5 * 3_600_000);
    await act();
    expect(await cases()).toHaveLength(2);
  }, 30_000);

  it('makes the same cases again when it was killed before it could mark its alerts', async () => {
    await testCards('one');
    await testCards('two', Date.now() + 2 * 3_600_000);
    await act();
    const before = await cases();
    await sql`update fraud.alerts set acted_at = null, case_id = null`.execute(test.db.sql);
    await sql`truncate fraud.current_cases`.execute(test.db.sql);
    await act();
    expect(await cases()).toEqual(before);
    const { rows } = await sql`select 1 from fraud.alerts where case_id is null`.execute(test.db.sql);
    expect(rows).toEqual([]);
  }, 30_000);

  it('opens no case for what is history', async () => {
    const make = new MessageMaker();
    const { handler } = await monitor();
    const recordedAt = '2026-01-31T00:00:00.000Z';
    const messages = [0, 1, 2, 3, 4].map((index) =>
      make.payment(account, `2026-01-01T00:00:0${index}.000Z`, { amount: '1.00', token: `tok_${index}`, recordedAt }),
    );
    await test.db.sql.transaction().execute((tx) => handler.handle(tx, messages));
    await act();
    const { rows } = await sql<{ historic: boolean }>`select historic from fraud.alerts`.execute(test.db.sql);
    expect(rows).toEqual([{ historic: true }]);
    expect(await cases()).toEqual([]);
  }, 30_000);

  it('holds for a rule that says so and releases on dismissal, each once whenever it is killed', async () => {
    await testCards();
    await act();
    const [{ id }] = (await cases()) as unknown as [{ id: string }];
    const end = await store.lastPosition();
    holds.killed = true;
    await expect(react(end)).rejects.toThrow('killed');
    await react(end);
    expect(holds.asked).toEqual(['hold fraud-suspected', 'hold fraud-suspected']);
    expect([...holds.held]).toEqual([id]);
    await testCards('again', Date.now() + 2 * 3_600_000);
    await act();
    const { position } = await decide(id, DismissCase);
    holds.killed = true;
    await expect(react(position)).rejects.toThrow('killed');
    await react(position);
    expect(holds.held.size).toBe(0);
    await sql`truncate fraud.holds`.execute(test.db.sql);
    await sql`update fraud.reactions set position = 0`.execute(test.db.sql);
    await react(position);
    expect(holds.held.size).toBe(0);
  }, 30_000);

  it('holds when a case is confirmed, and notes it when the ledger refuses', async () => {
    await testCards();
    await act();
    const [{ id }] = (await cases()) as unknown as [{ id: string }];
    holds.refuse = 'ACCOUNT_CLOSED';
    const { position } = await decide(id, ConfirmCase);
    await react(position);
    expect(holds.asked).toEqual(['hold fraud-suspected', 'hold fraud-confirmed']);
    const { rows } = await sql`select asked, refused from fraud.holds where case_id = ${id}::uuid`.execute(test.db.sql);
    expect(rows).toEqual([
      { asked: 'hold', refused: 'ACCOUNT_CLOSED' },
      { asked: 'hold', refused: 'ACCOUNT_CLOSED' },
    ]);
  }, 30_000);

  it('does all of it by itself while it runs, and the read model shows the cases', async () => {
    const ended = new AbortController();
    const running = (await monitor()).run(ended.signal);
    const projecting = new ProjectionRunner(store, test.db, fraudReadModels).run(ended.signal);
    try {
      await testCards();
      while (holds.held.size === 0)
        await new ReadBarrier(test.db, 20).waitFor('fraud_cases', 1n).catch(() => undefined);
      const [id] = [...holds.held] as [string];
      const { position } = await decide(id, DismissCase);
      await new ReadBarrier(test.db, 10_000).waitFor('fraud_cases', position);
      const { rows } =
        await sql`select case_id, account_id, state, severity, alerts, reason, decided_by from fraud_cases`.execute(
          test.db.sql,
        );
      expect(rows).toEqual([
        {
          ...{ case_id: id, account_id: account, state: 'dismissed', severity: 'high', alerts: 1 },
          ...{ reason: 'looked-into', decided_by: 'test' },
        },
      ]);
      const inForce = () => sql`select version, refused from fraud.rules_in_force`.execute(test.db.sql);
      let rules = await inForce();
      while (rules.rows.length === 0) rules = await inForce();
      expect(rules.rows).toEqual([{ version: '2026-11-23', refused: null }]);
    } finally {
      ended.abort();
      await Promise.all([running, projecting]);
    }
  }, 30_000);
});
