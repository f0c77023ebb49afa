/** What the configuration of an OCI image says about running it: `Env`, `Entrypoint`, `Cmd`, `WorkingDir` and `User`. */
import { closeSync, constants, fstatSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { PluginError, quote } from '../../../errors/index.js';
import { createContainerView } from '../../common/index.js';
import { unsupported } from '../fail.js';
import { readPart } from '../read-part.js';
import type { ImageDefaults } from '../types.js';
import { type JsonRecord, own, textOf } from './descriptor.js';

const MAX_ITEMS = 4096;
/** Of a passwd or group file; the rest is not looked at. */
const MAX_DATABASE_BYTES = 4 * 2 ** 20;
const MAX_ID = 0xffff_fffe;

/**
 * @param config - the field `config` of the image's configuration; every value is foreign.
 * @param rootfs - names of users and groups are looked up in it; undefined if it is not unpacked, and a name then counts as none.
 * @throws PluginError `IMAGE_UNSUPPORTED` for values of other shapes, or a user that the image does not have.
 */
export function readConfigDefaults(config: JsonRecord, rootfs: string | undefined, image: string): ImageDefaults {
  const entrypoint = textsOf(config, 'Entrypoint', image);
  const ownCommand = textsOf(config, 'Cmd', image);
  return {
    env: environmentOf(textsOf(config, 'Env', image)),
    cwd: folderOf(config, image),
    user: userOf(textOf(own(config, 'User')), rootfs, image),
    command(typed) {
      const whole = [...entrypoint, ...(typed.length === 0 ? ownCommand : typed)];
      return whole.length === 0 ? ['/bin/sh'] : whole;
    },
  };
}

function textsOf(config: JsonRecord, name: string, image: string): readonly string[] {
  const value = own(config, name) ?? [];
  const fits =
    Array.isArray(value) &&
    value.length <= MAX_ITEMS &&
    value.every((item) => typeof item === 'string' && !item.includes('\0'));
  if (!fits) throw unsupported(image, `${quote(name)} of its configuration is not a list of texts`);
  return value;
}

function environmentOf(texts: readonly string[]): ReadonlyMap<string, string> {
  return new Map(
    texts.flatMap((text) => {
      const equals = text.indexOf('=');
      return equals <= 0 ? [] : [[text.slice(0, equals), text.slice(equals + 1)] as const];
    }),
  );
}

function folderOf(config: JsonRecord, image: string): string | undefined {
  const folder = textOf(own(config, 'WorkingDir'));
  if (folder === '') return undefined;
  if (!folder.startsWith('/') || folder.includes('\0')) {
    throw unsupported(image, `its working directory ${quote(folder)} is not an absolute path`);
  }
  return folder;
}

/** `user`, `uid`, `user:group`, …: names by the image's own files, as for every runtime. */
function userOf(text: string, rootfs: string | undefined, image: string): ImageDefaults['user'] {
  if (text === '') return undefined;
  const [user = '', group] = text.split(':', 2);
  const rows = (path: string) => (rootfs === undefined ? [] : readDatabase(rootfs, path));
  const row = rows('/etc/passwd').find(([name, , uid]) => name === user || uid === user);
  const uid = idOf(user) ?? idOf(row?.[2]);
  const gid =
    group === undefined || group === ''
      ? (idOf(row?.[3]) ?? 0)
      : (idOf(group) ?? idOf(rows('/etc/group').find(([name]) => name === group)?.[2]));
  if (uid === undefined || gid === undefined) {
    if (rootfs === undefined) return undefined;
    throw unsupported(image, `it wants to run as ${quote(text)}, whom its own user and group files do not have`);
  }
  return { uid, gid };
}

function idOf(text: string | undefined): number | undefined {
  if (text === undefined || !/^[0-9]{1,10}$/.test(text)) return undefined;
  const id = Number(text);
  return id <= MAX_ID ? id : undefined;
}

/** Fields of each line; none if the image has no such file. Links are followed as they are in the container. */
function readDatabase(rootfs: string, path: string): string[][] {
  try {
    const place = createContainerView({ kind: 'image', path: rootfs, layer: rootfs }).resolve(path);
    if (place.kind !== 'file') return [];
    const fd = openSync(join(rootfs, place.path), constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOFOLLOW);
    try {
      if (!fstatSync(fd).isFile()) return [];
      const text = new TextDecoder().decode(readPart(fd, 0, Math.min(fstatSync(fd).size, MAX_DATABASE_BYTES)));
      return text.split('\n').map((line) => line.split(':'));
    } finally {
      closeSync(fd);
    }
  } catch (error) {
    if (error instanceof PluginError || 'code' in (error as object)) return [];
    throw error;
  }
}
