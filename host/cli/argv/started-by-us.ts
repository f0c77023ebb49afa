/** Commands that programs of ours start and nobody types. `--help` of one says no more than that. */
const COMMANDS: ReadonlyMap<string, string> = new Map([
  [
    'oci',
    'Started in place of an OCI runtime by the programs that "wasm-plugin setup" writes; takes what they pass on. Not for typing.',
  ],
  [
    'oci-hook',
    'Started as an OCI hook of containers, by the programs that "wasm-plugin setup" writes. Not for typing.',
  ],
  ['supervise', 'Started by "wasm-plugin run --detach", to look after one container. Not for typing.'],
]);

/** What such a command is, where somebody asks or types nothing but its name; undefined for all other command lines. */
export function aboutOwnCommand(argv: readonly string[]): string | undefined {
  const [first = '', second, third] = argv;
  if (first === 'help') return third === undefined ? COMMANDS.get(second ?? '') : undefined;
  return asksForHelp(argv) ? COMMANDS.get(first) : undefined;
}

/** Behind a command of that kind: everything else is for it. */
export function asksForHelp([, word, more]: readonly string[]): boolean {
  return more === undefined && (word === undefined || word === '--help' || word === '-h');
}
