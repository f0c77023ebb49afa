import { quote } from '../../errors/index.js';
import { bashScript } from '../completion/bash.js';
import { fishScript } from '../completion/fish.js';
import { completionWords } from '../completion/words.js';
import { zshScript } from '../completion/zsh.js';
import type { RunCommand } from '../context.js';
import { EXIT_OK } from '../exit-code.js';
import { UsageError } from '../failure.js';

const SCRIPTS = new Map([
  ['bash', bashScript],
  ['zsh', zshScript],
  ['fish', fishScript],
]);
const HOOKS = [
  'command',
  'engine-config',
  'post-start-process',
  'monitor-container',
  'image-driver',
  'user-mapping',
  'lifecycle',
];

/** `completion SHELL`: a script for the commands and flags there are now. */
export const run: RunCommand = async ({ io, contributions }, { args }) => {
  const script = SCRIPTS.get(args[0]!);
  if (script === undefined) {
    throw new UsageError(
      `${quote(args[0]!)} is no shell that there is a script for`,
      `Shells are ${[...SCRIPTS.keys()].join(', ')}`,
    );
  }
  io.stdout.write(script(completionWords(contributions), HOOKS));
  return EXIT_OK;
};
