import { BlockList, isIPv4, isIPv6 } from 'node:net';
import { escapeControls } from '../errors/index.js';
import { formatPointer } from './pointer.js';
import type { AdjustmentKey, Grant } from './types.js';

/** Things of one sort that a plugin may do, in words. */
export interface GrantGroup {
  /** `may change`, `may read`, … */
  readonly label: string;
  /** Never empty: `nothing` stands for itself. Safe to print. */
  readonly items: readonly string[];
}

const ADJUSTMENTS: Readonly<Record<AdjustmentKey, string>> = {
  mounts: 'mounts of the container',
  env: 'environment of the container',
  hostname: 'hostname of the container',
  cwd: 'working directory of the container',
  args: 'command of the container',
  user: 'user of the container',
  annotations: 'annotations of the container',
  namespaces: 'namespaces of the container',
  resources: 'memory, CPU and process count limits of the container',
  rlimits: 'process limits of the container',
  devices: 'devices of the container',
  ociHooks: 'programs that the container engine runs on the host (OCI hooks)',
};

/** What a pointer into one of these places amounts to: no operator knows the keys of an OCI config by heart. */
const PLACES: readonly (readonly [segments: readonly string[], meaning: string])[] = [
  [['hooks'], ADJUSTMENTS.ociHooks],
  [['mounts'], ADJUSTMENTS.mounts],
  [['root'], 'the folder that is the root of the container'],
  [['process', 'args'], ADJUSTMENTS.args],
  [['process', 'capabilities'], 'privileges of the container'],
  [['process', 'user'], ADJUSTMENTS.user],
  [['linux', 'devices'], ADJUSTMENTS.devices],
  [['linux', 'namespaces'], ADJUSTMENTS.namespaces],
];

/** Always shown, also when empty: their absence is what an operator looks for. */
const ALWAYS = ['may change', 'may read'];
const LABELS = [...ALWAYS, 'may write', 'may connect', 'may signal', 'may store'];

/**
 * What a list of grants allows, sorted by what it means to the one who grants it.
 *
 * @returns `may change` and `may read` always, the others when there is something in them.
 */
export function groupGrants(grants: readonly Grant[]): GrantGroup[] {
  const groups = new Map(LABELS.map((label) => [label, new Set<string>()]));
  for (const grant of grants) {
    for (const [label, item] of explain(grant)) groups.get(label)?.add(escapeControls(item));
  }
  return [...groups]
    .filter(([label, items]) => items.size > 0 || ALWAYS.includes(label))
    .map(([label, items]) => ({ label, items: items.size > 0 ? [...items] : ['nothing'] }));
}

function explain(grant: Grant): [label: string, item: string][] {
  switch (grant.kind) {
    case 'kv':
      return [['may store', 'data of its own']];
    case 'env':
      return [['may read', explainEnv(grant.name, grant.prefix)]];
    case 'fs': {
      const place = grant.path === '/' ? 'every file of the host' : `files under ${grant.path}`;
      return grant.mode === 'ro'
        ? [['may read', place]]
        : [
            ['may read', place],
            ['may write', place],
          ];
    }
    case 'http':
      return [['may connect', `to ${grant.host}:${grant.port}${explainHost(grant.host)}`]];
    case 'config':
      return [['may change', ADJUSTMENTS[grant.adjustment]]];
    case 'config-pointer':
      return [['may change', explainPointer(grant.segments)]];
    case 'process':
      return [['may signal', 'its own container']];
    case 'image':
      return [['may read', 'the container image']];
    case 'rootfs':
      return [['may write', 'the root file system of a new container']];
  }
}

/** Names the places inside the pointer, and the one that it is in. */
function explainPointer(segments: readonly string[]): string {
  const meanings = PLACES.filter(([place]) =>
    segments.every((segment, i) => i >= place.length || place[i] === segment),
  );
  const text = `${formatPointer(segments)} of the container's config`;
  return meanings.length === 0 ? text : `${text} (${meanings.map(([, meaning]) => meaning).join('; ')})`;
}

/** Places where services trust whoever reaches them, and which their address does not tell everybody. */
const LOOPBACK = new BlockList();
LOOPBACK.addSubnet('127.0.0.0', 8);
LOOPBACK.addAddress('0.0.0.0');
LOOPBACK.addAddress('::1', 'ipv6');
LOOPBACK.addAddress('::', 'ipv6');
const LINK_LOCAL = new BlockList();
LINK_LOCAL.addSubnet('169.254.0.0', 16);
LINK_LOCAL.addSubnet('fe80::', 10, 'ipv6');
LINK_LOCAL.addAddress('fd00:ec2::254', 'ipv6');

function explainHost(host: string): string {
  const address = host.replace(/^\[(.*)\]$/, '$1');
  const family = isIPv6(address) ? 'ipv6' : 'ipv4';
  const isAddress = family === 'ipv6' || isIPv4(address);
  if (host === 'localhost' || host.endsWith('.localhost') || (isAddress && LOOPBACK.check(address, family))) {
    return ' (services of this machine)';
  }
  if (host === 'metadata.google.internal' || (isAddress && LINK_LOCAL.check(address, family))) {
    return ' (in a cloud: what hands out credentials of this machine)';
  }
  return '';
}

function explainEnv(name: string, prefix: boolean): string {
  if (!prefix) return `environment variable ${name}`;
  return name === '' ? 'every environment variable of the host' : `environment variables ${name}*`;
}
