import { type Command } from 'commander';
import { placesOf } from './completion/places.js';
import { paybillProgram } from './program.js';

/** What can be run: the words of each command, and the command. Some hold others and can be run all the same. */
function actions(command: Command, path: readonly string[] = []): [string, Command][] {
  const others = command.commands.flatMap((one) => actions(one, [...path, one.name()]));
  const runs = command.commands.length === 0 || path.join(' ') === 'backup';
  return runs ? [[path.join(' '), command], ...others] : others;
}

const whole = await paybillProgram();
const commands = actions(whole);

function helpOf(command: Command): string {
  let help = '';
  command.configureOutput({ writeOut: (text) => (help += text), getOutHasColors: () => false });
  command.outputHelp();
  return help;
}

/** The words of an example as a shell would give them. */
function wordsOf(example: string): string[] {
  const [line] = example.split(' > ');
  return [...line!.matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain!).slice(1);
}

describe('The command line as a whole', () => {
  it.each(commands)('shows examples in the help of paybill %s, and takes them as they stand', async (path, command) => {
    // Up to where the shell takes over: a comment, or another command.
    const lines = helpOf(command).replaceAll(/ \\\n\s*/g, ' ');
    const shown = lines.match(/^ {2}paybill .*?(?= +(?:#|&&|\|) |$)/gm) ?? [];
    // Those of a command within are told with that command too.
    const within = command.commands.map((one) => `  paybill ${path} ${one.name()} `);
    const examples = shown.filter((example) => !within.some((other) => example.startsWith(other)));
    expect(examples.filter((example) => example.startsWith(`  paybill ${path}`))).not.toEqual([]);
    for (const example of examples) {
      const words = wordsOf(example.trim());
      const program = await paybillProgram(words);
      const taken: string[] = [];
      const given: string[] = [];
      for (const [named, one] of actions(program)) {
        one.action(() => {
          taken.push(named);
          for (const option of one.options) {
            if (one.getOptionValueSourceWithGlobals(option.attributeName()) === 'cli') given.push(option.long!);
          }
        });
      }
      await program.parseAsync(words, { from: 'user' });
      expect(taken).toEqual([path]);
      expect(given.sort()).toEqual(words.filter((word) => word.startsWith('--')).sort());
    }
  });

  it('answers in JSON wherever there is an answer', () => {
    const without = commands.filter(([, { options }]) => !options.some(({ long }) => long === '--json'));
    expect(without.map(([path]) => path)).toEqual(['start', 'completion', 'help']);
  });

  it('has options that take a value everywhere or nowhere, so that a shell knows what follows them', () => {
    const takes = new Map<string, Set<boolean>>();
    for (const { options } of placesOf(whole)) {
      for (const { flags, value } of options) {
        for (const flag of flags) takes.set(flag, (takes.get(flag) ?? new Set()).add(value !== undefined));
      }
    }
    expect([...takes].filter(([, ways]) => ways.size > 1)).toEqual([]);
  });

  it.each(['url', 'eventstore', 'actor', 'brokers', 'json'])('says the same of --%s everywhere', (name) => {
    const said = new Set(
      commands
        .flatMap(([, { options }]) => options.filter((one) => one.long === `--${name}`))
        .map((one) => one.description),
    );
    expect(said.size).toBe(1);
  });
});
