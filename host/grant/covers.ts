import { formatGrant } from './format.js';
import { isWithin } from './path.js';
import type { Grant } from './types.js';

/** Whether everything that `wanted` allows is also allowed by `granted`. */
export function covers(granted: Grant, wanted: Grant): boolean {
  // One plugin's edits of a config can be 100,000 changes under 128 grants: those are looked at first, and nothing is spelled out.
  if (granted.kind !== wanted.kind) {
    return false;
  }
  if (granted.kind === 'config-pointer' && wanted.kind === 'config-pointer') {
    return isPrefix(granted.segments, wanted.segments);
  }
  const common = intersect(granted, wanted);
  return common !== undefined && formatGrant(common) === formatGrant(wanted);
}

/** Those of `wanted` that no single one of `granted` covers, in their order: what an upgrade still has to ask for. */
export function missingGrants(granted: readonly Grant[], wanted: readonly Grant[]): Grant[] {
  return wanted.filter((one) => !granted.some((other) => covers(other, one)));
}

/**
 * What a plugin has in the end: only what it asked for and was also granted.
 *
 * Both may be the wider one: a manifest asks for `env:SLURM_*` and the operator grants `env:SLURM_JOB_ID`, or the reverse.
 *
 * @returns without duplicates, in the order of `requested`.
 */
export function effectiveGrants(requested: readonly Grant[], granted: readonly Grant[]): Grant[] {
  const found = new Map<string, Grant>();
  for (const one of requested) {
    for (const other of granted) {
      const common = intersect(one, other);
      if (common !== undefined) found.set(formatGrant(common), common);
    }
  }
  return [...found.values()];
}

/** What both allow, or undefined if that is nothing. Of any two grants that is again one grant. */
function intersect(a: Grant, b: Grant): Grant | undefined {
  if (a.kind === 'env' && b.kind === 'env') return narrowerEnv(a, b) ?? narrowerEnv(b, a);
  if (a.kind === 'fs' && b.kind === 'fs') {
    const mode = a.mode === 'rw' && b.mode === 'rw' ? 'rw' : 'ro';
    if (isWithin(a.path, b.path)) return { kind: 'fs', path: b.path, mode };
    return isWithin(b.path, a.path) ? { kind: 'fs', path: a.path, mode } : undefined;
  }
  if (a.kind === 'config-pointer' && b.kind === 'config-pointer') {
    const [outer, inner] = a.segments.length <= b.segments.length ? [a, b] : [b, a];
    return isPrefix(outer.segments, inner.segments) ? inner : undefined;
  }
  return formatGrant(a) === formatGrant(b) ? a : undefined;
}

type EnvGrant = Extract<Grant, { kind: 'env' }>;

/** `inner` if `outer` allows all of it. */
function narrowerEnv(outer: EnvGrant, inner: EnvGrant): EnvGrant | undefined {
  const holds = outer.prefix ? inner.name.startsWith(outer.name) : !inner.prefix && inner.name === outer.name;
  return holds ? inner : undefined;
}

function isPrefix(outer: readonly string[], inner: readonly string[]): boolean {
  return outer.length <= inner.length && outer.every((segment, i) => segment === inner[i]);
}
