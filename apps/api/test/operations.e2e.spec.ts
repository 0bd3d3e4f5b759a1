import { sql } from 'kysely';
import { readFile } from 'node:fs/promises';
import { EventStore, shownStandings } from '#libs/event-sourcing';
import { LedgerModule } from '#http/ledger';
import {
  ledgerProblemOf,
  paymentReadModels,
  readCatalogue,
  readCollectionPolicy,
  readModels,
  subscriptionReadModels,
  receiptReadModels,
  tillReadModels,
} from '#libs/ledger';
import { createHttpApp } from '#http/platform';
import { createLogger, HttpSettings, openDatabase, readConfig } from '#libs/platform';
import { type Api, bill, doorOf, payment, startApi } from './api-rig.js';

describe('Running the API', () => {
  let api: Api;
  beforeAll(async () => {
    api = await startApi();
  }, 60_000);
  afterAll(() => api.stop());

  it('says that it is alive and ready, with every projection and how far it is', async () => {
    await api.open();
    expect(await api.get('/health')).toMatchObject({ status: 200, body: { status: 'ok' } });
    const ready = await api.get('/ready');
    expect(ready).toMatchObject({
      status: 200,
      body: { ready: true, eventStore: { reachable: true }, database: { reachable: true } },
    });
    const names = (ready.body['projections'] as { name: string }[]).map(({ name }) => name);
    expect(names).toEqual(
      [...readModels, ...paymentReadModels, ...subscriptionReadModels, ...receiptReadModels, ...tillReadModels]
        .map(({ name }) => name)
        .sort(),
    );
    expect((ready.body['projections'] as unknown[])[0]).toMatchObject({
      position: expect.stringMatching(/^\d+$/) as string,
      lagBytes: expect.stringMatching(/^\d+$/) as string,
      lagSeconds: expect.any(Number) as number,
      error: null,
    });
  });

  it('counts requests by route pattern and commands by outcome for Prometheus', async () => {
    const { id } = await api.open();
    await api.post(`/accounts/${id}/payments`, payment('2.00'), 'once');
    await api.post(`/accounts/${id}/payments`, payment('2.00'), 'once');
    await api.post(`/accounts/${id}/payments`, payment('-2.00'));
    const { status, body } = await api.get('/metrics');
    const text = String(body['text']);
    expect(status).toBe(200);
    const route = 'method="POST",route="/accounts/:accountId/payments"';
    expect(text).toContain(`paybill_http_request_duration_seconds_count{${route},status="201"} 2`);
    expect(text).toContain(`paybill_http_request_duration_seconds_count{${route},status="422"} 1`);
    expect(text).toContain('paybill_commands_total{type="ApplyPayment",outcome="accepted"} 1');
    expect(text).toContain('paybill_commands_total{type="ApplyPayment",outcome="repeated"} 1');
    expect(text).toContain('paybill_commands_total{type="ApplyPayment",outcome="AMOUNT_NOT_POSITIVE"} 1');
    expect(text).toMatch(/paybill_projection_position\{projection="\w+_v\d+"\} \d+/);
    expect(text).toMatch(/paybill_projection_lag_bytes\{projection="\w+_v\d+"\} \d+/);
    expect(text).toContain('paybill_event_store_up 1');
    expect(text).toContain('process_resident_memory_bytes');
    expect(text).not.toContain(id);
  });

  it('logs a line for each request, by route pattern, with actor and outcome, and without ids of customers', async () => {
    const { id, payBillNumber } = await api.open();
    api.lines.length = 0;
    await api.post(`/accounts/${id}/bills`, bill('B-1', '1.00'), 'k1', { 'x-actor': 'agent:42' });
    const paid = await api.post(`/pay-bill-numbers/${payBillNumber}/payments`, payment('1.00', 'EUR'));
    const entries = api.lines.map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(entries).toEqual(
      expect.arrayContaining([
        expect.objectContaining({
          method: 'POST',
          route: '/accounts/:accountId/bills',
          status: 201,
          actor: 'agent:42',
          durationMs: expect.any(Number) as number,
        }),
        expect.objectContaining({
          route: '/pay-bill-numbers/:payBillNumber/payments',
          status: 409,
          code: 'PAYMENT_NOT_TAKEN',
          requestId: paid.headers.get('x-request-id'),
        }),
      ]),
    );
    expect(paid.body['instance']).toBe(`urn:uuid:${paid.headers.get('x-request-id')}`);
    expect(api.lines.join('')).not.toContain(payBillNumber);
  });

  it.each(['alerts/paybill.rules.yaml', 'grafana/paybill.json'])(
    'has every metric that infra/%s asks for',
    async (file) => {
      const asked = await readFile(new URL(`../../../infra/${file}`, import.meta.url), 'utf8');
      const { text } = (await api.get('/metrics')).body;
      const there = new Set(
        String(text)
          .match(/^# TYPE \S+/gm)
          ?.map((line) => line.slice('# TYPE '.length)),
      );
      const names = [...asked.matchAll(/\b(?:paybill|process|nodejs)_[a-z\d_]+/g)].map(([name]) =>
        name.replace(/_bucket$/, ''),
      );
      expect(names.length).toBeGreaterThan(10);
      expect(names.filter((name) => !there.has(name))).toEqual([]);
    },
  );

  it('describes every command, its schemas and its problems at /docs-json, and shows them at /docs', async () => {
    const { body } = await api.get('/docs-json');
    const paths = body['paths'] as Record<string, Record<string, Record<string, unknown>>>;
    for (const path of [
      '/accounts',
      '/accounts/{accountId}/bills',
      '/accounts/{accountId}/payments',
      '/pay-bill-numbers/{payBillNumber}/payments',
      '/accounts/{accountId}/bills/{billNumber}/lines/{lineId}/reversals',
      '/accounts/{accountId}/payments/{paymentId}/unapplications',
      '/accounts/{accountId}/payments/{paymentId}/returns',
      '/accounts/{accountId}/credits',
      '/accounts/{accountId}/credit-applications',
      '/accounts/{accountId}/closure',
    ]) {
      const post = paths[path]?.['post'];
      expect(post?.['parameters']).toContainEqual(
        expect.objectContaining({ name: 'Idempotency-Key', in: 'header', required: true }),
      );
      expect(Object.keys(post?.['responses'] ?? {})).toEqual(
        expect.arrayContaining(['201', '400', '404', '409', '413', '415', '422', '429', '503']),
      );
    }
    const schemas = (body['components'] as { schemas: Record<string, unknown> }).schemas;
    expect(Object.keys(schemas)).toEqual(
      expect.arrayContaining(['IssueBillRequest', 'ApplyPaymentRequest', 'PaymentAppliedAnswer', 'Problem', 'Money']),
    );
    expect((await api.get('/docs')).body['text']).toContain('Paybill API');
  });
});

describe('An API whose event store is away', () => {
  it('is alive and not ready, and says so without its passwords', async () => {
    const lines: string[] = [];
    const log = createLogger({ destination: { write: (line) => void lines.push(line) } });
    const store = new EventStore('kurrentdb://127.0.0.1:1?tls=false&maxDiscoverAttempts=1');
    const db = await openDatabase({ url: 'postgres://paybill:hunter2@127.0.0.1:1/paybill' });
    const app = await createHttpApp({
      features: [
        LedgerModule.forRoot({
          ...{ store, db },
          catalogue: await readCatalogue(),
          collectionPolicy: await readCollectionPolicy(),
        }),
      ],
      settings: readConfig(HttpSettings, {}),
      log,
      probes: { lastPosition: () => store.lastPosition(), projections: () => shownStandings(db) },
      problems: [ledgerProblemOf],
    });
    await app.listen(0, '127.0.0.1');
    const { get, post } = doorOf(await app.getUrl());
    expect((await get('/health')).status).toBe(200);
    expect(await post('/accounts', { currency: 'USD' })).toMatchObject({
      status: 503,
      body: { code: 'EVENT_STORE_UNAVAILABLE' },
    });
    expect(await get('/ready')).toMatchObject({
      status: 503,
      body: { ready: false, eventStore: { reachable: false }, database: { reachable: false } },
    });
    expect((await get('/metrics')).body['text']).toContain('paybill_event_store_up 0');
    expect(lines.join('')).not.toContain('hunter2');
    await app.close();
    await store.close();
    await db.close();
  }, 60_000);
});

describe('An API on read models of another build', () => {
  it('says so, and takes commands all the same', async () => {
    const api = await startApi();
    const { id } = await api.open();
    await sql`drop view bills`.execute(api.db.sql);
    expect(await api.get(`/accounts/${id}/bills`)).toMatchObject({
      status: 503,
      body: { code: 'READ_MODELS_OUTDATED', detail: expect.stringContaining('paybill projections status') as string },
    });
    expect((await api.post(`/accounts/${id}/payments`, payment('1.00'))).status).toBe(201);
    await api.stop();
  }, 60_000);
});

describe('A rate limit', () => {
  it('refuses an address that asks too often, until the window is over, but not the probes', async () => {
    const api = await startApi({ PAYBILL_RATE_LIMIT: '3', PAYBILL_RATE_LIMIT_WINDOW_SECONDS: '600' });
    const answers = [];
    for (let count = 0; count < 4; count++) answers.push(await api.post('/accounts', { currency: 'USD' }));
    expect(answers.map(({ status }) => status)).toEqual([201, 201, 201, 429]);
    expect(answers[3]).toMatchObject({ body: { code: 'RATE_LIMITED' } });
    expect(Number(answers[3]?.headers.get('retry-after'))).toBeGreaterThan(0);
    expect((await api.get('/health')).status).toBe(200);
    await api.stop();
  }, 60_000);
});

describe('Stopping', () => {
  it('finishes the requests in flight', async () => {
    const api = await startApi();
    const { id } = await api.open();
    const inFlight = Array.from({ length: 20 }, () => api.post(`/accounts/${id}/payments`, payment('1.00')));
    await Promise.race(inFlight);
    const stopping = api.app.close();
    const answers = await Promise.allSettled(inFlight);
    await stopping;
    const done = answers.filter((answer) => answer.status === 'fulfilled' && answer.value.status === 201).length;
    expect((await api.store.readLast(`account-${id}`))?.revision).toBe(BigInt(done));
    await api.stop();
  }, 60_000);
});
