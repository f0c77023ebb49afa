/**
 * The table for a whole config; the order and the names are those of `config.ts`.
 *
 * It says what the official JSON schema says. Where it is stricter or laxer, test/contract/oci-schema.test.ts has a row with the reason.
 */
import { boolean, type Check, integer, listOf, mapOf, matching, oneOf, shape, text } from './check.js';
import type {
  OciCapabilities,
  OciConfig,
  OciHook,
  OciHooks,
  OciMount,
  OciProcess,
  OciRlimit,
  OciScheduler,
  OciUser,
} from './config.js';
import { linux } from './linux-check.js';
import { absolutePath, id, idMappings, int32, texts, uint32, uint64, variables } from './values.js';

const user = shape<OciUser>({ uid: id, gid: id, additionalGids: listOf(id), umask: uint32, username: text });

const capabilityNames = listOf(matching(/^CAP_[A-Z_]{1,40}$/, 'a capability name such as CAP_CHOWN'));
const capabilities = shape<OciCapabilities>({
  bounding: capabilityNames,
  effective: capabilityNames,
  inheritable: capabilityNames,
  permitted: capabilityNames,
  ambient: capabilityNames,
});

const rlimit = shape<OciRlimit>(
  { type: matching(/^RLIMIT_[A-Z]+$/, 'a limit name such as RLIMIT_NOFILE'), soft: uint64, hard: uint64 },
  ['type', 'soft', 'hard'],
);

const scheduler = shape<OciScheduler>(
  {
    policy: oneOf('SCHED_OTHER', 'SCHED_FIFO', 'SCHED_RR', 'SCHED_BATCH', 'SCHED_ISO', 'SCHED_IDLE', 'SCHED_DEADLINE'),
    nice: int32,
    priority: int32,
    flags: listOf(
      oneOf(
        'SCHED_FLAG_RESET_ON_FORK',
        'SCHED_FLAG_RECLAIM',
        'SCHED_FLAG_DL_OVERRUN',
        'SCHED_FLAG_KEEP_POLICY',
        'SCHED_FLAG_KEEP_PARAMS',
        'SCHED_FLAG_UTIL_CLAMP_MIN',
        'SCHED_FLAG_UTIL_CLAMP_MAX',
      ),
    ),
    runtime: uint64,
    deadline: uint64,
    period: uint64,
  },
  ['policy'],
);

const process = shape<OciProcess>(
  {
    terminal: boolean,
    consoleSize: shape({ height: uint64, width: uint64 }, ['height', 'width']),
    user,
    args: texts,
    commandLine: text,
    env: variables,
    cwd: absolutePath,
    capabilities,
    rlimits: listOf(rlimit),
    noNewPrivileges: boolean,
    oomScoreAdj: integer(-1000n, 1000n),
    apparmorProfile: text,
    selinuxLabel: text,
    scheduler,
    ioPriority: shape(
      { class: oneOf('IOPRIO_CLASS_RT', 'IOPRIO_CLASS_BE', 'IOPRIO_CLASS_IDLE'), priority: integer(0n, 7n) },
      ['class'],
    ),
    execCPUAffinity: shape({ initial: text, final: text }),
  },
  ['cwd'],
);

const mount = shape<OciMount>(
  {
    destination: absolutePath,
    type: text,
    source: text,
    options: texts,
    uidMappings: idMappings,
    gidMappings: idMappings,
  },
  ['destination'],
);

const stage = listOf(
  shape<OciHook>({ path: absolutePath, args: texts, env: variables, timeout: integer(1n, 2n ** 63n - 1n) }, ['path']),
);
const hooks = shape<OciHooks>({
  prestart: stage,
  createRuntime: stage,
  createContainer: stage,
  startContainer: stage,
  poststart: stage,
  poststop: stage,
});

const hostName = matching(
  /^[A-Za-z0-9._-]{0,64}$/,
  'a host name of at most 64 letters, digits, dots, hyphens, underscores',
);

export const config: Check<OciConfig> = shape<OciConfig>(
  {
    ociVersion: matching(/^1\.\d+\.\d+/, 'a version 1.x.y'),
    process,
    root: shape({ path: text, readonly: boolean }, ['path']),
    hostname: hostName,
    domainname: hostName,
    mounts: listOf(mount),
    hooks,
    annotations: mapOf(text),
    linux,
  },
  ['ociVersion'],
);
