/**
 * The bundle: a run's folder with the config.json that the runtime reads.
 *
 *   image   link to the image, the lower layer      root    where the overlay is mounted, in the box alone
 *   upper   what the container writes               state   of the runtime (--root)
 */
import { randomUUID } from 'node:crypto';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { quote } from '../../errors/index.js';
import { isRuntimeSetting, type OciConfig, type OciHook } from '../../oci/index.js';
import type { IdMaps, Terminal } from '../common/index.js';
import { copyDirectory, recordIdMaps, TOOLS_PATH } from '../common/index.js';
import { checkAccounts } from './accounts.js';
import type { RuntimeKind } from './admit.js';
import { CREATED_HOOK, ROOT_HOOK, SCRIPT_NAME, STARTED_HOOK } from './box.js';
import { settleMounts } from './mounts.js';

export interface BundleInput {
  readonly kind: RuntimeKind;
  readonly config: OciConfig;
  /** Real path of the image's folder. */
  readonly image: string;
  readonly runDir: string;
  /** Whether an ordinary user runs it: the runtime is then root of a user namespace, where that user is id 0. */
  readonly rootless: boolean;
  /** The ids of that namespace, where it has more than one. */
  readonly idMaps: IdMaps | undefined;
  /** Whether the runtime shall make one, and show it on ours. */
  readonly terminal: Terminal | undefined;
  readonly onWarning: (text: string) => void;
}

/**
 * Fill the run's folder.
 *
 * @throws PluginError `CONFIG_INVALID` for a bind whose source is not there; `IMAGE_UNSUPPORTED` for accounts that cannot be read.
 */
export function writeBundle(input: BundleInput): void {
  const { image, runDir, idMaps } = input;
  for (const name of ['root', 'upper', 'work', 'state']) {
    mkdirSync(join(runDir, name));
  }
  if (idMaps !== undefined) {
    recordIdMaps(runDir, idMaps);
  }
  // A temporary directory is often 0700; as a root that would lock out every user but its owner.
  copyDirectory(image, join(runDir, 'upper'), 0o055);
  symlinkSync(image, join(runDir, 'image'));
  writeFileSync(join(runDir, 'config.json'), bundleConfig(input), { mode: 0o600 });
}

/** Options of the overlay; its layers are relative to the run's folder, since their syntax has no safe way to write every path. */
export function overlayOptions(rootless: boolean): string {
  // Trusted attributes are out of reach in a user namespace. Device nodes of an image are never devices.
  return `lowerdir=image,upperdir=upper,workdir=work,nodev${rootless ? ',userxattr' : ''}`;
}

/** @returns config.json for the runtime, as text. */
function bundleConfig({ kind, config, image, runDir, rootless, idMaps, terminal, onWarning }: BundleInput): string {
  const { mounts, view } = settleMounts({ config, image, layer: join(runDir, 'upper'), onWarning });
  checkAccounts(kind, config, view);
  const { process, linux, hooks } = config;
  const { oomScoreAdj: _ours, ...restOfProcess } = process ?? { cwd: '/' };
  const {
    resources: _cgroups,
    cgroupsPath: _path,
    // A folder in /sys/fs/resctrl that a killed runtime leaves behind.
    intelRdt: _resctrl,
    uidMappings: _uids,
    gidMappings: _gids,
    ...restOfLinux
  } = linux ?? {};
  const readOnly = config.root?.readonly === true;
  const user = process?.user ?? {};
  const oneId = (id = 0) => [{ containerID: id, hostID: 0, size: 1 }];
  // The runtime is in a namespace that has these ids already; that of the container has the same.
  const sameIds = (map: IdMaps['uid']) =>
    map.map(({ containerID, size }) => ({ containerID, hostID: containerID, size }));
  const infinity = randomUUID();
  const made = {
    ...config,
    root: { ...config.root, path: join(runDir, 'root'), readonly: rootless && readOnly },
    process: {
      ...restOfProcess,
      terminal: terminal !== undefined,
      // A runtime brings the size over only when the command runs already, and this one before.
      consoleSize: terminal?.size,
      user: { ...user, uid: user.uid ?? 0, gid: user.gid ?? 0 },
      rlimits: process?.rlimits?.map((limit) => ({
        ...limit,
        soft: limitOf(limit.soft, infinity),
        hard: limitOf(limit.hard, infinity),
      })),
    },
    mounts,
    annotations: annotationsFor(config, onWarning),
    // Those of the host are ours to run, since the runtime counts processes otherwise than the host does.
    hooks: {
      createContainer: [
        ...(hooks?.createContainer ?? []),
        // In a user namespace the kernel sees to it.
        ...(rootless ? [] : [hookOf(ROOT_HOOK, runDir, readOnly ? 'nodev,ro' : 'nodev')]),
      ],
      startContainer: hooks?.startContainer,
      createRuntime: [hookOf(CREATED_HOOK, runDir)],
      poststart: [hookOf(STARTED_HOOK, runDir)],
    },
    linux: {
      ...restOfLinux,
      ...(rootless
        ? {
            uidMappings: idMaps === undefined ? oneId(user.uid) : sameIds(idMaps.uid),
            gidMappings: idMaps === undefined ? oneId(user.gid) : sameIds(idMaps.gid),
          }
        : {}),
    },
  };
  // RLIM_INFINITY, which no number of JavaScript is.
  return JSON.stringify(made).replaceAll(`"${infinity}"`, '18446744073709551615');
}

// JSON cannot carry RLIM_INFINITY exactly; whatever is that big means it.
function limitOf(value: number, infinity: string): number | string {
  return value > Number.MAX_SAFE_INTEGER ? infinity : value;
}

function hookOf(script: string, runDir: string, ...rest: readonly string[]): OciHook {
  return { path: '/bin/sh', args: ['sh', '-c', script, SCRIPT_NAME, runDir, ...rest], env: [`PATH=${TOOLS_PATH}`] };
}

function annotationsFor({ annotations }: OciConfig, onWarning: (text: string) => void): Record<string, string> {
  const entries = Object.entries(annotations ?? {}).filter(([name]) => {
    if (isRuntimeSetting(name)) {
      onWarning(`the annotation ${quote(name)} is left out: it would be a setting of the runtime`);
      return false;
    }
    return true;
  });
  return Object.fromEntries(entries);
}
