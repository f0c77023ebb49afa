/** How an image is named: a path, and what skopeo and podman put around one. */
import { isAbsolute, resolve } from 'node:path';

/** What may stand in front of the path, as in `oci-archive:image.tar`: it says what is to be there. */
export type Transport = 'oci' | 'oci-archive' | 'docker-archive';

export interface ImageName {
  readonly path: string;
  /** Which of several images is meant, as in `PATH:TAG`. */
  readonly reference: string | undefined;
  readonly transport: Transport | undefined;
}

// Apptainer writes `oci://PATH`.
const WITH_TRANSPORT = /^(oci|oci-archive|docker-archive):(?:\/\/)?(.+)$/s;

/**
 * Read a name. A path that is there is that, whatever it looks like; otherwise the first colon behind one that is there ends it.
 *
 * @param exists - told a path.
 */
export function parseImageName(name: string, exists: (path: string) => boolean): ImageName {
  const plain = { reference: undefined, transport: undefined };
  if (exists(name)) return { ...plain, path: name };
  const [, transport, path = name] = WITH_TRANSPORT.exec(name) ?? [];
  const known = { ...plain, path, transport: transport as Transport | undefined };
  if (exists(path)) return known;
  for (let colon = path.indexOf(':'); colon > 0; colon = path.indexOf(':', colon + 1)) {
    const [front, reference] = [path.slice(0, colon), path.slice(colon + 1)];
    if (reference !== '' && exists(front)) return { ...known, path: front, reference };
  }
  return known;
}

/** The same name for whoever works in another folder than `cwd`. */
export function absoluteImageName(name: string, cwd: string, exists: (path: string) => boolean): string {
  const [, transport, path = name] = exists(resolve(cwd, name)) ? [] : (WITH_TRANSPORT.exec(name) ?? []);
  if (isAbsolute(path)) return name;
  return transport === undefined ? resolve(cwd, path) : `${transport}:${resolve(cwd, path)}`;
}
