import { type Place, type Values } from './places.js';

/**
 * A completion script for bash 3.2 and later, which macOS still has: no associative arrays. What the words so far lead
 * to is found by the same walk as commander's: options and their values are passed over, command words are taken.
 */
export function bashCompletion(places: readonly Place[]): string {
  return `# Completion of paybill for bash, made by: paybill completion bash

_paybill_commands() {
  case "$1" in
${cases(places.map(({ words, commands }) => [words.join(' '), commands.map(({ name }) => name)]))}
  esac
}

_paybill_options() {
  case "$1" in
${cases(places.map(({ words, options }) => [words.join(' '), options.flatMap(({ flags }) => flags)]))}
  esac
}

# What follows an option or stands as the n-th argument: "= word …", "@files", "@directories" or "@anything".
_paybill_values() {
  case "$1" in
${cases(places.flatMap(valuesAt))}
  esac
}

_paybill() {
  local current="\${COMP_WORDS[COMP_CWORD]}" place="" word values="" expected="" nth=0 i
  COMPREPLY=()
  for ((i = 1; i < COMP_CWORD; i++)); do
    word="\${COMP_WORDS[i]}"
    # bash gives --option=value in three words.
    if [[ $word == "=" ]]; then continue; fi
    if [[ -n $expected ]]; then expected=""; continue; fi
    case "$word" in
      -*) expected="$(_paybill_values "$place $word")" ;;
      *)
        case " $(_paybill_commands "$place") " in
          *" $word "*) place="\${place:+$place }$word" ;;
          *) nth=$((nth + 1)) ;;
        esac
        ;;
    esac
  done
  if [[ $current == "=" ]]; then current=""; fi
  if [[ -n $expected ]]; then
    values="$expected"
  elif [[ $current == -* ]]; then
    values="= $(_paybill_options "$place")"
  else
    values="$(_paybill_values "$place $nth")"
    if [[ -z $values || $nth -eq 0 && -n $(_paybill_commands "$place") ]]; then values="= $(_paybill_commands "$place")"; fi
  fi
  case "$values" in
    "="*) COMPREPLY=($(compgen -W "\${values#= }" -- "$current")) ;;
    @files) compopt -o filenames 2>/dev/null; COMPREPLY=($(compgen -f -- "$current")) ;;
    @directories) compopt -o filenames 2>/dev/null; COMPREPLY=($(compgen -d -- "$current")) ;;
  esac
}

complete -F _paybill paybill
`;
}

function valuesAt({ words, options, arguments: wanted }: Place): [string, string[]][] {
  const place = words.join(' ');
  return [
    ...options.flatMap(({ flags, value }) =>
      value === undefined ? [] : flags.map((flag): [string, string[]] => [`${place} ${flag}`, told(value)]),
    ),
    ...wanted.map((value, index): [string, string[]] => [`${place} ${index}`, told(value)]),
  ];
}

function told(values: Values): string[] {
  return values.kind === 'choices' ? ['=', ...values.choices] : [`@${values.kind}`];
}

function cases(entries: readonly (readonly [string, readonly string[]])[]): string {
  return entries
    .filter(([, words]) => words.length > 0)
    .map(([key, words]) => `    ${quoted(key)}) echo ${quoted(words.join(' '))} ;;`)
    .join('\n');
}

/** A word the shell takes as it stands. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
