import { hooks, type Infer } from '../abi/index.js';
import { PluginError, quote } from '../errors/index.js';
import { createRootfs, imageAccess, Refusal, type Rootfs, type RootfsPolicy } from '../runtime/index.js';
import { blame, type Warn } from './failure.js';
import { type ImageFile, withImageFile } from './image-file.js';
import type { LoadedPlugins } from './plugins.js';
import type { PluginEntry } from './source.js';

/** What an image says about the process that it is for. */
export type ImageConfig = NonNullable<Infer<typeof hooks.imageDriver.response>['config']>;

export interface UnpackedImage {
  /** Who unpacked it. */
  readonly plugin: string;
  readonly config: ImageConfig;
}

export interface UnpackOptions {
  /** What the root may hold. Default: as `createRootfs` has it. */
  readonly policy?: Partial<RootfsPolicy> | undefined;
  /** How long unpacking may take, in whole milliseconds. Default: ten minutes. */
  readonly deadlineMs?: number | undefined;
  /** Ends the unpacking, which then leaves nothing. */
  readonly signal?: AbortSignal | undefined;
}

/** Gigabytes take longer than any other hook may. */
const UNPACK_MS = 10 * 60_000;
/** A driver that reads its image in small parts makes many calls. */
const UNPACK_CALLS = 100_000_000;
const MAX_SCORE = 100;
const NO_CONFIG: ImageConfig = { env: [], entrypoint: [], command: [], labels: new Map() };

/**
 * Ask every driver whether an image is its own, and let the one with the best score unpack it.
 *
 * Looking runs where the plugin's other hooks run. Unpacking takes its time, so it gets an instance of its own, in a thread: the event loop
 * stays free, and the deadline is another.
 *
 * @param path - of the image on the host: a file or a directory.
 * @param rootfsDir - an empty folder; see `createRootfs`.
 * @returns undefined where no plugin claims the image: nothing was made then.
 * @throws PluginError `CONFIG_CONFLICT` for two best claims; `IO_FAILED`, `IMAGE_UNSUPPORTED`, `ABI_MALFORMED`, `LIMIT_EXCEEDED` with
 *   `details.full` if the disk is, or what the call that
 *   unpacks ended with: the folder is empty then.
 */
export async function unpackImage(
  plugins: LoadedPlugins,
  path: string,
  rootfsDir: string,
  options: UnpackOptions,
  warn: Warn,
): Promise<UnpackedImage | undefined> {
  const drivers = plugins.exporting(hooks.imageDriver);
  if (drivers.length === 0) {
    return undefined;
  }
  return withImageFile(path, async (image) => {
    const driver = await bestClaim(plugins, drivers, path, image, warn);
    if (driver === undefined) {
      return undefined;
    }
    try {
      return { plugin: driver.name, config: await unpack(plugins, driver, path, image, rootfsDir, options) };
    } catch (error) {
      throw blame(driver, error);
    }
  });
}

async function bestClaim(
  plugins: LoadedPlugins,
  drivers: readonly PluginEntry[],
  path: string,
  image: ImageFile,
  warn: Warn,
): Promise<PluginEntry | undefined> {
  let best: PluginEntry | undefined;
  let equal: PluginEntry | undefined;
  let bestScore = -1;
  for (const entry of drivers) {
    const score = await probe(plugins, entry, path, image, warn);
    if (score === undefined || score < bestScore) continue;
    equal = score === bestScore ? entry : undefined;
    best = equal === undefined ? entry : best;
    bestScore = score;
  }
  if (best !== undefined && equal !== undefined) {
    throw new PluginError(
      'CONFIG_CONFLICT',
      `Plugins ${quote(best.name)} and ${quote(equal.name)} both claim the image ${quote(path)} with score ${bestScore}`,
      { hint: 'Disable one of them.', details: { owner: best.name, plugin: equal.name } },
    );
  }
  return best;
}

/** @returns the score of a claim; undefined without one, and, with a warning, for a driver that failed. */
async function probe(
  plugins: LoadedPlugins,
  entry: PluginEntry,
  path: string,
  image: ImageFile,
  warn: Warn,
): Promise<number | undefined> {
  try {
    const plugin = await plugins.load(entry);
    const { kind, size, head } = image;
    const answer = await plugins
      .imageAccessOf(entry)
      .during({ image }, () =>
        plugin.call(hooks.imageDriver, { ...plugins.request(entry), phase: 'probe', path, kind, size, head }),
      );
    plugins.keepState(entry, answer);
    const { claims, score } = answer;
    if (claims && (score < 0 || score > MAX_SCORE)) {
      throw new PluginError('ABI_MALFORMED', `Cannot claim an image with score ${score}: scores are 0 to ${MAX_SCORE}`);
    }
    return claims ? score : undefined;
  } catch (error) {
    const blamed = blame(entry, error);
    if (!(blamed instanceof PluginError)) {
      throw blamed;
    }
    warn(`${blamed.message} (going on without this image driver)`);
    return undefined;
  }
}

async function unpack(
  plugins: LoadedPlugins,
  entry: PluginEntry,
  path: string,
  image: ImageFile,
  rootfsDir: string,
  { policy, deadlineMs = UNPACK_MS, signal }: UnpackOptions,
): Promise<ImageConfig> {
  const access = imageAccess();
  const limits = { deadlineMs, capabilityCalls: UNPACK_CALLS };
  const plugin = await plugins.loadApart(entry, { image: access, isolation: 'thread', limits });
  try {
    const rootfs = createRootfs(rootfsDir, policy);
    try {
      const { kind, size, head } = image;
      const request = { ...plugins.request(entry), phase: 'unpack', path, kind, size, head } as const;
      const answer = await access.during({ image, rootfs }, () =>
        plugin.call(hooks.imageDriver, request, signal === undefined ? {} : { signal }),
      );
      const config = checkConfig(answer.config ?? NO_CONFIG);
      finish(rootfs);
      plugins.keepState(entry, answer);
      return config;
    } catch (error) {
      // The thread must not write while what it wrote is removed.
      await plugin.close();
      rootfs.abort();
      // Whatever the driver made of it.
      throw rootfs.usage.full ? outOfRoom(path, error) : error;
    }
  } finally {
    await plugin.close();
  }
}

function outOfRoom(image: string, cause: unknown): PluginError {
  return new PluginError('LIMIT_EXCEEDED', `Cannot unpack the image ${quote(image)}: no room is left for it`, {
    cause,
    hint: 'Make room where root file systems are kept.',
    details: { full: true },
  });
}

/** @throws PluginError `ABI_MALFORMED` for a driver that left a file half, `IO_FAILED` where the system refused something. */
function finish(rootfs: Rootfs): void {
  try {
    rootfs.close();
  } catch (error) {
    if (error instanceof Refusal) {
      const code = error.code === 'invalid' ? 'ABI_MALFORMED' : 'IO_FAILED';
      throw new PluginError(code, error.message, { cause: error, hint: error.hint });
    }
    throw error;
  }
}

/** What goes into the container's config must be what that can hold; the rest is checked there. */
function checkConfig(config: ImageConfig): ImageConfig {
  const { env, entrypoint, command, cwd, user } = config;
  const texts = [...env, ...entrypoint, ...command, cwd ?? '', user ?? ''];
  const wrong =
    texts.find((text) => text.includes('\0')) ??
    env.find((variable) => variable.indexOf('=') < 1) ??
    (cwd === undefined || cwd.startsWith('/') ? undefined : cwd);
  if (wrong !== undefined) {
    throw new PluginError(
      'ABI_MALFORMED',
      `Cannot use ${quote(wrong)} of the image's config: variables are NAME=value, the folder is absolute, no text holds NUL`,
    );
  }
  return config;
}
