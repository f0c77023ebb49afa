/**
 * What the builtin engine does with each part of a config: honour it, say that it leaves it out, or refuse the container.
 *
 * The rule: whatever could make the container less closed than its config says is refused; the rest is left out aloud. A
 * field that this list does not know counts as such a restriction when it stands under `process` or `linux`.
 */
import type { Stats } from 'node:fs';
import { quote } from '../../errors/index.js';
import type { OciConfig, OciDevice, OciMount, OciNamespaceType } from '../../oci/index.js';
import type { IdMaps } from '../common/index.js';
import { admitIdMaps, admitNamespaces, hostDevice, refused } from '../common/index.js';

type Verdict = 'honoured' | 'left out' | 'refused';

const PROCESS_FIELDS: Readonly<Record<string, Verdict>> = {
  terminal: 'honoured',
  consoleSize: 'left out',
  user: 'honoured',
  args: 'honoured',
  env: 'honoured',
  cwd: 'honoured',
  capabilities: 'honoured',
  rlimits: 'honoured',
  noNewPrivileges: 'honoured',
  oomScoreAdj: 'honoured',
  scheduler: 'left out',
  ioPriority: 'left out',
  execCPUAffinity: 'left out',
  apparmorProfile: 'refused',
  selinuxLabel: 'refused',
};

const LINUX_FIELDS: Readonly<Record<string, Verdict>> = {
  namespaces: 'honoured',
  uidMappings: 'honoured',
  gidMappings: 'honoured',
  devices: 'honoured',
  resources: 'honoured',
  maskedPaths: 'honoured',
  readonlyPaths: 'honoured',
  rootfsPropagation: 'honoured',
  cgroupsPath: 'left out',
  seccomp: 'left out',
  intelRdt: 'left out',
  personality: 'left out',
  memoryPolicy: 'left out',
  sysctl: 'refused',
  mountLabel: 'refused',
  timeOffsets: 'refused',
  netDevices: 'refused',
};

const RESOURCE_FIELDS = ['memory', 'cpu', 'pids', 'devices'];
const MEMORY_FIELDS = ['limit', 'swap'];
const CPU_FIELDS = ['shares', 'quota', 'period', 'cpus', 'mems'];
const PERMISSIONS = 0o7777;
const HOOKS_INSIDE = ['createContainer', 'startContainer'] as const;

/** Facts that the engine needs in a settled form. */
export interface Admitted {
  readonly namespaces: ReadonlySet<OciNamespaceType>;
  readonly user: { readonly uid: number; readonly gid: number; readonly additionalGids: readonly number[] };
  /** Where the user namespace has more than one id. */
  readonly idMaps: IdMaps | undefined;
  readonly command: readonly string[];
  readonly cwd: string;
  readonly env: readonly (readonly [name: string, value: string])[];
}

/**
 * Decide on a config whose shape `parseOciConfig` has checked.
 *
 * @param own - ids of the process that runs the engine; uid 0 is root.
 * @param onWarning - gets a sentence for each part that is left out.
 * @throws PluginError `CONFIG_INVALID` naming the part that is refused; `ENGINE_UNAVAILABLE` if tools for several ids are missing.
 */
export function admitConfig(
  config: OciConfig,
  own: { readonly uid: number; readonly gid: number },
  onWarning: (text: string) => void,
): Admitted {
  judge('process', config.process, PROCESS_FIELDS, onWarning);
  judge('linux', config.linux, LINUX_FIELDS, onWarning);
  const resources = config.linux?.resources;
  leftOut('linux.resources', resources, RESOURCE_FIELDS, onWarning);
  leftOut('linux.resources.memory', resources?.memory, MEMORY_FIELDS, onWarning);
  leftOut('linux.resources.cpu', resources?.cpu, CPU_FIELDS, onWarning);
  for (const stage of HOOKS_INSIDE) {
    if ((config.hooks?.[stage]?.length ?? 0) > 0) {
      throw refused(`hooks.${stage}`, 'the builtin engine runs hooks on the host only');
    }
  }
  // It is an argument of hostname(1), where a hyphen in front would make it an option.
  if (config.hostname?.startsWith('-') === true) {
    throw refused('hostname', `${quote(config.hostname)} starts with a hyphen`);
  }
  if ((config.domainname ?? '') !== '') {
    onWarning('the builtin engine leaves out domainname');
  }
  config.mounts?.forEach(checkMount);
  for (const device of config.linux?.devices ?? []) {
    checkDevice(device, onWarning);
  }
  checkCapabilities(config, onWarning);
  const namespaces = admitNamespaces('the builtin engine', config, own.uid);
  if (namespaces.has('time')) {
    throw refused('the time namespace', 'the builtin engine does not make one');
  }
  if (config.hostname !== undefined && !namespaces.has('uts')) {
    throw refused('hostname', 'without a uts namespace it would rename the host');
  }
  const idMaps = namespaces.has('user') ? admitIdMaps(config, own) : undefined;
  const oneId = namespaces.has('user') && idMaps === undefined;
  return { namespaces, idMaps, ...admitProcess(config, oneId, onWarning) };
}

function judge(
  where: string,
  value: object | undefined,
  fields: Readonly<Record<string, Verdict>>,
  onWarning: (text: string) => void,
): void {
  for (const [name, item] of Object.entries(value ?? {})) {
    const verdict = Object.hasOwn(fields, name) ? fields[name] : 'refused';
    if (verdict === 'honoured' || isEmpty(item)) {
      continue;
    }
    if (verdict === 'refused') {
      throw refused(`${where}.${name}`, 'the builtin engine cannot honour it, and it may protect the host');
    }
    onWarning(`the builtin engine leaves out ${where}.${name}`);
  }
}

function leftOut(
  where: string,
  value: object | undefined,
  known: readonly string[],
  onWarning: (text: string) => void,
): void {
  for (const [name, item] of Object.entries(value ?? {})) {
    if (!known.includes(name) && !isEmpty(item)) {
      onWarning(`the builtin engine leaves out ${quote(`${where}.${name}`)}`);
    }
  }
}

function isEmpty(value: unknown): boolean {
  return (
    value === undefined ||
    value === null ||
    value === '' ||
    value === false ||
    (typeof value === 'object' && Object.keys(value).length === 0)
  );
}

function admitProcess(
  config: OciConfig,
  oneId: boolean,
  onWarning: (text: string) => void,
): Omit<Admitted, 'namespaces' | 'idMaps'> {
  const command = config.process?.args ?? [];
  if (command.length === 0 || command[0] === '') {
    throw refused('process.args', 'there is no command to run');
  }
  const { uid = 0, gid = 0, additionalGids = [] } = config.process?.user ?? {};
  if (oneId && additionalGids.length > 0) {
    throw refused('process.user.additionalGids', 'an ordinary user has one id to map');
  }
  for (const [maps, inner] of [
    [config.linux?.uidMappings, uid],
    [config.linux?.gidMappings, gid],
  ] as const) {
    if (oneId && maps?.some(({ containerID }) => containerID !== inner) === true) {
      throw refused('process.user', `the id ${inner} is not in the mapping of the user namespace`);
    }
  }
  const env: (readonly [string, string])[] = [];
  for (const entry of new Map(config.process?.env?.map(splitEntry))) {
    // The names that a shell can carry.
    if (/^[A-Za-z_][A-Za-z0-9_]*$/.test(entry[0]) && entry[0] !== 'OPTIND') {
      env.push(entry);
    } else {
      onWarning(`the builtin engine leaves out the variable ${quote(entry[0])}: no shell can pass this name`);
    }
  }
  return { command, cwd: config.process?.cwd ?? '/', user: { uid, gid, additionalGids }, env };
}

function splitEntry(entry: string): [name: string, value: string] {
  const at = entry.indexOf('=');
  return [entry.slice(0, at), entry.slice(at + 1)];
}

function checkMount({ destination, uidMappings = [], gidMappings = [] }: OciMount, index: number): void {
  if (/[\n\r]/.test(destination)) {
    throw refused(`mounts[${index}].destination`, `the builtin engine cannot mount on ${quote(destination)}`);
  }
  if (uidMappings.length + gidMappings.length > 0) {
    throw refused(`the mount ${quote(destination)}`, 'the builtin engine cannot map the ids of one mount');
  }
}

// The device is the host's own inode: with another mode or owner it would change for the host too.
const DEVICE_FIELDS = ['fileMode', 'uid', 'gid'] as const;

function checkDevice(device: OciDevice, onWarning: (text: string) => void): void {
  const { path } = device;
  const stat = hostDevice(device, 'builtin');
  const unlike = DEVICE_FIELDS.filter((field) => device[field] !== undefined && !isOnHost(device, field, stat));
  if (unlike.length > 0) {
    onWarning(
      `the builtin engine leaves out ${unlike.join(', ')} of the device ${quote(path)}: it stays as on the host`,
    );
  }
}

function isOnHost(device: OciDevice, field: (typeof DEVICE_FIELDS)[number], stat: Stats): boolean {
  const [wanted, found] = [device[field] ?? 0, (field === 'fileMode' ? stat.mode : stat[field]) ?? 0];
  return field === 'fileMode' ? (wanted & PERMISSIONS) === (found & PERMISSIONS) : wanted === found;
}

function checkCapabilities(config: OciConfig, onWarning: (text: string) => void): void {
  const { bounding = [], ambient = [] } = config.process?.capabilities ?? {};
  const outside = ambient.filter((name) => !bounding.includes(name));
  if (outside.length > 0) {
    throw refused('process.capabilities.ambient', `${outside.join(', ')} is not in the bounding set`);
  }
  const rules = config.linux?.resources?.devices ?? [];
  // Without rules for devices a container must not be able to make some.
  if (rules.length > 0 && bounding.includes('CAP_MKNOD')) {
    throw refused('linux.resources.devices', 'with CAP_MKNOD the builtin engine cannot hold the rules for devices');
  }
  if (bounding.length > 0 && config.process?.noNewPrivileges !== true) {
    onWarning('the container can gain the capabilities of its bounding set, and there is no seccomp filter');
  }
}
