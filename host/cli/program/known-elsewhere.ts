/** What people try who come from other container tools, and what there is here in its place. */

const LATER = 'This version does not have it yet';
const IMAGES = 'Images are folders and files here, and nothing is fetched: see docs/images.md';
const NETWORK = 'The network of a container is the machine’s: a port that its command listens on is open there';
const LIMITS = 'Limits are set by plugins (linux.resources), which the operator installs';
const RIGHTS = 'A container has no rights beyond its user’s; plugins may be granted to change that';

const COMMANDS: ReadonlyMap<string, string> = new Map([
  ['kill', 'To end a detached container: wasm-plugin stop NAME'],
  ['rm', 'To forget containers that have exited: wasm-plugin cleanup --all'],
  ['start', 'To start a container that goes on by itself: wasm-plugin run --detach IMAGE'],
  ['exec', 'There is no way into a running container yet'],
  ['shell', 'To get a shell in a new container: wasm-plugin run IMAGE sh'],
  ['attach', 'To see what a detached container prints: wasm-plugin logs --follow NAME'],
  ['build', IMAGES],
  ['images', IMAGES],
  ['pull', LATER],
  ['push', LATER],
  ['keygen', LATER],
  ['sign', LATER],
  ['verify', LATER],
  ['upgrade', 'To upgrade a plugin, install its new version over it: wasm-plugin install FILE'],
  ['test', LATER],
]);

const OPTIONS: ReadonlyMap<string, ReadonlyMap<string, string>> = new Map([
  [
    'run',
    new Map([
      ['--rm', 'Leave it out: what a container writes beside its binds goes with it'],
      ['--volume', 'Write --bind SRC[:DST[:ro]]'],
      ['--mount', 'Write --bind SRC[:DST[:ro]]'],
      ['--workdir', 'Write --pwd DIR'],
      ['-w', 'Write --pwd DIR'],
      ['-u', 'A container runs as the user that its image names, or as 0; see also --fakeroot'],
      ['-p', NETWORK],
      ['--port', NETWORK],
      ['--publish', NETWORK],
      ['--net', NETWORK],
      ['--network', NETWORK],
      ['-m', LIMITS],
      ['--memory', LIMITS],
      ['--cpus', LIMITS],
      ['--privileged', RIGHTS],
      ['--cap-add', RIGHTS],
      ['--entrypoint', 'COMMAND goes to what the image names as its entrypoint, and nothing else starts it'],
    ]),
  ],
  ['stop', new Map([['--all', 'Name them: wasm-plugin ps lists those that run']])],
  [
    'logs',
    new Map([
      ['--tail', 'Pipe it: wasm-plugin logs NAME | tail'],
      ['-n', 'Pipe it: wasm-plugin logs NAME | tail'],
    ]),
  ],
  ['ps', new Map([['--filter', 'Choose from its JSON: wasm-plugin ps --json']])],
  ['cleanup', new Map([['--force', 'To end a container that runs: wasm-plugin stop NAME']])],
]);

/** A hint for a command that there is not; undefined for one that nobody else has either. */
export function commandElsewhere(word: string): string | undefined {
  return COMMANDS.get(word);
}

/** A hint for an option that a command does not have. @param option - as it was typed, with its dashes. */
export function optionElsewhere(command: string, option: string): string | undefined {
  return OPTIONS.get(command)?.get(option.split('=', 1)[0]!);
}
