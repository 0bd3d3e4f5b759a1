import { spawnSync } from 'node:child_process';
import { createServer } from 'node:http';
import { type AddressInfo } from 'node:net';
import { CommandLine } from './command-line.js';

const ESCAPE = '\u001b[';

describe('paybill as a program', () => {
  let line: CommandLine;

  beforeEach(async () => {
    line = await CommandLine.open();
  });
  afterEach(() => line.close());

  it('says its version and its help on standard output, and does well', async () => {
    const version = await line.paybill(['--version']);
    expect(version).toMatchObject({ code: 0, err: '' });
    expect(version.out).toMatch(/^\d+\.\d+\.\d+\n$/);
    for (const args of [
      ['help', 'fraud', 'cases', 'list'],
      ['fraud', 'cases', 'list', '--help'],
    ]) {
      const { out, err, code } = await line.paybill(args);
      expect(out).toMatch(/^Usage: paybill fraud cases list \[options\]$/m);
      expect({ err, code }).toEqual({ err: '', code: 0 });
    }
  }, 60_000);

  it('refuses a wrong command line in one sentence with exit code 2, and suggests what was meant', async () => {
    const wrong: [string[], string][] = [
      [['parkd'], "error: unknown command 'parkd' (Did you mean parked?); see paybill --help\n"],
      [['help', 'parked', 'lst'], "error: unknown command 'lst' (Did you mean list?); see paybill parked --help\n"],
      [['help', 'events', 'all'], 'error: paybill events has no command all\n'],
      [
        ['parked', 'list', '--jsn'],
        "error: unknown option '--jsn' (Did you mean --json?); see paybill parked list --help\n",
      ],
      [
        ['parked', 'discard', '17'],
        "error: required option '--reason <text>' not specified; see paybill parked discard --help\n",
      ],
      [
        ['parked', 'list', '--url', 'here'],
        "error: option '--url <url>' argument 'here' is invalid. must be a URL such as http://127.0.0.1:3000; see paybill parked list --help\n",
      ],
      [
        ['relay', 'status', '--eventstore', 'http://x'],
        "error: option '--eventstore <url>' argument 'http://x' is invalid. must be a URL such as kurrentdb://127.0.0.1:2113?tls=false; see paybill relay status --help\n",
      ],
      [
        ['parked', 'list', '--data', 'x', '--url', 'http://127.0.0.1:1'],
        'error: --data and --url name two targets; give one of them\n',
      ],
      [
        ['import', 'telco', 'x.csv', '--url', 'http://127.0.0.1:1'],
        'error: --url and --eventstore (PAYBILL_URL and EVENTSTORE_URL) go together: both, or neither\n',
      ],
    ];
    for (const [args, sentence] of wrong) {
      expect(await line.paybill(args)).toEqual({ code: 2, out: '', err: sentence });
    }
  }, 60_000);

  it('tells failures as JSON on standard error where JSON is asked for', async () => {
    const { code, out, err } = await line.paybill(['parked', 'lst', '--json']);
    expect(JSON.parse(err)).toEqual({
      error: { message: "unknown command 'lst' (Did you mean list?); see paybill parked --help", exitCode: 2 },
    });
    expect({ code, out }).toEqual({ code: 2, out: '' });
  }, 60_000);

  it('lists its commands on standard error when it is told none, with exit code 2', async () => {
    for (const args of [[], ['fraud', 'cases']]) {
      const { code, out, err } = await line.paybill(args);
      expect(err).toMatch(/^Commands:$/m);
      expect({ code, out }).toEqual({ code: 2, out: '' });
    }
  }, 60_000);

  it('says who was asked and what answered, with exit code 3', async () => {
    const strange = createServer((_, response) => response.writeHead(404).end('nothing here'));
    await new Promise<void>((resolve) => strange.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(strange.address() as AddressInfo).port}`;
    try {
      const unreachable: [string[], Record<string, string>, RegExp][] = [
        [
          ['parked', 'list'],
          {},
          /^error: no Paybill is running on \S+; start one with paybill start, name its --data, or give --url\n$/,
        ],
        [
          ['parked', 'list', '--url', 'http://127.0.0.1:1'],
          {},
          /^error: no Paybill answers at http:\/\/127\.0\.0\.1:1: \S.*\n$/,
        ],
        [['parked', 'list', '--url', url], {}, new RegExp(`^error: ${url} answers 404 and is no Paybill\n$`)],
        [['parked', 'list'], { PAYBILL_URL: url }, new RegExp(`^error: ${url} answers 404 and is no Paybill\n$`)],
        // What is said on the command line goes before the environment.
        [
          ['parked', 'list', '--data', 'elsewhere'],
          { PAYBILL_URL: url },
          /^error: no Paybill is running on elsewhere;/,
        ],
        [['relay', 'status', '--brokers', '127.0.0.1:1'], {}, /^error: --brokers: Kafka does not answer: /m],
      ];
      for (const [args, environment, sentence] of unreachable) {
        const { code, out, err } = await line.paybill(args, environment);
        expect(err).toMatch(sentence);
        expect({ code, out }).toEqual({ code: 3, out: '' });
      }
    } finally {
      strange.close();
    }
  }, 60_000);

  it('has colour at a terminal and nowhere else, unless told otherwise', async () => {
    const help = (args: string[], environment: Record<string, string> = {}) =>
      line.paybill(['help', ...args], environment);
    expect((await help([])).out).not.toContain(ESCAPE);
    expect((await help([], { FORCE_COLOR: '1' })).out).toContain(ESCAPE);
    expect((await help([], { FORCE_COLOR: '1', NO_COLOR: '1' })).out).not.toContain(ESCAPE);
    expect((await help(['--no-color'], { FORCE_COLOR: '1' })).out).not.toContain(ESCAPE);
    const terminal = (environment: Record<string, string>) => {
      const { PATH } = process.env;
      const run = spawnSync('script', ['-qec', `${line.command} help`, '/dev/null'], { env: { PATH, ...environment } });
      return run.stdout.toString();
    };
    expect(terminal({ TERM: 'xterm' })).toContain(ESCAPE);
    expect(terminal({ TERM: 'xterm', NO_COLOR: '1' })).not.toContain(ESCAPE);
    expect(terminal({ TERM: 'dumb' })).not.toContain(ESCAPE);
  }, 60_000);

  it('ends quietly when its reader has read enough', () => {
    const run = spawnSync('bash', ['-c', `${line.command} events | head -1`]);
    expect(run.stdout.toString()).toBe('# Stored events\n');
    expect(run.stderr.toString()).toBe('');
  }, 60_000);
});
