/** What `inspect` says beyond upstream's four lines. Pure. */
import { escapeControls } from '../../errors/index.js';
import type { Manifest, PluginPackage } from '../../package/index.js';
import type { InstalledPlugin } from '../../store/index.js';
import { shortHook } from './hook-names.js';
import { recordJson } from './record-json.js';

/** For `--json`: the package, and the record of an installed plugin under `installed`. Keys are API. */
export function packageJson(content: PluginPackage, size: number, plugin: InstalledPlugin | undefined): object {
  const { manifest, digest, hooks, capabilities, imports } = content;
  return {
    name: manifest.name,
    description: manifest.description,
    author: manifest.author,
    version: manifest.version,
    digest,
    size,
    signed: false,
    hooks,
    capabilities,
    imports,
    manifest,
    installed: plugin === undefined ? null : recordJson(plugin, false),
  };
}

/** For `--long`: `Key: value` lines; keys without a value are left out. */
export function longLines(content: PluginPackage, size: number, plugin: InstalledPlugin | undefined): string {
  const { manifest, digest, hooks, imports, notes } = content;
  const facts: [key: string, value: string | readonly string[] | undefined][] = [
    ['License', manifest.license],
    ['Homepage', manifest.homepage],
    ['Built with', manifest.sdk && `${manifest.sdk.lang} ${manifest.sdk.version}`],
    ['Digest', digest],
    ['Size', `${size} bytes`],
    ['Signature', 'none'],
    ['Hooks', hooks.map((id) => hookLine(id, manifest))],
    ['Imports', imports],
    ['Requests', manifest.requests],
    ['Commands', manifest.contributes.commands.map(({ path, summary }) => `${path} - ${summary}`)],
    [
      'Flags',
      manifest.contributes.flags.map(
        ({ name, commands, usage }) => `--${name} on ${(commands ?? []).join(', ')} - ${usage}`,
      ),
    ],
    ['Phases', manifest.contributes.phases.map(({ command, phases }) => `${phases.join(', ')} ${command}`)],
    [
      'Settings',
      Object.entries(manifest.settings?.properties ?? {}).map(([name, { type, description }]) =>
        settingLine(name, type, description),
      ),
    ],
    ...(plugin === undefined ? [] : recordFacts(plugin)),
    ['Ignored', notes],
  ];
  return facts.map(([key, value]) => format(key, value)).join('');
}

function recordFacts({ record, store }: InstalledPlugin): [string, string | readonly string[] | undefined][] {
  return [
    ['Enabled', record.enabled ? 'yes' : 'no'],
    ['Grants', record.grants],
    ['Order', String(record.order)],
    ['Optional', record.optional ? 'yes' : 'no'],
    ['Overrides', record.overrides],
    ['Installed', record.installed],
    ['Previous', record.previous?.version],
    ['Store', `${store.kind}, ${store.root}`],
  ];
}

function hookLine(id: string, { monitor }: Manifest): string {
  const exclusive = shortHook(id) === 'monitor-container' && monitor === 'exclusive';
  return exclusive ? `${id} (exclusive)` : id;
}

function settingLine(name: string, type: string | undefined, description: string | undefined): string {
  const typed = type === undefined ? name : `${name} (${type})`;
  return description === undefined ? typed : `${typed} - ${description}`;
}

function format(key: string, value: string | readonly string[] | undefined): string {
  if (value === undefined || value.length === 0) return '';
  if (typeof value === 'string') return `${key}: ${escapeControls(value)}\n`;
  return `${key}:\n${value.map((item) => `  ${escapeControls(item)}\n`).join('')}`;
}
