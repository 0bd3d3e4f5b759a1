import { type DynamicModule, Module } from '@nestjs/common';
import { sql } from 'kysely';
import { type NestFastifyApplication } from '@nestjs/platform-fastify';
import { pino } from 'pino';
import { CommandHandling, EventStore, ProjectionRunner, shownStandings, ReadBarrier } from '#libs/event-sourcing';
import { FraudModule } from '#http/fraud';
import { fraudProblemOf, fraudReadModels, openFraudMonitor } from '#libs/fraud';
import { createHttpApp } from '#http/platform';
import { DATABASE, HttpSettings, readConfig } from '#libs/platform';
import { startTestNode } from '#testing/eventstore-node';
import { idOf, MessageMaker } from '#testing/fraud';
import { embeddedDatabase, type TestDatabase } from '#testing/platform';
import { CaseWorker } from './cases/case-worker.job.js';
import { noteRules } from './rules/rules-in-force.job.js';

@Module({})
class Connections {}

describe('Fraud monitoring over HTTP', () => {
  const log = pino({ level: 'silent' });
  const account = idOf('A');
  const ended = new AbortController();
  let node: Awaited<ReturnType<typeof startTestNode>>;
  let store: EventStore;
  let test: TestDatabase;
  let app: NestFastifyApplication;
  let projecting: Promise<void>;
  let url: string;

  beforeAll(async () => {
    node = await startTestNode();
    store = new EventStore(node.connectionString);
    test = await embeddedDatabase();
    const handling = new CommandHandling(store);
    app = await createHttpApp({
      features: [connections(handling), FraudModule.forRoot()],
      probes: { lastPosition: () => store.lastPosition(), projections: () => shownStandings(test.db) },
      problems: [fraudProblemOf],
      settings: readConfig(HttpSettings, {}),
      log,
    });
    await app.listen(0, '127.0.0.1');
    url = await app.getUrl();
    projecting = new ProjectionRunner(store, test.db, fraudReadModels).run(ended.signal);
  }, 30_000);
  afterAll(async () => {
    ended.abort();
    await projecting;
    await app.close();
    await store.close();
    await node.close();
    await test.drop();
  });

  function connections(handling: CommandHandling): DynamicModule {
    const providers = [
      { provide: DATABASE, useValue: test.db },
      { provide: CommandHandling, useValue: handling },
      { provide: ReadBarrier, useValue: new ReadBarrier(test.db, 10_000) },
    ];
    return { module: Connections, global: true, providers, exports: providers.map(({ provide }) => provide) };
  }

  const answerOf = async (answer: Response) => ({
    status: answer.status,
    body: (await answer.json()) as Record<string, unknown>,
  });
  const get = async (path: string) => answerOf(await fetch(url + path));
  const post = async (path: string, body: object, key: string) => {
    const headers = { 'content-type': 'application/json', 'idempotency-key': key, 'x-actor': 'analyst-7' };
    return answerOf(await fetch(url + path, { method: 'POST', headers, body: JSON.stringify(body) }));
  };

  it('has nothing to show before the monitor has ever run', async () => {
    expect(await get('/fraud/alerts')).toEqual({ status: 200, body: { items: [], next: null } });
    expect(await get('/fraud/rules')).toMatchObject({ status: 404, body: { code: 'FRAUD_RULES_UNKNOWN' } });
    expect(await get(`/fraud/cases/${idOf('none')}`)).toMatchObject({ status: 404, body: { code: 'CASE_UNKNOWN' } });
  });

  it('lists alerts and cases, and takes a case from its opening to its decision', async () => {
    const holds = { hold: () => Promise.resolve(), release: () => Promise.resolve() };
    const handling = new CommandHandling(store);
    const { handler, rules } = await openFraudMonitor({ db: test.db, store, handling, holds, log });
    for (const statement of handler.ddl) await sql.raw(statement).execute(test.db.sql);
    await noteRules(test.db, rules.standing);
    const make = new MessageMaker();
    const now = Date.now();
    const messages = [0, 1, 2, 3, 4].map((index) =>
      make.payment(account, new Date(now + index).toISOString(), { amount: '1.00', token: `tok_${index}` }),
    );
    await test.db.sql.transaction().execute((tx) => handler.handle(tx, messages));
    await new CaseWorker(test.db, handling).actOnAlerts();

    const { body: alerts } = await get(`/fraud/alerts?accountId=${account}&historic=false`);
    const [alert] = alerts['items'] as { caseId: string; ruleId: string }[];
    expect(alert).toMatchObject({ ruleId: 'account-card-testing', evidence: { numbers: { attempts: 5 } } });
    const address = `/fraud/cases/${alert!.caseId}`;

    const assigned = await post(`${address}/assign`, { assignee: 'analyst-7' }, 'a');
    expect(assigned).toMatchObject({ status: 201, body: { caseId: alert!.caseId, revision: '1', repeated: false } });
    expect(await post(`${address}/assign`, { assignee: 'analyst-7' }, 'a')).toMatchObject({ body: { repeated: true } });
    const confirmed = await post(`${address}/confirm`, { reason: 'stolen-cards' }, 'c');
    expect(confirmed.status).toBe(201);
    expect(await get(`${address}?after=${String(confirmed.body['position'])}`)).toMatchObject({
      status: 200,
      body: { state: 'confirmed', assignee: 'analyst-7', decidedBy: 'analyst-7', alerts: [alert], holds: [] },
    });
    expect(await get('/fraud/cases?state=confirmed')).toMatchObject({ body: { items: [{ caseId: alert!.caseId }] } });
    expect(await get('/fraud/cases?state=open')).toMatchObject({ body: { items: [] } });
    expect(await post(`${address}/dismiss`, { reason: 'customer-confirmed' }, 'd')).toMatchObject({
      status: 409,
      body: { code: 'CASE_DECIDED' },
    });
    expect(await get('/fraud/rules')).toMatchObject({ status: 200, body: { version: '2026-11-23', refused: null } });
  }, 30_000);

  it('refuses what is malformed', async () => {
    expect(await get('/fraud/cases?state=lost')).toMatchObject({ status: 400, body: { code: 'REQUEST_MALFORMED' } });
    expect(await get('/fraud/alerts?cursor=xyz')).toMatchObject({ status: 400, body: { code: 'CURSOR_INVALID' } });
    expect(await post(`/fraud/cases/${idOf('none')}/confirm`, { reason: 'He said so' }, 'x')).toMatchObject({
      status: 400,
    });
    expect(await post(`/fraud/cases/${idOf('none')}/confirm`, { reason: 'said-so' }, 'x')).toMatchObject({
      status: 404,
      body: { code: 'CASE_UNKNOWN' },
    });
  });
});
