import { lstatSync } from 'node:fs';
import { join } from 'node:path';
import { PluginError, quote } from '../../errors/index.js';
import type { OciConfig } from '../../oci/index.js';
import type { ContainerView, Place } from '../common/index.js';
import { isWithin } from '../common/index.js';
import type { RuntimeKind } from './admit.js';

/** More accounts than any system has. */
const MAX_BYTES = 64 * 1024 * 1024;

/**
 * Refuse an /etc/passwd or /etc/group that the runtime would read for ever.
 *
 * Runtimes open both as they find them in the container, and with them named pipes, terminals, and files of a size that only a
 * compressed image can have. What merely fails is left to the runtime, and so is what we may not look at.
 *
 * @param view - with all mounts of the container.
 * @throws PluginError `IMAGE_UNSUPPORTED` naming the file.
 */
export function checkAccounts(kind: RuntimeKind, { process }: OciConfig, view: ContainerView): void {
  const hasHome = process?.env?.some((entry) => entry.startsWith('HOME=')) === true;
  const files = kind === 'runc' ? ['/etc/passwd', '/etc/group'] : hasHome ? [] : ['/etc/passwd'];
  for (const file of files) {
    const why = endless(view, file);
    if (why !== undefined) {
      throw new PluginError('IMAGE_UNSUPPORTED', `Cannot use the image with ${kind}: its ${file} ${why}`, {
        hint: 'Put a regular file there, or use the engine builtin, which does not read it.',
      });
    }
  }
}

function endless(view: ContainerView, file: string): string | undefined {
  const place = tried(() => view.resolve(file));
  if (place === undefined) {
    return undefined;
  }
  // /dev is filled by the runtime, with links to streams among others.
  if (place.byKernelLink || place.backing.kind === 'kernel' || isWithin(place.path, '/dev')) {
    return `leads to ${quote(place.path)}`;
  }
  const path = hostPathOf(place);
  const stat = path === undefined ? undefined : tried(() => lstatSync(path));
  if (stat === undefined || stat.isDirectory()) {
    return undefined;
  }
  if (!stat.isFile()) {
    return 'is not a regular file';
  }
  return stat.size > MAX_BYTES ? `has ${stat.size} bytes, the limit is ${MAX_BYTES}` : undefined;
}

function hostPathOf({ backing, inner, kind }: Place): string | undefined {
  if (kind === 'missing' || !('path' in backing)) {
    return undefined;
  }
  // A bind of one file: a slash behind it would ask for a folder.
  return inner === '/' ? backing.path : join(backing.path, inner);
}

function tried<T>(look: () => T): T | undefined {
  try {
    return look();
  } catch {
    return undefined;
  }
}
