import { PluginError, quote } from '../../errors/index.js';
import type { OciMount } from '../../oci/index.js';
import type { MountFlag } from '../common/index.js';

export interface MountOptions {
  /** A bind mount; `recursive` for `rbind`. */
  readonly bind: boolean;
  readonly recursive: boolean;
  /** Restrictions asked for. */
  readonly flags: ReadonlySet<MountFlag>;
  /** Options for the file system itself and harmless flags, to be passed on. */
  readonly rest: readonly string[];
}

const FLAGS: Readonly<Record<string, MountFlag>> = {
  ro: 'ro',
  rro: 'ro',
  nosuid: 'nosuid',
  nodev: 'nodev',
  noexec: 'noexec',
};

/** The mount namespace is private in full, which is at least as closed as each of these. */
const PRIVATE = new Set(['private', 'rprivate', 'slave', 'rslave', 'unbindable', 'runbindable']);

/** Default behaviour spelt out. */
const IGNORED = new Set(['suid', 'dev', 'exec', 'defaults', 'async', 'tmpcopyup']);

const PASSED_ON = new Set([
  'relatime',
  'norelatime',
  'noatime',
  'atime',
  'nodiratime',
  'diratime',
  'strictatime',
  'sync',
  'newinstance',
]);

/** `NAME=value` options, by file system type. */
const VALUES: Readonly<Record<string, readonly string[]>> = {
  tmpfs: ['size', 'mode', 'uid', 'gid', 'nr_inodes', 'nr_blocks'],
  devpts: ['mode', 'ptmxmode', 'uid', 'gid'],
};

/**
 * Sort a mount's options into what the engine handles itself and what `mount` gets.
 *
 * An option that is not known is refused: it may be a restriction, and a restriction that is dropped is a hole.
 *
 * @throws PluginError `CONFIG_INVALID` naming the mount and the option.
 */
export function parseMountOptions(mount: OciMount): MountOptions {
  const flags = new Set<MountFlag>();
  const rest: string[] = [];
  const options = mount.options ?? [];
  for (const option of options) {
    const flag = Object.hasOwn(FLAGS, option) ? FLAGS[option] : undefined;
    if (flag !== undefined) {
      flags.add(flag);
    } else if (PASSED_ON.has(option) || isKnownValue(mount.type, option)) {
      rest.push(option);
    } else if (option === 'rw' || option === 'rrw') {
      flags.delete('ro');
    } else if (!PRIVATE.has(option) && !IGNORED.has(option) && option !== 'bind' && option !== 'rbind') {
      throw new PluginError(
        'CONFIG_INVALID',
        `Cannot mount ${quote(mount.destination)}: the builtin engine does not know the option ${quote(option)}`,
      );
    }
  }
  const recursive = options.includes('rbind');
  return { bind: recursive || options.includes('bind') || mount.type === 'bind', recursive, flags, rest };
}

function isKnownValue(type: string | undefined, option: string): boolean {
  const [, name, value] = /^([a-z_]+)=([A-Za-z0-9%]+)$/.exec(option) ?? [];
  return name !== undefined && value !== undefined && (VALUES[type ?? ''] ?? []).includes(name);
}
