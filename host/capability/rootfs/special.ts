/** What is neither file, folder nor link. Sockets are made by who listens on them, never by an image. */
export type SpecialKind = 'character-device' | 'block-device' | 'fifo';

const LETTERS: ReadonlyMap<string, string> = new Map([
  ['character-device', 'c'],
  ['block-device', 'b'],
  ['fifo', 'p'],
]);
/** Linux keeps 12 bits for the major and 20 for the minor number. */
const MAX_MAJOR = 2 ** 12 - 1;
const MAX_MINOR = 2 ** 20 - 1;
const PATH = '/usr/sbin:/usr/bin:/sbin:/bin';

export function isSpecialKind(kind: string): kind is SpecialKind {
  return LETTERS.has(kind);
}

/** Whether numbers can be those of a device. */
export function areDeviceNumbers(major: number, minor: number): boolean {
  const fits = (value: number, most: number) => Number.isInteger(value) && value >= 0 && value <= most;
  return fits(major, MAX_MAJOR) && fits(minor, MAX_MINOR);
}

/**
 * mknod(2), which Node does not have: the tool of that name makes the node, in a folder that is held open.
 *
 * @param folder - descriptor of the folder.
 * @returns undefined, or what the tool said.
 */
export function makeSpecial(
  folder: number,
  name: string,
  kind: SpecialKind,
  major: number,
  minor: number,
): string | undefined {
  const numbers = kind === 'fifo' ? [] : [String(major), String(minor)];
  // Asked for when it is used: it takes longer to load than most plugins run (bench/container.ts).
  const { error, status, stderr } = process
    .getBuiltinModule('node:child_process')
    .spawnSync('mknod', ['-m', '600', `./${name}`, LETTERS.get(kind) as string, ...numbers], {
      cwd: `/proc/self/fd/${folder}`,
      env: { PATH, LC_ALL: 'C' },
      stdio: ['ignore', 'ignore', 'pipe'],
      encoding: 'utf8',
    });
  if (error !== undefined) {
    return error.message;
  }
  return status === 0 ? undefined : stderr.trim();
}
