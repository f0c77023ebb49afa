import { PluginError, quote } from '../errors/index.js';
import { copyJson, type Json, type JsonObject, jsonBudget } from './json.js';
import { createReport, failOnProblems } from './report.js';
import { findSettingProblems, withDefaults } from './settings-check.js';
import type { SettingsSchema } from './settings-types.js';

/** For plugins whose manifest describes no settings: none can be given. */
const NO_SETTINGS: SettingsSchema = { type: 'object', properties: Object.create(null) as Record<string, never> };

/**
 * Check an operator's settings against a plugin's schema and fill in the defaults.
 *
 * @param schema - of the manifest; undefined if it has none.
 * @param values - by name; not modified.
 * @returns a copy with defaults, without prototypes: what the plugin gets as `settings`.
 * @throws PluginError `SETTINGS_INVALID` with every problem.
 */
export function checkSettings(
  schema: SettingsSchema | undefined,
  values: Readonly<Record<string, unknown>>,
): JsonObject {
  const report = createReport();
  const copy = copyJson(values, 'settings', report, jsonBudget());
  const complete = copy === undefined ? undefined : withDefaults(schema ?? NO_SETTINGS, copy);
  if (copy !== undefined && complete === undefined) report.problem('settings', 'is too large with its defaults');
  if (complete !== undefined) {
    for (const { path, text } of findSettingProblems(schema ?? NO_SETTINGS, complete)) report.problem(path, text);
  }
  failOnProblems(report, 'SETTINGS_INVALID', 'Cannot use settings', settingsHint(schema));
  return complete as JsonObject;
}

/**
 * Turn the text of `KEY=VALUE` into the value that the schema wants there.
 *
 * Only the spelling is settled here; whether the value is allowed is for `checkSettings`, which sees all of them.
 * Booleans are true/false, yes/no or on/off; lists are JSON, or items between commas; objects are JSON.
 *
 * @throws PluginError `SETTINGS_INVALID` for a name that the schema does not have, or a text that is no such value.
 */
export function coerceSetting(schema: SettingsSchema | undefined, key: string, text: string): Json {
  const property = settingSchema(schema ?? NO_SETTINGS, key);
  if (property === undefined) {
    throw new PluginError('SETTINGS_INVALID', `Cannot set ${quote(key)}: the plugin has no such setting`, {
      hint: settingsHint(schema),
      details: { key },
    });
  }
  const value = coerce(property, text);
  if (value !== undefined) return value;
  throw new PluginError('SETTINGS_INVALID', `Cannot set ${quote(key)} to ${quote(text)}: ${wanted(property)}`, {
    details: { key, text },
  });
}

function settingSchema(schema: SettingsSchema, key: string): SettingsSchema | undefined {
  const { properties, additionalProperties = properties === undefined } = schema;
  if (properties !== undefined && Object.hasOwn(properties, key)) return properties[key];
  if (typeof additionalProperties === 'object') return additionalProperties;
  return additionalProperties ? {} : undefined;
}

function settingsHint(schema: SettingsSchema | undefined): string {
  const names = Object.keys(schema?.properties ?? {});
  return names.length === 0 ? 'This plugin describes no settings.' : `Its settings are ${names.join(', ')}.`;
}

/** @returns undefined if `text` is no such value. */
function coerce(schema: SettingsSchema, text: string): Json | undefined {
  switch (schema.type) {
    case 'string':
      return text;
    case 'integer':
      return /^[+-]?\d+$/.test(text) && Number.isSafeInteger(Number(text)) ? Number(text) : undefined;
    case 'number':
      return /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/.test(text) && Number.isFinite(Number(text))
        ? Number(text)
        : undefined;
    case 'boolean':
      return coerceBool(text);
    case 'array':
      return coerceList(schema.items ?? {}, text);
    case 'object': {
      const value = parseJson(text);
      return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : undefined;
    }
    case undefined:
      return coerceUntyped(schema, text);
  }
}

function coerceBool(text: string): boolean | undefined {
  if (/^(true|yes|on)$/i.test(text)) return true;
  return /^(false|no|off)$/i.test(text) ? false : undefined;
}

function coerceList(items: SettingsSchema, text: string): Json | undefined {
  if (/^\s*\[/.test(text)) {
    const value = parseJson(text);
    return Array.isArray(value) ? value : undefined;
  }
  const list: Json[] = [];
  for (const item of text === '' ? [] : text.split(',')) {
    const value = coerce(items, item.trim());
    if (value === undefined) return undefined;
    list.push(value);
  }
  return list;
}

/** An allowed value that reads like the text; else JSON if it is some; else the text. */
function coerceUntyped(schema: SettingsSchema, text: string): Json {
  const allowed = schema.enum ?? (schema.const === undefined ? [] : [schema.const]);
  const match = allowed.find((one) => one === text) ?? allowed.find((one) => JSON.stringify(one) === text);
  if (match !== undefined) return match;
  const value = allowed.length === 0 ? parseJson(text) : undefined;
  return value === undefined ? text : value;
}

function parseJson(text: string): Json | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  return copyJson(value, '', createReport(), jsonBudget());
}

function wanted(schema: SettingsSchema): string {
  switch (schema.type) {
    case 'boolean':
      return 'it must be true or false';
    case 'integer':
      return 'it must be a whole number';
    case 'array':
      return `it must be a list: items of type ${schema.items?.type ?? 'any'} between commas, or JSON`;
    case 'object':
      return 'it must be an object in JSON';
    default:
      return `it must be a ${schema.type}`;
  }
}
