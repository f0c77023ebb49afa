import type { CommandContribution, FlagContribution, Manifest } from './manifest-types.js';
import { SETTING_KEYWORDS, type SettingsSchema } from './settings-types.js';

const COMMAND_KEYS = [
  'path',
  'usage',
  'summary',
  'flags',
  'minArgs',
  'maxArgs',
  'hidden',
] as const satisfies readonly (keyof CommandContribution)[];
const FLAG_KEYS = [
  'commands',
  'name',
  'shorthand',
  'type',
  'default',
  'usage',
  'valueName',
  'hidden',
  'required',
  'deprecated',
  'env',
  'envBare',
] as const satisfies readonly (keyof FlagContribution)[];

/**
 * The bytes of a manifest: compact JSON in one fixed order of keys, and a newline.
 *
 * Name, author, version and description stand first, as in the packages that this format comes from; what is empty is
 * left out. The same manifest gives the same bytes, whatever order its keys were made in.
 *
 * @param manifest - not checked; `packPlugin` does that.
 */
export function formatManifest(manifest: Manifest): Uint8Array {
  const { name, author, version, description, license, homepage, requests, contributes, settings, monitor, sdk } =
    manifest;
  const ordered = {
    name,
    author,
    version,
    description,
    license,
    homepage,
    requests: unlessEmpty(requests),
    contributes: unlessEmpty({
      commands: unlessEmpty(contributes.commands.map(orderCommand)),
      flags: unlessEmpty(contributes.flags.map(orderFlag)),
      phases: unlessEmpty(contributes.phases.map(({ command, phases }) => ({ command, phases }))),
    }),
    settings: settings && orderSchema(settings),
    monitor,
    sdk: sdk && { lang: sdk.lang, version: sdk.version },
  };
  return new TextEncoder().encode(`${JSON.stringify(ordered)}\n`);
}

function unlessEmpty<T extends object>(value: T): T | undefined {
  return Object.values(value).some((item) => item !== undefined) ? value : undefined;
}

function orderCommand(command: CommandContribution): object {
  return { ...pick(command, COMMAND_KEYS), ...(command.flags && { flags: command.flags.map(orderFlag) }) };
}

function orderFlag(flag: FlagContribution): object {
  return pick(flag, FLAG_KEYS);
}

// The properties keep the author's order: it is the one in which people read them.
function orderSchema(schema: SettingsSchema): object {
  const { properties, items, additionalProperties } = schema;
  const ordered: Record<string, unknown> = pick(schema, SETTING_KEYWORDS);
  if (properties !== undefined) {
    ordered.properties = Object.fromEntries(Object.entries(properties).map(([name, one]) => [name, orderSchema(one)]));
  }
  if (items !== undefined) ordered.items = orderSchema(items);
  if (typeof additionalProperties === 'object') ordered.additionalProperties = orderSchema(additionalProperties);
  return ordered;
}

function pick<T extends object>(value: T, keys: readonly (keyof T & string)[]): Record<string, unknown> {
  return Object.fromEntries(keys.filter((key) => value[key] !== undefined).map((key) => [key, value[key]]));
}
