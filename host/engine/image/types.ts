/** What `openImage` gives: a directory, and what the image says about running it. */
import type { Dispatcher } from '../../dispatch/index.js';

/** What an image is, told by its content; `plugin`: whatever a plugin unpacked. */
export type ImageKind = 'directory' | 'squashfs' | 'ext3' | 'sif' | 'oci' | 'plugin';

export interface OpenImage {
  readonly kind: ImageKind;
  /** A directory that an engine can use as the lower layer of a container's root. Never written to. */
  readonly rootfs: string;
  readonly defaults: ImageDefaults;
  /** Take back whatever was made to have `rootfs`: mount, loop device, folder. Calling it again changes nothing; never rejects. */
  close(): Promise<void>;
}

/** What an image wants to be run with. Every value is foreign text. */
export interface ImageDefaults {
  /** Variables that are set unless the caller sets them. */
  readonly env: ReadonlyMap<string, string>;
  /** Working directory in the container, absolute; undefined if the image does not say. */
  readonly cwd: string | undefined;
  /** Ids in the container; undefined if the image does not say. */
  readonly user: { readonly uid: number; readonly gid: number } | undefined;
  /**
   * The whole command line.
   *
   * @param typed - the caller's command; empty for the image's own.
   */
  command(typed: readonly string[]): readonly string[];
}

export interface OpenImageOptions {
  /** The user that we run as; 0 is root. */
  readonly uid: number;
  /** Folder for mounts, of ours alone; made if it is missing. Default as `defaultRunBase`. */
  readonly runBase?: string;
  /** The same for unpacked images, which may need gigabytes. Default in the temporary folder. */
  readonly unpackBase?: string;
  /** `unpack`: never mount, so that neither the kernel nor a FUSE program reads the image's file system. Default `any`. */
  readonly access?: ImageAccess;
  /** Asks plugins to unpack a file that is none of the kinds known here. Default: nobody is asked. */
  readonly drive?: Dispatcher['unpackImage'];
  /** Told what takes long, over and over while it does. */
  readonly onProgress?: (text: string) => void;
  /** Told what is left behind or was left out, in one sentence. */
  readonly onWarning?: (text: string) => void;
}

export type ImageAccess = 'any' | 'unpack';

/** A file system of an image: bytes of a file that is open. */
export interface FileSystemPart {
  readonly type: 'squashfs' | 'ext3';
  /** As the user named it, for messages. */
  readonly name: string;
  /** Path for tools that cannot take a descriptor. */
  readonly path: string;
  /** Of the whole file, open for reading. */
  readonly fd: number;
  /** In bytes. */
  readonly offset: number;
  readonly size: number;
}
