/**
 * Edits of a container in the terms people think in. Each list names what it edits by key (a mount by its destination, a
 * variable by its name), so two plugins conflict only where they touch the same thing.
 */
import { doc, int, list, oneOf, optional, str, struct, withDefault } from '../builders.js';

const action = doc(
  '`add` fails where the key exists, `replace` sets it either way.',
  oneOf('add', 'replace', 'remove'),
);

const mountAdjustment = struct('MountAdjustment', {
  action,
  destination: doc('Absolute path in the container; the key.', str),
  source: optional(str),
  type: doc('Absent: a bind mount.', optional(str)),
  options: withDefault(list(str), []),
});

const envAdjustment = struct('EnvAdjustment', {
  action,
  name: doc('The key.', str),
  value: optional(str),
});

const userAdjustment = struct('UserAdjustment', {
  uid: int,
  gid: int,
  additionalGids: withDefault(list(int), []),
});

const annotationAdjustment = struct('AnnotationAdjustment', {
  action,
  name: doc('The key.', str),
  value: optional(str),
});

const namespaceAdjustment = struct('NamespaceAdjustment', {
  action,
  type: doc('pid, network, mount, ipc, uts, user, cgroup or time; the key.', str),
  path: doc('An existing namespace to join.', optional(str)),
});

const resourceAdjustment = struct('ResourceAdjustment', {
  memoryLimit: doc('Bytes.', optional(int)),
  memorySwap: doc('Bytes of memory and swap together; -1 is unlimited.', optional(int)),
  cpuShares: optional(int),
  cpuQuota: doc('Microseconds per period.', optional(int)),
  cpuPeriod: doc('Microseconds.', optional(int)),
  cpus: doc('CPUs to run on, such as `0-3,7`.', optional(str)),
  pidsLimit: optional(int),
});

const rlimitAdjustment = struct('RlimitAdjustment', {
  action,
  type: doc('Such as RLIMIT_NOFILE; the key.', str),
  soft: doc('-1 is unlimited; ignored by `remove`.', int),
  hard: doc('-1 is unlimited; ignored by `remove`.', int),
});

const deviceAdjustment = struct('DeviceAdjustment', {
  action,
  path: doc('Absolute path in the container; the key.', str),
  type: doc('`c`, `b`, `u` or `p`, as in mknod; absent: taken from the device of the host.', optional(str)),
  major: optional(int),
  minor: optional(int),
  fileMode: doc('Permission bits as a number.', optional(int)),
  uid: optional(int),
  gid: optional(int),
});

const ociHookAdjustment = struct('OciHookAdjustment', {
  action,
  stage: oneOf('prestart', 'createRuntime', 'createContainer', 'startContainer', 'poststart', 'poststop'),
  path: doc('Absolute path of the program; with the stage, the key.', str),
  args: doc('With args[0], as for execve.', withDefault(list(str), [])),
  env: doc('As NAME=value.', withDefault(list(str), [])),
  timeout: doc('Seconds.', optional(int)),
});

/** All edits of one answer, applied in the order of the fields and, within a list, of its items. */
export const adjustments = struct(
  'Adjustments',
  {
    mounts: withDefault(list(mountAdjustment), []),
    env: withDefault(list(envAdjustment), []),
    hostname: optional(str),
    cwd: optional(str),
    args: doc('Replaces the command line of the container.', optional(list(str))),
    user: optional(userAdjustment),
    annotations: withDefault(list(annotationAdjustment), []),
    namespaces: withDefault(list(namespaceAdjustment), []),
    resources: optional(resourceAdjustment),
    rlimits: withDefault(list(rlimitAdjustment), []),
    devices: withDefault(list(deviceAdjustment), []),
    ociHooks: withDefault(list(ociHookAdjustment), []),
  },
  'Edits of the container; absent parts stay as they are.',
);
