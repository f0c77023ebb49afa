import { escapeControls, PluginError } from '../errors/index.js';
import { anyObject, boolean, count, id, integer, limit, listOf, mapOf, matching, oneOf, shape, text } from './check.js';
import type { OciConfig } from './oci-config.js';

const absolutePath = matching(/^\/[^\0\n]*$/, 'an absolute path without NUL or line feed');
const envEntry = matching(/^[^=\0]+=[^\0]*$/, 'NAME=value without NUL');
const capability = matching(/^CAP_[A-Z_]{1,40}$/, 'a capability name such as CAP_CHOWN');
const texts = listOf(text);

const hook = shape({ path: absolutePath, args: texts, env: listOf(envEntry), timeout: integer }, ['path']);
const hooks = listOf(hook);
const idMapping = shape({ containerID: id, hostID: id, size: count }, ['containerID', 'hostID', 'size']);

const process = shape({
  terminal: boolean,
  user: shape({ uid: id, gid: id, additionalGids: listOf(id), umask: count }, ['uid', 'gid']),
  args: texts,
  env: listOf(envEntry),
  cwd: absolutePath,
  capabilities: shape({
    bounding: listOf(capability),
    effective: listOf(capability),
    inheritable: listOf(capability),
    permitted: listOf(capability),
    ambient: listOf(capability),
  }),
  rlimits: listOf(
    shape(
      {
        type: matching(/^RLIMIT_[A-Z]{1,20}$/, 'a limit name such as RLIMIT_NOFILE'),
        soft: limit,
        hard: limit,
      },
      ['type', 'soft', 'hard'],
    ),
  ),
  noNewPrivileges: boolean,
  oomScoreAdj: integer,
  apparmorProfile: text,
  selinuxLabel: text,
});

const resources = shape({
  memory: shape({ limit: integer, swap: integer }),
  cpu: shape({ shares: count, quota: integer, period: count, cpus: text, mems: text }),
  pids: shape({ limit: integer }),
  devices: listOf(shape({ allow: boolean, access: text }, ['allow'])),
});

const linux = shape({
  namespaces: listOf(
    shape(
      {
        type: oneOf('mount', 'pid', 'uts', 'ipc', 'network', 'user', 'cgroup', 'time'),
        path: absolutePath,
      },
      ['type'],
    ),
  ),
  uidMappings: listOf(idMapping),
  gidMappings: listOf(idMapping),
  devices: listOf(
    shape(
      {
        type: oneOf('c', 'b', 'u', 'p'),
        path: absolutePath,
        major: integer,
        minor: integer,
        fileMode: count,
        uid: id,
        gid: id,
      },
      ['type', 'path'],
    ),
  ),
  resources,
  cgroupsPath: text,
  seccomp: anyObject,
  maskedPaths: listOf(absolutePath),
  readonlyPaths: listOf(absolutePath),
  rootfsPropagation: text,
});

const config = shape(
  {
    ociVersion: matching(/^1\.\d+\.\d+/, 'a version 1.x.y'),
    process,
    root: shape({ path: text, readonly: boolean }, ['path']),
    hostname: matching(/^[A-Za-z0-9][A-Za-z0-9.-]{0,63}$/, 'a host name of at most 64 letters, digits, dots, hyphens'),
    mounts: listOf(shape({ destination: absolutePath, type: text, source: text, options: texts }, ['destination'])),
    hooks: shape({
      prestart: hooks,
      createRuntime: hooks,
      createContainer: hooks,
      startContainer: hooks,
      poststart: hooks,
      poststop: hooks,
    }),
    annotations: mapOf(text),
    linux,
  },
  ['ociVersion'],
);

/**
 * Check that a foreign value has the shape of an OCI config.
 *
 * What the engine can do with it is another question, answered by each engine. Unknown properties are kept.
 *
 * @param value - parsed JSON; returned as it is, not copied.
 * @throws PluginError `CONFIG_INVALID` with every problem, up to twenty.
 */
export function parseOciConfig(value: unknown): OciConfig {
  const problems: string[] = [];
  config(value, '', problems);
  if (problems.length > 0) {
    throw new PluginError(
      'CONFIG_INVALID',
      `Cannot use the container config: ${problems.map(escapeControls).join('; ')}`,
    );
  }
  return value as OciConfig;
}
