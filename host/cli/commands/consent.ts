/** What `install` tells the operator before asking, and what the answer grants. Pure. */
import { formatGrant, groupGrants, missingGrants, parseGrant } from '../../grant/index.js';
import type { PluginPackage } from '../../package/index.js';
import type { PluginRecord } from '../../store/index.js';
import { formatFacts } from '../terminal/table.js';
import { shortHook } from './hook-names.js';

export interface ConsentFacts {
  readonly content: PluginPackage;
  /** What has the name now. */
  readonly replaced: PluginRecord | undefined;
  /** `--grant`; undefined if none was given. */
  readonly granted: readonly string[] | undefined;
}

/**
 * What the plugin gets if the operator agrees.
 *
 * `--grant` says exactly what. Otherwise all that it requests, except where it replaces a version that was granted enough: then
 * what the operator chose for that one stays.
 *
 * @throws PluginError `GRANT_INVALID` for a `--grant` that is none.
 */
export function grantsToGive({ content, replaced, granted }: ConsentFacts): readonly string[] {
  if (granted !== undefined) return granted.map((text) => formatGrant(parseGrant(text)));
  const { requests } = content.manifest;
  return replaced !== undefined && newRequests(content, replaced).length === 0 ? replaced.grants : requests;
}

/** What an operator reads before consenting: name, version, signature, then what it takes part in and may do. Ends in a newline. */
export function consentText(facts: ConsentFacts): string {
  const { content, replaced } = facts;
  const { manifest, hooks } = content;
  const gives = grantsToGive(facts).map(parseGrant);
  const rows: [string, readonly string[]][] = [['hooks', [hookNames(hooks, manifest.monitor)]]];
  const added = contributions(content);
  if (added.length > 0) rows.push(['adds', added]);
  for (const { label, items } of groupGrants(gives)) rows.push([label, [items.join(', ')]]);
  if (facts.granted !== undefined) {
    const refused = missingGrants(gives, manifest.requests.map(parseGrant));
    if (refused.length > 0) rows.push(['not granted', [refused.map(formatGrant).join(', ')]]);
  }
  if (replaced !== undefined) {
    rows.push(['replaces', [`version ${replaced.version}${replaced.enabled ? '' : ', which is disabled'}`]]);
    const more = newRequests(content, replaced);
    if (more.length > 0) rows.push(['asks for more', [more.join(', ')]]);
  }
  return `${manifest.name} ${manifest.version}, not signed\n${formatFacts(rows)}`;
}

/** What is asked for and was not granted to the version before. */
export function newRequests({ manifest }: PluginPackage, replaced: PluginRecord): readonly string[] {
  return missingGrants(replaced.grants.map(parseGrant), manifest.requests.map(parseGrant)).map(formatGrant);
}

function hookNames(hooks: readonly string[], monitor: 'observe' | 'exclusive' | undefined): string {
  if (hooks.length === 0) return 'none';
  const names = hooks.map((id) => {
    const name = shortHook(id);
    return name === 'monitor-container' && monitor === 'exclusive'
      ? `${name} (exclusive: may act on the container)`
      : name;
  });
  return names.join(', ');
}

function contributions({ manifest: { contributes } }: PluginPackage): readonly string[] {
  return [
    ...contributes.commands.map(({ path }) => `command ${path}`),
    ...contributes.flags.map(({ name, commands }) => `flag --${name} on ${(commands ?? []).join(', ')}`),
    ...contributes.phases.map(
      ({ command, phases }) => `a say ${phases.join(' and ')} ${command === '*' ? 'every command' : command}`,
    ),
  ];
}
