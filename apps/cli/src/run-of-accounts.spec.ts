import { jest } from '@jest/globals';
import { createServer, type Server } from 'node:http';
import { type AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { paybillProgram } from './program.js';

const FAILED = { failed: 0, failures: [] };
const NOTHING = { count: 0, totals: [] };
const REPORTS = {
  autopay: {
    ...{ accounts: 0, announced: 0, presented: 0, totals: [], rescheduled: 0, dropped: [] },
    ...{ suspended: 0, stopped: 0, cardsExpiring: 0, ...FAILED },
  },
  collections: {
    ...{
      accounts: 0,
      actedOn: 0,
      lateFees: NOTHING,
      steps: [],
      suspended: 0,
      restored: 0,
      writtenOff: NOTHING,
      ...FAILED,
    },
  },
};

describe.each(['autopay', 'collections'] as const)('paybill %s run', (kind) => {
  let api: Server;
  let url: string;
  const asked: unknown[] = [];

  beforeAll(async () => {
    api = createServer((request, answer) => {
      void text(request).then((body) => {
        const { date, dryRun } = JSON.parse(body) as { date: string; dryRun: boolean };
        asked.push([request.url, date, dryRun]);
        const run = { state: 'finished', progress: { accounts: 0, done: 0 }, error: null, policy: 'test/1' };
        answer.setHeader('content-type', 'application/json');
        answer.end(JSON.stringify({ ...run, date, dryRun, report: REPORTS[kind] }));
      });
    });
    await new Promise<void>((listening) => api.listen(0, '127.0.0.1', listening));
    url = `http://127.0.0.1:${(api.address() as AddressInfo).port}`;
    jest.spyOn(console, 'log').mockImplementation(() => undefined);
    jest.useFakeTimers({ doNotFake: ['nextTick', 'setImmediate', 'setTimeout', 'setInterval', 'queueMicrotask'] });
  });
  afterAll(async () => {
    jest.useRealTimers();
    jest.restoreAllMocks();
    await new Promise((closed) => api.close(closed));
  });

  it('is that of the day that is named, and of today when none is', async () => {
    jest.setSystemTime(new Date('2026-02-20T23:59:59.000Z'));
    for (const words of [[], ['--dry-run'], ['--date', '2026-02-21']]) {
      const program = await paybillProgram([kind, 'run', ...words]);
      await program.parseAsync([kind, 'run', ...words, '--url', url], { from: 'user' });
    }
    expect(asked).toEqual([
      [`/${kind}-runs`, '2026-02-20', false],
      [`/${kind}-runs`, '2026-02-20', true],
      [`/${kind}-runs`, '2026-02-21', false],
    ]);
  });
});
