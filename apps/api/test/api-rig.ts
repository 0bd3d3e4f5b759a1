import { randomBytes, randomUUID } from 'node:crypto';
import { CommandHandling, EventStore, shownStandings, ProjectionRunner } from '#libs/event-sourcing';
import { LedgerModule } from '#http/ledger';
import {
  ConsolidationProcess,
  ledgerProblemOf,
  paymentReadModels,
  readCatalogue,
  readCollectionPolicy,
  readModels,
  subscriptionReadModels,
  receiptReadModels,
  tillReadModels,
  TransferProcess,
} from '#libs/ledger';
import { createHttpApp } from '#http/platform';
import { createLogger, HttpSettings, PersonalData, readConfig } from '#libs/platform';
import { startTestNode } from '#testing/eventstore-node';
import { embeddedDatabase, until } from '#testing/platform';

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Record<string, unknown> & { errors?: { field: string; message: string }[] };
}

/**
 * A whole Paybill over real parts: an embedded event store node, PGlite, the projections, and the API.
 * @param options.locked without a master key.
 * @param options.clock what day it is for runs over accounts
 */
export async function startApi(
  environment: Record<string, string> = {},
  { locked = false, clock = () => new Date() } = {},
) {
  const node = await startTestNode();
  const store = new EventStore(node.connectionString);
  const database = await embeddedDatabase();
  const { db } = database;
  const lines: string[] = [];
  const log = createLogger({ level: 'debug', destination: { write: (line) => void lines.push(line) } });
  const stopping = new AbortController();
  const projections = [
    ...readModels,
    ...paymentReadModels,
    ...subscriptionReadModels,
    ...receiptReadModels,
    ...tillReadModels,
  ];
  const projecting = new ProjectionRunner(store, db, projections).run(stopping.signal);
  // Tables take seconds to make on a busy machine, longer than a read waits for what has just been written.
  await until(async () => (await shownStandings(db).catch(() => [])).length === projections.length);
  const process = { store, db, handling: new CommandHandling(store), log };
  const carrying = Promise.all(
    [new TransferProcess(process), new ConsolidationProcess(process)].map((each) => each.run(stopping.signal)),
  );
  const settings = readConfig(HttpSettings, environment);
  const personalData = locked ? undefined : new PersonalData(db, randomBytes(32));
  const app = await createHttpApp({
    features: [
      LedgerModule.forRoot({
        ...{ store, db, personalData, clock },
        catalogue: await readCatalogue(),
        collectionPolicy: await readCollectionPolicy(),
      }),
    ],
    settings,
    log,
    probes: { lastPosition: () => store.lastPosition(), projections: () => shownStandings(db) },
    problems: [ledgerProblemOf],
  });
  await app.listen(0, '127.0.0.1');
  const url = await app.getUrl();
  return {
    url,
    app,
    db,
    store,
    node,
    lines,
    personalData,
    ...doorOf(url),
    /** The end of the log: the same before and after means that nothing was appended. */
    end: () => store.lastPosition(),
    stop: async () => {
      await app.close();
      stopping.abort();
      await projecting;
      await carrying;
      await store.close();
      await database.drop();
      await node.close();
    },
  };
}

export type Api = Awaited<ReturnType<typeof startApi>>;

/** Requests as a client makes them. */
export function doorOf(base: string) {
  const request = async (
    method: 'GET' | 'POST' | 'PUT',
    url: string,
    options: { body?: unknown; payload?: string; headers?: Record<string, string> } = {},
  ): Promise<Answer> => {
    const { body, payload = body === undefined ? undefined : JSON.stringify(body), headers = {} } = options;
    const type: Record<string, string> = payload === undefined ? {} : { 'content-type': 'application/json' };
    const response = await fetch(base + url, { method, body: payload, headers: { ...type, ...headers } });
    const text = await response.text();
    const json = response.headers.get('content-type')?.includes('json');
    return {
      status: response.status,
      headers: response.headers,
      body: (json ? JSON.parse(text) : { text }) as Answer['body'],
    };
  };
  const post = (url: string, body: unknown, key: string = randomUUID(), headers: Record<string, string> = {}) =>
    request('POST', url, { body, headers: { 'idempotency-key': key, ...headers } });
  const put = (url: string, body: unknown, key: string = randomUUID()) =>
    request('PUT', url, { body, headers: { 'idempotency-key': key } });
  const open = async () => {
    const { body } = await post('/accounts', { currency: 'USD' });
    return { id: String(body['accountId']), payBillNumber: String(body['payBillNumber']) };
  };
  return {
    request,
    post,
    put,
    get: (url: string) => request('GET', url),
    /** A new account in dollars. */
    open,
    /** A new account that may have this PIN: one time in a thousand a number happens to hold its figures. */
    openFor: async (pin: string) => {
      for (;;) {
        const opened = await open();
        if (!opened.payBillNumber.includes(pin)) return opened;
      }
    },
  };
}

/** A bill of one line over the given amount. */
export function bill(billNumber: string, unitPrice: string) {
  return {
    billNumber,
    issuedOn: '2026-01-01',
    dueOn: '2026-01-31',
    lines: [{ lineId: 'internet', service: 'internet', description: 'Fibre 500', unitPrice }],
  };
}

/** A payment by card. */
export function payment(amount: string, currency = 'USD') {
  return { amount: { amount, currency }, channel: 'online', method: { kind: 'card', token: 'tok_1NirD82eZvKYlo2C' } };
}
