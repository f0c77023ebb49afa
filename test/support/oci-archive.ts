/**
 * Container images for tests, made of a folder without any engine: one uncompressed layer in an OCI image archive.
 *
 * The same folder and options give the same bytes of the layer on one machine, so two images over one folder share it.
 */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { buildTinyRootfs } from '../../host/engine/tiny-rootfs.js';

export interface OciArchiveOptions {
  /** The full name, with registry and tag: `localhost/tiny:1`. */
  readonly name: string;
  readonly entrypoint?: readonly string[];
  readonly cmd?: readonly string[];
  /** `NAME=value` each. Default: a PATH. */
  readonly env?: readonly string[];
}

interface Descriptor {
  readonly mediaType: string;
  readonly digest: string;
  readonly size: number;
}

const TYPE = 'application/vnd.oci.image';

/** What Go programs, and so image configs, call this machine. */
const ARCHITECTURES = new Map<string, string>([
  ['x64', 'amd64'],
  ['arm64', 'arm64'],
]);

/**
 * Write a tar with an OCI image layout in it, as `ctr images import` and `podman load` read it.
 *
 * @param archive - path of the file; what is there is replaced.
 * @param rootfs - a folder; everything in it belongs to root in the image.
 */
export function writeOciArchive(archive: string, rootfs: string, options: OciArchiveOptions): void {
  const { name, entrypoint, cmd, env = ['PATH=/usr/sbin:/usr/bin:/sbin:/bin'] } = options;
  const layout = mkdtempSync(join(dirname(archive), 'layout-'));
  try {
    mkdirSync(join(layout, 'blobs/sha256'), { recursive: true });
    const tar = join(layout, 'layer.tar');
    packFolder(tar, rootfs);
    const layer = addBlob(layout, `${TYPE}.layer.v1.tar`, readFileSync(tar));
    rmSync(tar);

    const config = addJson(layout, `${TYPE}.config.v1+json`, {
      architecture: ARCHITECTURES.get(process.arch) ?? process.arch,
      os: 'linux',
      config: { Env: env, ...(entrypoint && { Entrypoint: entrypoint }), ...(cmd && { Cmd: cmd }) },
      // Uncompressed: the layer's digest is the one of its content, too.
      rootfs: { type: 'layers', diff_ids: [layer.digest] },
    });
    const manifest = addJson(layout, `${TYPE}.manifest.v1+json`, {
      schemaVersion: 2,
      mediaType: `${TYPE}.manifest.v1+json`,
      config,
      layers: [layer],
    });
    const annotations = {
      'io.containerd.image.name': name,
      'org.opencontainers.image.ref.name': name.slice(name.lastIndexOf(':') + 1),
    };
    writeFileSync(
      join(layout, 'index.json'),
      JSON.stringify({ schemaVersion: 2, manifests: [{ ...manifest, annotations }] }),
    );
    writeFileSync(join(layout, 'oci-layout'), JSON.stringify({ imageLayoutVersion: '1.0.0' }));
    packFolder(archive, layout);
  } finally {
    rmSync(layout, { recursive: true, force: true });
  }
}

/** Where the two images of most tests are. */
export interface TinyImages {
  /** The folder that both are made of: a shell and a few commands. */
  readonly rootfs: string;
  readonly tiny: string;
  readonly pause: string;
}

export const TINY_IMAGE = 'localhost/tiny:1';
export const PAUSE_IMAGE = 'localhost/pause:1';

/** Make `TINY_IMAGE`, whose command is a shell, and `PAUSE_IMAGE`, which sleeps, in `folder`. */
export function writeTinyImages(folder: string): TinyImages {
  const images = {
    rootfs: join(folder, 'rootfs'),
    tiny: join(folder, 'tiny.tar'),
    pause: join(folder, 'pause.tar'),
  };
  buildTinyRootfs(images.rootfs);
  writeOciArchive(images.tiny, images.rootfs, { name: TINY_IMAGE, cmd: ['/bin/sh'] });
  writeOciArchive(images.pause, images.rootfs, { name: PAUSE_IMAGE, entrypoint: ['/bin/sleep', '100000'] });
  return images;
}

function packFolder(tar: string, folder: string): void {
  execFileSync('tar', [
    '--create',
    `--file=${tar}`,
    '--sort=name',
    '--mtime=@0',
    '--owner=0',
    '--group=0',
    '--numeric-owner',
    '--directory',
    folder,
    '.',
  ]);
}

function addJson(layout: string, mediaType: string, value: object): Descriptor {
  return addBlob(layout, mediaType, Buffer.from(JSON.stringify(value)));
}

function addBlob(layout: string, mediaType: string, bytes: Uint8Array): Descriptor {
  const hex = createHash('sha256').update(bytes).digest('hex');
  writeFileSync(join(layout, 'blobs/sha256', hex), bytes);
  return { mediaType, digest: `sha256:${hex}`, size: bytes.byteLength };
}
