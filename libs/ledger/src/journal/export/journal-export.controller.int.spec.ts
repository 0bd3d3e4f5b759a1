import { jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { once } from 'node:events';
import { ReadBarrier } from '#libs/event-sourcing';
import { createHttpApp } from '#http/platform';
import { createLogger, HttpSettings, readConfig } from '#libs/platform';
import { JournalExportController } from './journal-export.controller.js';
import { JournalExport } from './journal-export.queries.js';

class ExportModule {}

describe('The answer of an export', () => {
  let app: Awaited<ReturnType<typeof createHttpApp>>;
  let url: string;
  let text: () => AsyncGenerator<string>;

  beforeEach(async () => {
    const journal = { extent: () => Promise.resolve({ position: '700', entries: 2 }), text: () => text() };
    const barrier = { waitFor: () => Promise.resolve(), reached: () => Promise.resolve(700n) };
    const feature = {
      module: ExportModule,
      controllers: [JournalExportController],
      providers: [
        { provide: JournalExport, useValue: journal },
        { provide: ReadBarrier, useValue: barrier },
      ],
    };
    app = await createHttpApp({
      features: [feature],
      probes: {},
      settings: readConfig(HttpSettings, {}),
      log: createLogger({ level: 'silent' }),
    });
    await app.listen(0, '127.0.0.1');
    url = `${(await app.getUrl()).replace('[::1]', '127.0.0.1')}/journal/export?format=jsonl`;
  });
  afterEach(async () => {
    jest.restoreAllMocks();
    // A client that has left may hold a fresh connection on which nothing was asked.
    app.getHttpServer().closeAllConnections();
    await app.close();
  });

  it('breaks off, and says why in the log, when the rest cannot be read', async () => {
    const logged = jest.spyOn(Logger.prototype, 'error').mockImplementation(() => undefined);
    text = async function* () {
      yield await Promise.resolve('{"the":"first"}\n');
      throw new Error('1 entries were read where 2 were counted');
    };
    const answer = await fetch(url);
    expect(answer.headers.get('journal-entries')).toBe('2');
    await expect(answer.text()).rejects.toThrow('terminated');
    expect(logged).toHaveBeenCalledWith('an export was cut off: 1 entries were read where 2 were counted');
  });

  it('is not read on when nobody wants it any more', async () => {
    const stopped = new EventTarget();
    text = async function* () {
      try {
        for (;;) yield await Promise.resolve('{"one":"more"}\n');
      } finally {
        stopped.dispatchEvent(new Event('stopped'));
      }
    };
    const heard = once(stopped, 'stopped');
    const leaving = new AbortController();
    const answer = await fetch(url, { signal: leaving.signal });
    await answer.body!.getReader().read();
    leaving.abort();
    await heard;
  });
});
