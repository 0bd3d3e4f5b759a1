import { randomUUID } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { CommandLine } from './command-line.js';

const RULES = `version: 'trial-1'
rules:
  - id: two-in-an-hour
    version: 1
    kind: velocity-count
    scope: account
    of: payments
    moreThan: 1
    window: PT1H
    action: alert
    severity: high
`;

interface Parked {
  kind: string;
  id: string;
  accountId: string;
  what: string;
  reason: string;
}

/** Listens on a port of its own; what it answers is for each test to say. */
async function listening(answer: (request: IncomingMessage, response: ServerResponse) => void) {
  const server: Server = createServer((request, response) => {
    request.resume().on('end', () => answer(request, response));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { url, close: () => new Promise((resolve) => server.close(resolve)) };
}

describe('paybill for operators, beside a running Paybill', () => {
  let line: CommandLine;
  let url: string;

  beforeAll(async () => {
    line = await CommandLine.open();
    await writeFile(join(line.directory, 'rules.yaml'), RULES);
    url = await line.standalone({ PAYBILL_FRAUD_RULES: join(line.directory, 'rules.yaml') });
  }, 120_000);
  afterAll(() => line.close(), 60_000);

  async function post(path: string, body: object, method = 'POST'): Promise<Record<string, string>> {
    const headers = { 'content-type': 'application/json', 'idempotency-key': randomUUID() };
    const answer = await fetch(new URL(path, url), { method, headers, body: JSON.stringify(body) });
    if (!answer.ok) throw new Error(await answer.text());
    return (await answer.json()) as Record<string, string>;
  }

  async function payer(payments: number): Promise<string> {
    const { accountId } = await post('/accounts', { currency: 'USD' });
    const payment = { amount: { amount: '10.00', currency: 'USD' }, channel: 'online', method: { kind: 'cash' } };
    for (let index = 0; index < payments; index++) await post(`/accounts/${accountId}/payments`, payment);
    return accountId!;
  }

  /** The JSON of a command, run until it is as wanted: consumers take a moment. */
  async function until<Answer>(args: readonly string[], wanted: (answer: Answer) => boolean): Promise<Answer> {
    for (;;) {
      const { out } = await line.paybill([...args, '--json']);
      const answer = JSON.parse(out) as Answer;
      if (wanted(answer)) return answer;
    }
  }

  const parkedWhen = async (count: number) =>
    (await until<{ parked: Parked[] }>(['parked', 'list'], ({ parked }) => parked.length === count)).parked;

  it('adds a webhook, lists what it could not take, has it tried again or gives it up, and removes it', async () => {
    let status = 410;
    const receiver = await listening((_, response) => response.writeHead(status).end());
    try {
      const added = await line.paybill(['webhooks', 'add', receiver.url, '--types', 'payment-confirmation']);
      expect(added.out).toMatch(/^secret {3}whsec_\S{40,}$/m);
      const id = /^webhook {2}(\S+)$/m.exec(added.out)![1]!;
      const listed = await line.paybill(['webhooks', 'list']);
      expect(listed.out).toContain(receiver.url);
      expect(listed.out).not.toContain('whsec_');

      const account = await payer(1);
      const [first] = await parkedWhen(1);
      expect(first).toMatchObject({ kind: 'delivery', accountId: account, reason: 'HTTP 410' });
      expect(first!.what).toBe('payment-confirmation → webhook');
      const shown = await line.paybill(['parked', 'list']);
      expect(shown.out).toMatch(new RegExp(`^delivery +${first!.id} +${account} +payment-confirmation`, 'm'));

      status = 204;
      expect(await line.paybill(['parked', 'retry', first!.id])).toMatchObject({ code: 0 });
      await parkedWhen(0);
      expect((await line.paybill(['parked', 'list'])).out).toBe('nothing is parked\n');

      status = 410;
      await payer(1);
      await payer(1);
      const [second] = await parkedWhen(2);
      const given = await line.paybill(['parked', 'discard', second!.id, '--reason', 'a test', '--actor', 'ops-1']);
      expect(given.out).toBe(`${second!.id} is given up\n`);
      await parkedWhen(1);
      status = 204;
      expect((await line.paybill(['parked', 'retry', '--all'])).out).toBe('1 are tried again\n');
      await parkedWhen(0);

      expect(await line.paybill(['webhooks', 'remove', id])).toMatchObject({ code: 0, out: `${id} is removed\n` });
      expect((await line.paybill(['webhooks', 'list'])).out).toBe('there is no webhook\n');
    } finally {
      await receiver.close();
    }
  }, 180_000);

  it('leads a case from its list to a decision', async () => {
    const account = await payer(2);
    interface Case {
      caseId: string;
      accountId: string;
      state: string;
    }
    const mine = ({ cases }: { cases: Case[] }) => cases.find(({ accountId }) => accountId === account);
    const open = await until<{ cases: Case[] }>(
      ['fraud', 'cases', 'list', '--state', 'open'],
      (answer) => mine(answer) !== undefined,
    );
    const { caseId } = mine(open)!;
    const assigned = await line.paybill(['fraud', 'cases', 'assign', caseId, '--to', 'analyst-7']);
    expect(assigned).toMatchObject({ code: 0, out: `case ${caseId} is assigned\n` });
    const dismissed = await line.paybill(['fraud', 'cases', 'dismiss', caseId, '--reason', 'known-customer']);
    expect(dismissed.out).toBe(`case ${caseId} is dismissed\n`);
    await until<{ cases: Case[] }>(['fraud', 'cases', 'list'], (answer) => mine(answer)?.state === 'dismissed');
    const late = await line.paybill(['fraud', 'cases', 'confirm', caseId, '--reason', 'customer-confirmed']);
    expect(late.err).toMatch(/^error: this case has been dismissed.* \(CASE_DECIDED\)\n$/);
    expect(late.code).toBe(1);
    const wordy = await line.paybill(['fraud', 'cases', 'confirm', caseId, '--reason', 'She did it!']);
    expect(wordy.err).toContain('must be a code such as');
    expect(wordy.code).toBe(1);
  }, 120_000);

  it('shows that a customer is locked out, without a secret, and unlocks in the name and for the reason it is given', async () => {
    const accountId = await payer(0);
    const verification = `/accounts/${accountId}/verification`;
    await post(`${verification}/pin`, { pin: '4826' }, 'PUT');
    const wrong = { method: 'pin', purpose: 'account-access', askedBy: 'phone', secret: '7391' };
    for (let guess = 1; guess <= 5; guess++) await post(`${verification}/checks`, wrong);
    const { out } = await line.paybill(['verification', 'show', accountId]);
    expect(out).toMatch(/^locked {9}until \d{4}-/m);
    expect(out).toMatch(/VerificationFailed +anonymous +pin, account-access, phone$/m);
    expect(out).not.toMatch(/(?<!\d)(4826|7391)(?!\d)/);
    const unlock = ['verification', 'unlock', accountId, '--reason', 'identified-in-person', '--actor', 'agent-7'];
    const done = await line.paybill(unlock);
    expect(done).toEqual({ code: 0, err: '', out: `verification of ${accountId} is unlocked\n` });
    const shown = await line.paybill(['verification', 'show', accountId, '--json']);
    const [last] = (JSON.parse(shown.out) as { trail: object[] }).trail;
    expect(last).toMatchObject({ what: 'VerificationUnlocked', actor: 'agent-7', reason: 'identified-in-person' });
  }, 60_000);

  it('tries rules on history: what they would have found, on which days, and nothing comes of it', async () => {
    const trial = RULES.replace('two-in-an-hour', 'above-five-dollars')
      .replace('velocity-count', 'velocity-sum')
      .replace('moreThan: 1', "moreThan: { USD: '5.00' }");
    await writeFile(join(line.directory, 'trial.yaml'), trial);
    interface Report {
      messages: number;
      rules: { alerts: number }[];
    }
    const back = (...args: string[]) => line.paybill(['fraud', 'backtest', '--rules', 'trial.yaml', ...args]);
    const alerts = async () => (JSON.parse((await back('--json')).out) as Report).rules[0]!.alerts;
    const end = async () => {
      const ready = (await (await fetch(new URL('/ready', url))).json()) as { eventStore: { position: string } };
      return ready.eventStore.position;
    };
    const already = await alerts();
    // One payment is nothing to the rules in force, so nobody else writes on its account.
    const account = await payer(1);
    const before = await end();
    expect(await alerts()).toBe(already + 1);
    const shown = await back();
    expect(shown.out).toMatch(/^above-five-dollars v1 +alert +[1-9]\d* +[1-9]\d* +\d+\.00 USD/m);
    const earlier = JSON.parse((await back('--json', '--to', '2020-12-31')).out) as Report;
    expect(earlier).toMatchObject({ messages: 0, rules: [{ alerts: 0 }] });
    const { out } = await line.paybill(['fraud', 'cases', 'list']);
    expect(out).not.toContain(account);
    expect(before).toMatch(/^\d+$/);
    expect(await end()).toBe(before);
  }, 120_000);

  it('says which parked id, webhook or case is not there', async () => {
    const id = randomUUID();
    const unknown: [string[], number, string][] = [
      [['parked', 'retry', '4711'], 1, 'error: no message with this id is parked'],
      [['parked', 'retry', id], 1, 'error: no delivery with this id is parked'],
      [['parked', 'discard', id, '--reason', 'gone'], 1, 'error: no delivery with this id is parked'],
      [['parked', 'retry', 'seven'], 2, 'error: the id must be a number (a message) or a UUID (a delivery)'],
      [['parked', 'retry'], 2, 'error: name the id to retry, or --all'],
      [['parked', 'retry', '1', '--all'], 2, 'error: name the id to retry, or --all'],
      [['webhooks', 'remove', id], 1, 'error: there is no webhook with this id'],
      [['webhooks', 'add', 'ftp://example.com'], 1, 'must be an http or https URL'],
      [['webhooks', 'add', 'https://example.com', '--types', 'birthday'], 1, '(REQUEST_MALFORMED)'],
      [['fraud', 'cases', 'assign', id, '--to', 'analyst-7'], 1, 'error: no case with this id has been opened'],
      [['fraud', 'cases', 'list', '--state', 'lost'], 2, 'Allowed choices are open, assigned, confirmed, dismissed'],
      [['parked', 'retry', '1', '--actor', 'Jane Public'], 1, 'must be an opaque identifier'],
    ];
    for (const [args, exitCode, sentence] of unknown) {
      const { code, err } = await line.paybill(args);
      expect(err).toContain(sentence);
      expect(err).not.toMatch(/^ +at /m);
      expect(code).toBe(exitCode);
    }
    const told = await line.paybill(['parked', 'retry', '4711', '--json']);
    expect(told.err).toMatch(/"exitCode":1,"code":"[A-Z_]+"/);
    expect(told).toMatchObject({ code: 1, out: '' });
  }, 120_000);
});

describe('paybill for operators, without a Paybill', () => {
  let line: CommandLine;

  beforeEach(async () => {
    line = await CommandLine.open();
  });
  afterEach(() => line.close());

  it('says that none is running, and starts none', async () => {
    await writeFile(join(line.directory, 'rules.yaml'), RULES);
    for (const args of [
      ['parked', 'list'],
      ['webhooks', 'list'],
      ['fraud', 'cases', 'list'],
      ['fraud', 'backtest', '--rules', 'rules.yaml'],
    ]) {
      const { code, err } = await line.paybill(args);
      expect(err).toMatch(/^error: no Paybill is running on .*; start one with paybill start/);
      expect(code).toBe(3);
    }
    const { err } = await line.paybill(['parked', 'list'], { PAYBILL_URL: 'http://127.0.0.1:1' });
    expect(err).toMatch(/^error: no Paybill answers at http:\/\/127\.0\.0\.1:1: /);
  }, 60_000);

  it('checks a rules file by itself, and names each fault with its line', async () => {
    const check = async (text: string) => {
      await writeFile(join(line.directory, 'rules.yaml'), text);
      return line.paybill(['fraud', 'rules', 'check', 'rules.yaml']);
    };
    expect(await check(RULES)).toMatchObject({ code: 0, out: 'rules.yaml would be taken: version trial-1, 1 rules\n' });
    const { code, err } = await check(RULES.replace('PT1H', 'an hour').replace('severity: high', 'severity: dire'));
    expect(err).toMatch(/^error: rules\.yaml:9: rules\.0\.window must be an ISO 8601 duration/);
    expect(err).toMatch(/^rules\.yaml:11: rules\.0\.severity must be low, medium or high$/m);
    expect(code).toBe(1);
    const tried = await line.paybill(['fraud', 'backtest', '--rules', 'rules.yaml']);
    expect(tried.err).toMatch(/^error: rules\.yaml:9: /);
    const none = await line.paybill(['fraud', 'backtest', '--rules', 'none.yaml']);
    expect(none.err).toContain('error: the rules cannot be read: ENOENT');
    expect(none.code).toBe(2);
  }, 60_000);

  it('follows a list to its last page, and speaks in the name it was given', async () => {
    const asked: string[] = [];
    const message = (id: number) => ({
      ...{ id: String(id), consumer: 'fraud', accountId: 'a', messageId: 'm', type: 'payment.applied' },
      ...{ reason: 'broken\u001b[2J', attempts: 1, waiting: 2, parkedAt: '2026-01-31T12:00:00.000Z' },
    });
    const server = await listening(({ method, url = '', headers }, response) => {
      asked.push(`${method} ${url} ${headers['x-actor'] as string}`);
      const { pathname, searchParams } = new URL(url, 'http://any');
      const second = searchParams.get('cursor') === 'more';
      const page = { items: [message(second ? 2 : 1)], next: second ? null : 'more' };
      const answer =
        method === 'POST'
          ? { id: '1', state: 'retrying' }
          : pathname === '/parked-messages'
            ? page
            : { items: [], next: null };
      response.setHeader('content-type', 'application/json').end(JSON.stringify(answer));
    });
    try {
      const environment = { PAYBILL_URL: server.url };
      const { out } = await line.paybill(['parked', 'list'], environment);
      expect(out).toMatch(/^message +1 +a +payment\.applied → fraud +1 +2 +2026-01-31T12:00:00Z +broken \[2J$/m);
      expect(out).toMatch(/^message +2 /m);
      asked.length = 0;
      await line.paybill(['parked', 'retry', '--all', '--actor', 'ops-1'], environment);
      const posts = asked.filter((line) => line.startsWith('POST'));
      expect(posts).toEqual(['POST /parked-messages/1/retry ops-1', 'POST /parked-messages/2/retry ops-1']);
    } finally {
      await server.close();
    }
  }, 60_000);
});
