import { Argument, Command } from 'commander';
import { bashCompletion } from './bash.js';
import { fishCompletion } from './fish.js';
import { placesOf } from './places.js';
import { zshCompletion } from './zsh.js';

const SHELLS = { bash: bashCompletion, zsh: zshCompletion, fish: fishCompletion } as const;

/** `paybill completion …`: the script is made from the command tree, so that it knows what the program knows. */
export function completionCommand(program: () => Command): Command {
  return new Command('completion')
    .description('print a script that has a shell complete commands, options and their values')
    .addArgument(new Argument('<shell>', 'the shell').choices(Object.keys(SHELLS)))
    .addHelpText(
      'after',
      `
Examples:
  paybill completion bash > ~/.local/share/bash-completion/completions/paybill
  paybill completion zsh > "\${fpath[1]}/_paybill"
  paybill completion fish > ~/.config/fish/completions/paybill.fish`,
    )
    .action((shell: keyof typeof SHELLS) => {
      process.stdout.write(SHELLS[shell](placesOf(program())));
    });
}
