import { type Place, type PlaceOption, type Values } from './places.js';

/** A completion script for zsh: a function for each command, which `_arguments` is told the options and arguments of. */
export function zshCompletion(places: readonly Place[]): string {
  return `#compdef paybill
# Completion of paybill for zsh, made by: paybill completion zsh

${places.map(functionOf).join('\n\n')}

# Loaded by fpath it is called for the first completion; sourced it has to be made known.
if [[ \${funcstack[1]} == _paybill ]]; then _paybill "$@"; else compdef _paybill paybill; fi
`;
}

function functionOf({ words, commands, options, arguments: wanted }: Place): string {
  const specs = options.map(optionSpec);
  const name = functionName(words);
  if (commands.length === 0) {
    const args = wanted.map((values, index) => `'${index + 1}:argument:${action(values)}'`);
    return `${name}() {\n  _arguments \\\n    ${[...specs, ...args].join(' \\\n    ')}\n}`;
  }
  const described = commands.map((one) => `    '${escaped(one.name)}:${escaped(one.description)}'`);
  const inner = commands.map((one) => `        ${one.name}) ${functionName([...words, one.name])} ;;`);
  return `${name}() {
  local state line
  local -a commands
  commands=(
${described.join('\n')}
  )
  _arguments -C \\
    ${[...specs, `'1: :->command'`, `'*:: :->rest'`].join(' \\\n    ')}
  case $state in
    command) _describe command commands ;;
    rest)
      case $line[1] in
${inner.join('\n')}
      esac
      ;;
  esac
}`;
}

function functionName(words: readonly string[]): string {
  return ['_paybill', ...words].join('_');
}

function optionSpec({ flags, description, value }: PlaceOption): string {
  const what = `[${escaped(description).replaceAll('[', '\\[').replaceAll(']', '\\]')}]`;
  const follows = value === undefined ? '' : `: :${action(value)}`;
  if (flags.length === 1) return `'${flags[0]}${value === undefined ? '' : '='}${what}${follows}'`;
  return `'(${flags.join(' ')})'{${flags.join(',')}}'${what}${follows}'`;
}

function action(values: Values): string {
  switch (values.kind) {
    case 'choices':
      return `(${values.choices.join(' ')})`;
    case 'files':
      return '_files';
    case 'directories':
      return '_files -/';
    case 'anything':
      return '';
  }
}

/** Inside single quotes and between colons. */
function escaped(text: string): string {
  return text.replaceAll("'", `'\\''`).replaceAll(':', '\\:');
}
