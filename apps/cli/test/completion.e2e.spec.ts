import { type ChildProcessWithoutNullStreams, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CommandLine } from './command-line.js';

/** What is typed before the tabulator key, and what the line has become. */
const TYPED: readonly (readonly [string, string])[] = [
  ['paybill par', 'paybill parked '],
  ['paybill --no-color parked ret', 'paybill --no-color parked retry '],
  ['paybill fraud ca', 'paybill fraud cases '],
  ['paybill parked discard 17 --rea', 'paybill parked discard 17 --reason'],
  ['paybill fraud cases list --state op', 'paybill fraud cases list --state open '],
  ['paybill fraud cases list --state=dis', 'paybill fraud cases list --state=dismissed '],
  ['paybill fraud rules check ru', 'paybill fraud rules check rules.yaml '],
  ['paybill journal export --out ru', 'paybill journal export --out rules.yaml '],
  ['paybill completion z', 'paybill completion zsh '],
  ['paybill eventstore --no-c', 'paybill eventstore --no-color '],
];

/** How each shell is told to load the script, and to show the line when Ctrl-T is pressed. */
const INTERACTIVE = {
  bash: { command: 'bash --norc -i', setUp: String.raw`bind -x '"\C-t": echo "<<$READLINE_LINE>>"'; source ./loaded` },
  zsh: {
    command: 'zsh -f -i',
    setUp:
      'autoload -U compinit; compinit -u -D; source ./loaded; tell() { print -r -- "<<$BUFFER>>" }; zle -N tell; bindkey "^T" tell',
  },
} as const;

const has = (shell: string) => spawnSync(shell, ['--version']).status === 0 || process.env['CI'] !== undefined;

describe('paybill completion', () => {
  let line: CommandLine;
  let terminal: ChildProcessWithoutNullStreams | undefined;

  beforeEach(async () => {
    line = await CommandLine.open();
    await writeFile(join(line.directory, 'rules.yaml'), '');
  });
  afterEach(async () => {
    terminal?.kill();
    await line.close();
  });

  async function load(shell: string): Promise<void> {
    const { out, code } = await line.paybill(['completion', shell]);
    expect(code).toBe(0);
    await writeFile(join(line.directory, 'loaded'), out);
  }

  for (const shell of ['bash', 'zsh'] as const) {
    (has(shell) ? it : it.skip)(
      `completes commands, options, choices and files at a terminal of ${shell}`,
      async () => {
        await load(shell);
        const { command, setUp } = INTERACTIVE[shell];
        const { stdin, stdout } = (terminal = spawn('script', ['-qfc', command, '/dev/null'], {
          cwd: line.directory,
          env: { ...process.env, TERM: 'dumb', PS1: '' },
        }));
        let shown = '';
        stdout.on('data', (chunk: Buffer) => (shown += chunk.toString()));
        /** The line once Ctrl-T has shown it; what was shown before does not count. */
        const lineAfter = async (keys: string) => {
          shown = '';
          stdin.write(`${keys}\u0014`);
          while (!/<<.*>>/.test(shown)) await once(stdout, 'data');
          stdin.write('\u0015');
          return /<<(.*)>>/.exec(shown)![1];
        };
        // What the shell echoes of the set-up holds the marks too; the line that is shown after it is the first answer.
        stdin.write(`${setUp}; PS1=; echo re''ady\n`);
        while (!shown.includes('ready')) await once(stdout, 'data');
        for (const [typed, completed] of TYPED) {
          const became = await lineAfter(`${typed}\t`);
          // After an option that wants a value zsh offers `=` and bash a blank.
          expect(became!.replace(/(--reason)[ =]$/, '$1')).toBe(completed);
        }
      },
      60_000,
    );
  }

  (has('fish') ? it : it.skip)(
    'completes commands, options, choices and files in fish',
    async () => {
      await load('fish');
      for (const [typed, completed] of TYPED) {
        const { stdout } = spawnSync('fish', ['-c', `source ./loaded; complete -C '${typed}'`], {
          cwd: line.directory,
        });
        const candidates = stdout.toString().trimEnd().split('\n');
        expect(candidates.map((candidate) => candidate.split('\t')[0])).toEqual([completed.trim().split(' ').at(-1)]);
      }
    },
    60_000,
  );
});
