import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PluginError, quote } from '../../errors/index.js';
import type { Place } from './container-view.js';
import { copyDirectory } from './copy-directory.js';

/**
 * Make sure that something can be mounted on `place`.
 *
 * The image and the sources of binds stay as they are: what the image lacks is made in the layer over it.
 *
 * @param wanted - what will be mounted there: one file, or a directory.
 * @returns `ready`; or `later` if it lies in a file system that is not mounted yet, so that the setup script must make it.
 * @throws PluginError `CONFIG_INVALID` if kinds differ, or a bind's source lacks it.
 */
export function prepareMountPoint(place: Place, wanted: 'directory' | 'file'): 'ready' | 'later' {
  const { backing, inner, kind, path } = place;
  if (kind !== 'missing') {
    if (kind !== wanted) {
      throw new PluginError('CONFIG_INVALID', `Cannot mount a ${wanted} on ${quote(path)}: that is a ${kind}`);
    }
    return 'ready';
  }
  switch (backing.kind) {
    case 'tmpfs':
      return 'later';
    case 'image':
      makeIn(backing.layer, backing.path, inner, wanted);
      return 'ready';
    case 'own':
      makeIn(backing.path, backing.path, inner, wanted);
      return 'ready';
    default:
      throw new PluginError(
        'CONFIG_INVALID',
        `Cannot mount on ${quote(path)}: it does not exist in ${quote(backing.path)}, which the engine does not change`,
        { hint: 'Create the mount point there, or mount it elsewhere.' },
      );
  }
}

// A directory in an upper layer hides the mode and owner of the one it covers, so those are repeated.
function makeIn(layer: string, model: string, inner: string, wanted: 'directory' | 'file'): void {
  const names = inner.split('/').filter((name) => name !== '');
  const last = names.pop();
  let below = '';
  for (const name of names) {
    below = join(below, name);
    copyDirectory(join(model, below), join(layer, below));
  }
  if (last === undefined) {
    return;
  }
  const path = join(layer, below, last);
  if (wanted === 'directory') {
    mkdirSync(path, { recursive: true });
    chmodSync(path, 0o755);
  } else {
    writeFileSync(path, '', { flag: 'a' });
    chmodSync(path, 0o644);
  }
}
