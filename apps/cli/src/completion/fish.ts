import { type Place, type PlaceOption } from './places.js';

/** A completion script for fish: a line for each command and option, with where it holds. */
export function fishCompletion(places: readonly Place[]): string {
  const known = places.slice(1).map(({ words }) => `'${words.join(' ')}'`);
  const valued = places.flatMap(({ options }) =>
    options.flatMap(({ flags, value }) => (value === undefined ? [] : flags)),
  );
  return `# Completion of paybill for fish, made by: paybill completion fish

# The command that the words so far lead to: options and their values are passed over.
function __paybill_place
    set -l place
    set -l passing 0
    for word in (commandline -opc)[2..-1]
        if test $passing = 1
            set passing 0
        else if contains -- $word ${[...new Set(valued)].join(' ')}
            set passing 1
        else if not string match -q -- '-*' $word
            set -l next (string trim -- "$place $word")
            if contains -- $next ${known.join(' ')}
                set place $next
            end
        end
    end
    echo $place
end

function __paybill_at
    test "$(__paybill_place)" = "$argv"
end

complete -c paybill -f
${places.flatMap(linesOf).join('\n')}
`;
}

function linesOf({ words, commands, options, arguments: wanted }: Place): string[] {
  const at = `complete -c paybill -n '__paybill_at ${words.join(' ')}'`;
  const choices = wanted.flatMap((values) => (values.kind === 'choices' ? values.choices : []));
  return [
    ...commands.map(({ name, description }) => `${at} -a ${name} -d ${quoted(description)}`),
    ...options.map((option) => `${at} ${optionOf(option)} -d ${quoted(option.description)}`),
    ...(choices.length > 0 ? [`${at} -a ${quoted(choices.join(' '))}`] : []),
    ...(wanted.some(({ kind }) => kind === 'files') ? [`${at} -F`] : []),
    ...(wanted.some(({ kind }) => kind === 'directories') ? [`${at} -a '(__fish_complete_directories)'`] : []),
  ];
}

function optionOf({ flags, value }: PlaceOption): string {
  const names = flags.map((flag) => (flag.startsWith('--') ? `-l ${flag.slice(2)}` : `-s ${flag.slice(1)}`)).join(' ');
  if (value === undefined) return names;
  switch (value.kind) {
    case 'choices':
      return `${names} -x -a ${quoted(value.choices.join(' '))}`;
    case 'files':
      return `${names} -r -F`;
    case 'directories':
      return `${names} -x -a '(__fish_complete_directories)'`;
    case 'anything':
      return `${names} -x`;
  }
}

function quoted(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
}
