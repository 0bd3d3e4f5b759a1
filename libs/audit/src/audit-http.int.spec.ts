import { Controller, Get, type DynamicModule, Module, Param, Query } from '@nestjs/common';
import { jest } from '@jest/globals';
import { type NestFastifyApplication } from '@nestjs/platform-fastify';
import { randomBytes, randomUUID } from 'node:crypto';
import { pino } from 'pino';
import { AuditModule, auditProblemOf } from '#http/audit';
import { auditKeys, auditReadModels, renewedKeys, startAudit } from '#libs/audit';
import { EventStore, EventStoreUnavailable, shownStandings, ProjectionRunner } from '#libs/event-sourcing';
import { Accessed, createHttpApp } from '#http/platform';
import { type Database, DATABASE, HttpSettings, Problem, readConfig } from '#libs/platform';
import { AuditedLog } from '#testing/audit';
import { AccessLog } from './accesses/access-log.job.js';
import { accessesOn } from './audit-events.js';
import { embeddedDatabase, type TestDatabase, until } from '#testing/platform';

jest.setTimeout(60_000);

/** What a feature has that auditors want to know of. */
@Controller()
class Figures {
  @Get('figures/:accountId')
  @Accessed('figures', ['period', 'note'])
  figures(@Param('accountId') accountId: string, @Query('period') period: string): { accountId: string } {
    if (period === 'none') throw new Problem(404, 'PERIOD_UNKNOWN', 'there is no such period');
    if (period === 'broken') throw new TypeError('a fault of ours');
    return { accountId };
  }

  @Get('weather')
  weather(): { sun: boolean } {
    return { sun: true };
  }
}

@Module({})
class Connections {}

describe('The audit over HTTP', () => {
  const keys = auditKeys(renewedKeys('', 'example.com/ledger'));
  const quiet = pino({ level: 'silent' });
  const ended = new AbortController();
  let log: AuditedLog;
  let database: TestDatabase;
  let db: Database;
  let app: NestFastifyApplication;
  let running: Promise<unknown>;
  let url: string;

  beforeAll(async () => {
    log = await AuditedLog.open();
    database = await embeddedDatabase();
    ({ db } = database);
    const { store } = log;
    app = await createHttpApp({
      features: [connections(store), AuditModule.forRoot({ store, db, keys })],
      probes: { lastPosition: () => store.lastPosition(), projections: () => shownStandings(db) },
      problems: [auditProblemOf],
      settings: readConfig(HttpSettings, {}),
      log: quiet,
    });
    await app.listen(0, '127.0.0.1');
    url = await app.getUrl();
    running = Promise.all([
      new ProjectionRunner(store, db, auditReadModels).run(ended.signal),
      startAudit({ store, db, keys, checkpointSeconds: 0, log: quiet }).run(ended.signal),
    ]);
  });
  afterAll(async () => {
    ended.abort();
    await running;
    await app.close();
    await log.close();
    await database.drop();
  });

  function connections(store: EventStore): DynamicModule {
    const providers = [
      { provide: EventStore, useValue: store },
      { provide: DATABASE, useValue: db },
    ];
    const exports = providers.map(({ provide }) => provide);
    return { module: Connections, global: true, controllers: [Figures], providers, exports };
  }

  interface Answer {
    readonly status: number;
    readonly body: Record<string, unknown> & { items?: Record<string, unknown>[] };
  }
  const answerOf = async (answer: Response): Promise<Answer> => ({
    status: answer.status,
    body: (await answer.json()) as Answer['body'],
  });
  const get = async (path: string, headers: Record<string, string> = {}) =>
    answerOf(await fetch(url + path, { headers }));
  const post = async (path: string, body?: object) => {
    const json = { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) };
    return answerOf(await fetch(url + path, { method: 'POST', ...(body && json) }));
  };
  /** What was recorded about an account, once the read model has it. */
  async function accessesOf(accountId: string, count: number) {
    for (;;) {
      const { items } = (await get(`/audit/accesses?accountId=${accountId}`)).body;
      // Asking for them is recorded as well.
      const figures = items!.filter(({ what }) => what === 'figures');
      if (figures.length >= count) return figures;
    }
  }
  /** The last access as the log holds it. */
  const lastAccess = async () => log.store.readLast(accessesOn(new Date().toISOString().slice(0, 10)));

  describe('Who asks for figures', () => {
    it('is in the log before the answer is there, with what was asked for', async () => {
      const account = randomUUID();
      const headers = { 'x-actor': 'finance-2', 'x-on-behalf-of': 'cfo', 'x-correlation-id': 'case-7' };
      expect((await get(`/figures/${account}?period=2026-01`, headers)).status).toBe(200);
      expect(await lastAccess()).toMatchObject({
        type: 'AccessRecorded',
        data: { what: 'figures', accountId: account, parameters: { period: '2026-01' }, outcome: 'answered' },
        metadata: { actor: 'finance-2', onBehalfOf: 'cfo', correlationId: 'case-7' },
      });
      expect(await accessesOf(account, 1)).toMatchObject([
        { actor: 'finance-2', onBehalfOf: 'cfo', what: 'figures', parameters: { period: '2026-01' } },
      ]);
    });

    it('is recorded also when it was refused, or went wrong', async () => {
      const account = randomUUID();
      expect((await get(`/figures/${account}?period=none`)).status).toBe(404);
      expect((await get(`/figures/${account}?period=broken`)).status).toBe(500);
      const outcomes = (await accessesOf(account, 2)).map(({ outcome }) => outcome);
      expect(outcomes).toEqual(['TypeError', 'PERIOD_UNKNOWN']);
    });

    it('leaves no text behind that might be about a person', async () => {
      const account = randomUUID();
      await get(`/figures/${account}?period=4111111111111111&note=Jane%20Public`);
      expect((await lastAccess())!.data).toMatchObject({ parameters: { period: 'withheld', note: 'withheld' } });
      await get('/figures/Jane');
      expect((await lastAccess())!.data).not.toHaveProperty('accountId');
    });

    it('is recorded about an account whose id is none of ours, and disturbs nobody who asks at the same time', async () => {
      const strange = '00000000-0000-0000-0000-000000000001';
      const answers = await Promise.all([strange, randomUUID(), strange].map((id) => get(`/figures/${id}`)));
      expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
      expect((await lastAccess())!.data).toMatchObject({ accountId: strange });
    });

    it('is told that a header is malformed, and gets nothing', async () => {
      const answer = await get(`/figures/${randomUUID()}`, { 'x-actor': 'jane@example.com' });
      expect(answer).toMatchObject({ status: 400, body: { code: 'HEADER_INVALID' } });
    });

    it('gets nothing when it cannot be recorded', async () => {
      const failing = jest.spyOn(log.store, 'append').mockRejectedValue(new EventStoreUnavailable('away'));
      expect(await get(`/figures/${randomUUID()}`)).toMatchObject({
        status: 503,
        body: { code: 'ACCESS_NOT_RECORDED' },
      });
      expect((await get('/weather')).status).toBe(200);
      failing.mockRestore();
      expect((await get(`/figures/${randomUUID()}`)).status).toBe(200);
    });

    it('costs few appends when many ask at once', async () => {
      const appends = jest.spyOn(log.store, 'append');
      const account = randomUUID();
      await Promise.all(Array.from({ length: 100 }, () => get(`/figures/${account}`)));
      expect(appends.mock.calls.length).toBeLessThan(40);
      appends.mockRestore();
      const paged = async () => {
        let [found, cursor] = [0, ''];
        for (;;) {
          const page = (await get(`/audit/accesses?accountId=${account}&limit=30${cursor}`)).body;
          found += page.items!.filter(({ what }) => what === 'figures').length;
          if (typeof page['next'] !== 'string') return found;
          cursor = `&cursor=${page['next']}`;
        }
      };
      let found = 0;
      while (found < 100) found = await paged();
      expect(found).toBe(100);
    });

    it('is looked up by day and actor', async () => {
      await get(`/figures/${randomUUID()}`, { 'x-actor': 'finance-9' });
      const today = new Date().toISOString().slice(0, 10);
      while ((await get(`/audit/accesses?actor=finance-9&from=${today}&to=${today}`)).body.items!.length === 0);
      expect((await get('/audit/accesses?actor=finance-9&to=2020-01-01')).body.items).toEqual([]);
      expect(await get('/audit/accesses?from=yesterday')).toMatchObject({ status: 400 });
    });
  });

  it('records side by side in several processes without losing or mixing anything up', async () => {
    const writers = Array.from({ length: 4 }, () => new AccessLog(log.store));
    const by = { actor: `many-${randomBytes(3).toString('hex')}`, correlationId: 'c' };
    await Promise.all(
      writers.flatMap((writer) =>
        Array.from({ length: 25 }, () => writer.record({ by, what: 'figures', parameters: {}, outcome: 'answered' })),
      ),
    );
    const revisions: bigint[] = [];
    for await (const { revision, metadata } of log.store.readStream(
      accessesOn(new Date().toISOString().slice(0, 10)),
    )) {
      if (metadata.actor === by.actor) revisions.push(revision);
    }
    expect(new Set(revisions).size).toBe(100);
  });

  describe('Checkpoints and proofs', () => {
    const account = randomUUID();

    it('are asked for, listed and given as notes', async () => {
      await log.put(`account-${account}`, 620);
      const signed = await post('/audit/checkpoints');
      expect(signed).toMatchObject({ status: 200, body: { verifierKey: keys.signer!.verifier.text } });
      const note = await fetch(`${url}/audit/checkpoints/latest`, { headers: { accept: 'text/plain' } });
      expect(note.headers.get('content-type')).toMatch('text/plain');
      expect(await note.text()).toBe(signed.body['note']);
      const size = Number(signed.body['size']);
      await until(async () => (await get(`/audit/checkpoints/${size}`)).status !== 404);
      expect((await get(`/audit/checkpoints/${size}`)).body).toEqual(signed.body);
      expect((await get('/audit/checkpoints')).body.items![0]).toEqual(signed.body);
      expect(await get('/audit/checkpoints/1')).toMatchObject({ status: 404, body: { code: 'CHECKPOINT_UNKNOWN' } });
    });

    it('prove an event, and all of an account page by page', async () => {
      const first = (await get(`/audit/proofs/accounts/${account}`)).body;
      expect(first).toMatchObject({ next: '500', notSigned: 0 });
      const second = (await get(`/audit/proofs/accounts/${account}?from=500`)).body;
      expect(second).toMatchObject({ next: null, notSigned: 0 });
      const events = [...(first['events'] as { id: string }[]), ...(second['events'] as { id: string }[])];
      expect(events).toHaveLength(620);
      const one = (await get(`/audit/proofs/events/${events[77]!.id}`)).body;
      expect(one['events']).toEqual([events[77]]);
    });

    it('say what is not signed yet', async () => {
      await log.put(`account-${account}`, 2);
      expect((await get(`/audit/proofs/accounts/${account}?from=600`)).body).toMatchObject({
        notSigned: 2,
        next: null,
      });
      const late = (await log.store.readLast(`account-${account}`))!.id;
      const answer = async () => get(`/audit/proofs/events/${late}`);
      await until(async () => (await answer()).body['code'] !== 'EVENT_UNKNOWN');
      expect(await answer()).toMatchObject({ status: 409, body: { code: 'NOT_SIGNED_YET' } });
    });

    it('prove that one checkpoint extends another', async () => {
      const { body: before } = await get('/audit/checkpoints/latest');
      const { body: after } = await post('/audit/checkpoints');
      const path = `/audit/consistency?from=${String(before['size'])}&to=${String(after['size'])}`;
      await until(async () => (await get(path)).status !== 404);
      expect((await get(path)).body).toMatchObject({ before: before['note'], after: after['note'] });
      const backwards = `/audit/consistency?from=${String(after['size'])}&to=${String(before['size'])}`;
      expect(await get(backwards)).toMatchObject({ status: 400 });
    });

    it.each([
      ['/audit/proofs/events/nothing', 404, 'EVENT_UNKNOWN'],
      [`/audit/proofs/events/${randomUUID()}`, 404, 'EVENT_UNKNOWN'],
      [`/audit/proofs/accounts/${randomUUID()}`, 404, 'ACCOUNT_UNKNOWN'],
      ['/audit/proofs/accounts/..%2F..', 404, 'ACCOUNT_UNKNOWN'],
      [`/audit/proofs/accounts/${randomUUID()}?from=x`, 400, 'REQUEST_MALFORMED'],
      ['/audit/consistency?from=1', 400, 'REQUEST_MALFORMED'],
      ['/audit/consistency?from=1&to=2', 404, 'CHECKPOINT_UNKNOWN'],
    ])('refuse %s', async (path, status, code) => {
      expect(await get(path)).toMatchObject({ status, body: { code } });
    });

    it('are not given of an account whose beginning the store was told to hide', async () => {
      await log.asWriter((store) => store.setStreamMetadata(`account-${account}`, { truncateBefore: 3 }));
      expect(await get(`/audit/proofs/accounts/${account}`)).toMatchObject({ status: 500 });
      await log.asWriter((store) => store.setStreamMetadata(`account-${account}`, {}));
      expect(await get(`/audit/proofs/accounts/${account}`)).toMatchObject({ status: 200 });
    });

    it('come back after the tree was built anew', async () => {
      const { body } = await get(`/audit/proofs/accounts/${account}`);
      expect(await post('/audit/tree/rebuild')).toEqual({ status: 202, body: { rebuilding: true } });
      const again = () => get(`/audit/proofs/accounts/${account}`);
      await until(async () => (await again()).status === 200);
      expect((await again()).body).toEqual(body);
    });
  });
});
