/**
 * What a path of the container will mean once the mounts so far are in place.
 *
 * Mounts are made from outside, before the container's root is the root. There a symbolic link of the image would lead
 * out: with `/data -> /etc`, a mount on `ROOT/data/x` would land on the host's `/etc/x`. So every destination is walked here,
 * link by link as seen from inside, and only paths without links reach `mount`.
 */
import { lstatSync, readlinkSync } from 'node:fs';
import { join, posix } from 'node:path';
import { PluginError, quote } from '../../errors/index.js';
import { isWithin } from './mount-table.js';

/** What lies under a mounted place, and where missing mount points may be made. */
export type Backing =
  /** The image. Missing paths are made in `layer`, a directory that the overlay puts on top. */
  | { readonly kind: 'image'; readonly path: string; readonly layer: string }
  /** A directory of the host, where nothing is ever made. */
  | { readonly kind: 'bind'; readonly path: string }
  /** A folder of this run that we may fill. */
  | { readonly kind: 'own'; readonly path: string }
  /** An empty file system: missing paths are made after it is mounted. */
  | { readonly kind: 'tmpfs' }
  /** A kernel file system, looked at through the host's instance at `path`. */
  | { readonly kind: 'kernel'; readonly path: string };

export type PathKind = 'directory' | 'file' | 'missing';

export interface Place {
  /** Path in the container, free of links. */
  readonly path: string;
  readonly backing: Backing;
  /** The same place below `backing`, starting with `/`. */
  readonly inner: string;
  readonly kind: PathKind;
  /** Whether a link of a kernel file system led here: those of /proc lead each process elsewhere. */
  readonly byKernelLink: boolean;
}

export interface ContainerView {
  /** Resolve an absolute container path. @throws PluginError `CONFIG_INVALID` if its links do not end or it cannot be looked at. */
  resolve(path: string): Place;
  /** Take note of a mount at a resolved path. */
  mounted(path: string, backing: Backing, kind: 'directory' | 'file'): void;
}

/** Same as the kernel's. */
const MAX_LINKS = 40;

export function createContainerView(root: Backing): ContainerView {
  const mounts = new Map<string, { backing: Backing; kind: 'directory' | 'file' }>([
    ['/', { backing: root, kind: 'directory' }],
  ]);

  function locate(path: string): { backing: Backing; inner: string } {
    for (let at = path; ; at = posix.dirname(at)) {
      const mount = mounts.get(at);
      if (mount !== undefined) {
        return { backing: mount.backing, inner: at === '/' ? path : path.slice(at.length) || '/' };
      }
    }
  }

  function look(path: string): PathKind | { readonly link: string } {
    const mount = mounts.get(path);
    if (mount !== undefined) {
      return mount.kind;
    }
    const { backing, inner } = locate(path);
    return backing.kind === 'tmpfs' ? 'missing' : lookOnHost(join(backing.path, inner), path);
  }

  return {
    resolve(path) {
      const pending = path.split('/').reverse();
      let at = '/';
      let kind: PathKind = 'directory';
      let links = 0;
      let byKernelLink = false;
      while (pending.length > 0) {
        const name = pending.pop() as string;
        if (name === '' || name === '.') {
          continue;
        }
        if (name === '..') {
          if (kind === 'missing') {
            throw unusable(path, 'it leads through a directory that does not exist');
          }
          at = posix.dirname(at);
          continue;
        }
        if (kind === 'file') {
          throw unusable(path, `${quote(at)} is not a directory`);
        }
        const next = posix.join(at, name);
        const seen: PathKind | { readonly link: string } = kind === 'missing' ? 'missing' : look(next);
        if (typeof seen === 'string') {
          kind = seen;
          at = next;
          continue;
        }
        links += 1;
        if (links > MAX_LINKS) {
          throw unusable(path, 'it has too many symbolic links');
        }
        byKernelLink ||= locate(next).backing.kind === 'kernel';
        at = seen.link.startsWith('/') ? '/' : at;
        pending.push(...seen.link.split('/').reverse());
      }
      return { path: at, ...locate(at), kind, byKernelLink };
    },
    mounted(path, backing, kind) {
      // What was mounted below is now out of sight.
      for (const other of mounts.keys()) {
        if (other !== path && isWithin(other, path)) {
          mounts.delete(other);
        }
      }
      mounts.set(path, { backing, kind });
    },
  };
}

function lookOnHost(hostPath: string, path: string): PathKind | { readonly link: string } {
  try {
    const stat = lstatSync(hostPath);
    if (stat.isSymbolicLink()) {
      return { link: readlinkSync(hostPath) };
    }
    return stat.isDirectory() ? 'directory' : 'file';
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'ENOENT') {
      return 'missing';
    }
    throw unusable(path, `looking at it fails with ${code ?? 'an error'}`, error);
  }
}

function unusable(path: string, why: string, cause?: unknown): PluginError {
  return new PluginError('CONFIG_INVALID', `Cannot use the container path ${quote(path)}: ${why}`, { cause });
}
