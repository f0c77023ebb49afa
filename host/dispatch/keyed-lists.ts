import { posix } from 'node:path';
import type { AdjustmentKey } from '../grant/index.js';
import { isRuntimeSetting } from '../oci/index.js';
import { type Json, own } from './json.js';

/** A list of an OCI runtime config whose entries have a key of their own, so that two plugins can each own an entry. */
export interface KeyedList {
  /** JSON pointer of the list. */
  readonly pointer: string;
  /** The adjustment, and so the grant, that it belongs to. */
  readonly area: AdjustmentKey;
  readonly keyOf: (entry: Json) => string;
}

const stringAt =
  (field: string) =>
  (entry: Json): string => {
    const value = own(entry, field);
    return typeof value === 'string' ? value : JSON.stringify(entry);
  };

/** A path of the container as runtimes take it: `/x/`, `//x` and `/x/.` are `/x`. */
export function plainPath(path: string): string {
  return NOT_PLAIN.test(path) ? posix.resolve('/', path) : path;
}

const NOT_PLAIN = /^(?!\/)|\/\.{0,2}(?:\/|$)/;

const pathAt =
  (field: string) =>
  (entry: Json): string => {
    const value = own(entry, field);
    return typeof value === 'string' ? plainPath(value) : JSON.stringify(entry);
  };

/** runtime-spec 1.0 config.md and config-linux.md: each of these lists is looked up by the field named here. */
export const KEYED_LISTS: readonly KeyedList[] = [
  { pointer: '/mounts', area: 'mounts', keyOf: pathAt('destination') },
  { pointer: '/process/env', area: 'env', keyOf: (entry) => String(entry).split('=', 1)[0] as string },
  { pointer: '/process/rlimits', area: 'rlimits', keyOf: stringAt('type') },
  { pointer: '/linux/namespaces', area: 'namespaces', keyOf: stringAt('type') },
  { pointer: '/linux/devices', area: 'devices', keyOf: pathAt('path') },
];

/** Where every other adjustment writes, longest pointer first where one contains another. */
const AREAS: readonly (readonly [pointer: string, area: AdjustmentKey])[] = [
  ['/process/args', 'args'],
  ['/process/cwd', 'cwd'],
  ['/process/user', 'user'],
  // Not all of /linux/resources: its `devices` and `unified` open devices and any file of the cgroup, which are no limits.
  ['/linux/resources/memory', 'resources'],
  ['/linux/resources/cpu', 'resources'],
  ['/linux/resources/pids', 'resources'],
  ['/hostname', 'hostname'],
  ['/annotations', 'annotations'],
  ['/hooks', 'ociHooks'],
];

/** The adjustment that a pointer belongs to; undefined where only a pointer grant can allow the change. */
export function areaOf(pointer: string): AdjustmentKey | undefined {
  const inside = (outer: string): boolean => pointer === outer || pointer.startsWith(`${outer}/`);
  // Whoever grants annotations does not mean files of the host.
  if (inside('/annotations') && isRuntimeSetting(pointer.slice('/annotations/'.length))) return undefined;
  return KEYED_LISTS.find((list) => inside(list.pointer))?.area ?? AREAS.find(([outer]) => inside(outer))?.[1];
}
