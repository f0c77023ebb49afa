/** The argument lists of the tools that a container is made with. Values only; nothing here is shell text. */
import { PluginError, quote } from '../../errors/index.js';
import type { OciConfig, OciNamespaceType } from '../../oci/index.js';
import type { Admitted } from './admit.js';
import { BOX, launcherScript, SCRIPT_NAME } from './box.js';
import { inTerminal, terminalPath } from './pseudo-terminal.js';

const NAMESPACE_OPTIONS: Readonly<Partial<Record<OciNamespaceType, string>>> = {
  uts: '--uts',
  ipc: '--ipc',
  network: '--net',
  cgroup: '--cgroup',
};

/** `prlimit` options by the name of the limit. */
const RLIMITS: Readonly<Record<string, string>> = {
  RLIMIT_AS: '--as',
  RLIMIT_CORE: '--core',
  RLIMIT_CPU: '--cpu',
  RLIMIT_DATA: '--data',
  RLIMIT_FSIZE: '--fsize',
  RLIMIT_LOCKS: '--locks',
  RLIMIT_MEMLOCK: '--memlock',
  RLIMIT_MSGQUEUE: '--msgqueue',
  RLIMIT_NICE: '--nice',
  RLIMIT_NOFILE: '--nofile',
  RLIMIT_NPROC: '--nproc',
  RLIMIT_RSS: '--rss',
  RLIMIT_RTPRIO: '--rtprio',
  RLIMIT_RTTIME: '--rttime',
  RLIMIT_SIGPENDING: '--sigpending',
  RLIMIT_STACK: '--stack',
};

/**
 * The whole command line, beginning with the tool that ties the container's life to ours.
 *
 * @param runDir - holds `fstab.N` or `mounts.N`; @param stepCount - how many.
 * @param terminal - whether the command gets a terminal of its own.
 * @throws PluginError `CONFIG_INVALID` for a limit that there is not; `ENGINE_UNAVAILABLE` if nothing can make a terminal.
 */
export function containerCommand(
  config: OciConfig,
  admitted: Admitted,
  runDir: string,
  stepCount: number,
  terminal: boolean,
): [file: string, ...args: string[]] {
  const userNamespace = admitted.namespaces.has('user');
  const oneId = userNamespace && admitted.idMaps === undefined;
  const launcher = launcherCommand(config, admitted, oneId, terminal ? terminalPath(config) : undefined);
  const { uid } = admitted.user;
  const owner = oneId || uid === 0 ? undefined : uid;
  return [
    'setpriv',
    '--pdeathsig',
    'KILL',
    '--',
    'unshare',
    ...(userNamespace ? ['--user', admitted.idMaps === undefined ? '--map-root-user' : '--keep-caps'] : []),
    '--mount',
    '--pid',
    '--fork',
    '--kill-child',
    '--propagation',
    'private',
    ...[...admitted.namespaces].flatMap((type) => NAMESPACE_OPTIONS[type] ?? []),
    '--',
    '/bin/sh',
    '-c',
    BOX,
    SCRIPT_NAME,
    runDir,
    `${stepCount}`,
    config.hostname ?? '',
    ...(terminal ? inTerminal(launcher, config, `${runDir}/root`, owner) : launcher),
  ];
}

function launcherCommand(
  config: OciConfig,
  admitted: Admitted,
  oneId: boolean,
  terminal: string | undefined,
): string[] {
  return [
    // Before the privileges are gone: raising a limit needs one.
    ...rlimitCommand(config),
    ...(oneId ? innerUser(admitted) : []),
    ...privilegeCommand(config, admitted, oneId),
    '/bin/sh',
    '-c',
    launcherScript(admitted.env, config.process?.user?.umask, terminal),
    SCRIPT_NAME,
    admitted.cwd,
    ...admitted.command,
  ];
}

function rlimitCommand(config: OciConfig): string[] {
  const limits = (config.process?.rlimits ?? []).map(({ type, soft, hard }) => {
    const option = Object.hasOwn(RLIMITS, type) ? RLIMITS[type] : undefined;
    if (option === undefined) {
      throw new PluginError('CONFIG_INVALID', `Cannot run the container: there is no limit ${quote(type)}`);
    }
    return `${option}=${limitText(soft)}:${limitText(hard)}`;
  });
  return limits.length === 0 ? [] : ['prlimit', ...limits, '--'];
}

// JSON cannot carry RLIM_INFINITY exactly; whatever is that big means it.
function limitText(value: number): string {
  return value > Number.MAX_SAFE_INTEGER ? 'unlimited' : `${value}`;
}

// The setup needs id 0; a second user namespace inside the first shows the same host id under the number asked for.
function innerUser({ user }: Admitted): string[] {
  return user.uid === 0 && user.gid === 0
    ? []
    : // Kept capabilities are what lets the next tool empty the bounding set; it drops them too.
      ['unshare', '--user', `--map-user=${user.uid}`, `--map-group=${user.gid}`, '--keep-caps', '--'];
}

function privilegeCommand(config: OciConfig, { user }: Admitted, oneId: boolean): string[] {
  const { bounding = [], inheritable = [], ambient = [] } = config.process?.capabilities ?? {};
  const ids = oneId
    ? [] // the map has one id, and groups cannot be set
    : [
        ...(user.uid === 0 ? [] : ['--reuid', `${user.uid}`]),
        ...(user.gid === 0 ? [] : ['--regid', `${user.gid}`]),
        ...(user.additionalGids.length === 0 ? ['--clear-groups'] : ['--groups', user.additionalGids.join(',')]),
      ];
  return [
    'setpriv',
    ...ids,
    '--bounding-set',
    capabilityList(bounding),
    '--inh-caps',
    // An ambient capability must be inheritable too.
    capabilityList([...new Set([...inheritable, ...ambient])]),
    '--ambient-caps',
    capabilityList(ambient),
    ...(config.process?.noNewPrivileges === true ? ['--no-new-privs'] : []),
    '--',
  ];
}

function capabilityList(names: readonly string[]): string {
  return ['-all', ...names.map((name) => `+${name.slice('CAP_'.length).toLowerCase()}`)].join(',');
}
