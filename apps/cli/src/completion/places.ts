import { type Argument, type Command, type Option } from 'commander';

/** What can stand where a value is wanted. */
export type Values = { readonly kind: 'files' | 'directories' | 'anything' } | Choices;

interface Choices {
  readonly kind: 'choices';
  readonly choices: readonly string[];
}

export interface PlaceOption {
  /** As they are typed: `--json`, `-h`. */
  readonly flags: readonly string[];
  readonly description: string;
  /** What follows it; undefined for an option that is on or off. */
  readonly value?: Values;
}

/** A command as a shell sees it: what can be typed after its words. */
export interface Place {
  /** The words that lead there, without the program's own: empty for the program itself. */
  readonly words: readonly string[];
  readonly commands: readonly { readonly name: string; readonly description: string }[];
  readonly options: readonly PlaceOption[];
  /** What its arguments are, in their order. */
  readonly arguments: readonly Values[];
}

/** Every command of the tree, the program first. */
export function placesOf(command: Command, words: readonly string[] = []): Place[] {
  const help = command.createHelp();
  const own = [...help.visibleOptions(command), ...(command.parent ? help.visibleGlobalOptions(command) : [])];
  // Of the program's own options only those that mean something everywhere.
  const options = own.filter(({ long }) => words.length === 0 || long !== '--version');
  const place = {
    words,
    commands: command.commands.map((one) => ({ name: one.name(), description: one.description() })),
    options: options.map(placeOption),
    arguments: command.registeredArguments.map(valuesOf),
  };
  return [place, ...command.commands.flatMap((one) => placesOf(one, [...words, one.name()]))];
}

function placeOption(option: Option): PlaceOption {
  const flags = [option.long, option.short].filter((flag) => flag !== undefined);
  const { description } = option;
  return option.isBoolean() || option.negate ? { flags, description } : { flags, description, value: valuesOf(option) };
}

/** The help names what it wants: `<file>`, `<path>` and `<dir>` are on the disk, choices are listed, anything else nobody knows. */
function valuesOf(wanted: Option | Argument): Values {
  if (wanted.argChoices) return { kind: 'choices', choices: wanted.argChoices };
  const name = 'flags' in wanted ? wanted.flags.replace(/^.*[<[](.*?)(\.{3})?[\]>].*$/, '$1') : wanted.name();
  if (name === 'file' || name === 'path') return { kind: 'files' };
  return { kind: name === 'dir' || name === 'backup' ? 'directories' : 'anything' };
}
