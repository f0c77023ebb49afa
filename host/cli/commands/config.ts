import { escapeControls, PluginError, quote } from '../../errors/index.js';
import type { Manifest } from '../../package/index.js';
import { checkSettings, coerceSetting, readPackage } from '../../package/index.js';
import type { InstalledPlugin, Store } from '../../store/index.js';
import type { CommandContext, RunCommand } from '../context.js';
import { EXIT_OK } from '../exit-code.js';
import { failed, UsageError } from '../failure.js';
import { settingsSoFar } from '../plugin-settings.js';
import { tellLifecycle } from './lifecycle.js';
import { notFound } from './not-found.js';
import { noSuchPlugin } from './plugin-file.js';
import { formatJson, printJson } from './print-json.js';

type SettingsSchema = NonNullable<Manifest['settings']>;
type Settings = Readonly<Record<string, unknown>>;

/** `config NAME`: the settings as the plugin gets them. `config NAME KEY=VALUE`: change them, all or none. */
export const run: RunCommand = async (context, { args, options }) => {
  const [name = '', ...pairs] = args;
  const unset = options.texts('unset');
  if (pairs.length === 0 && unset.length === 0) return show(context, name, options.has('json'));
  const store = context.stores.writable('config');
  try {
    await change(store, name, pairs, unset);
  } catch (error) {
    throw failed(`Failed to configure plugin ${quote(name)}`, notFound(error, context.stores, store, name) ?? error);
  }
  if (store.get(name)?.enabled === true) await tellLifecycle(context, store, name, 'configured');
  return EXIT_OK;
};

function show({ io, stores }: CommandContext, name: string, json: boolean): number {
  try {
    const plugin = stores.find(name);
    if (plugin === undefined) throw noSuchPlugin(stores, name);
    const settings = effective(plugin);
    if (json) printJson(io, settings);
    else
      io.stdout.write(
        Object.entries(settings)
          .map(([key, value]) => `${key}=${shown(value)}\n`)
          .join(''),
      );
    return EXIT_OK;
  } catch (error) {
    throw failed(`Failed to show the settings of plugin ${quote(name)}`, error);
  }
}

/** With the manifest's defaults; where the settings do not fit (yet), as the operator gave them. */
function effective({ record, store }: InstalledPlugin): Settings {
  return settingsSoFar(record, readPackage(store.readPackage(record)).manifest);
}

async function change(store: Store, name: string, texts: readonly string[], unset: readonly string[]): Promise<void> {
  const record = store.get(name);
  if (record === undefined) {
    for (const text of texts) splitPair(text, name, undefined);
    // The store says "not found" in its own words.
    return void (await store.configure(name, {}));
  }
  const { settings: schema } = readPackage(store.readPackage(record)).manifest;
  const pairs = texts.map((text) => splitPair(text, name, schema));
  const settings = new Map(Object.entries(record.settings));
  for (const key of unset) {
    // One that an earlier version had is deleted like any other.
    if (!settings.delete(key)) checkKnown(schema, key);
  }
  for (const [key, text] of pairs) settings.set(key, coerceSetting(schema, key, text));
  const chosen = Object.fromEntries(settings);
  checkSettings(schema, chosen);
  // Without the defaults: a later version may have better ones.
  await store.configure(name, chosen);
}

/** A misspelt name must not pass for one that is back at its default. */
function checkKnown(schema: SettingsSchema | undefined, key: string): void {
  const names = settingNames(schema);
  if (names.includes(key)) return;
  throw new PluginError('SETTINGS_INVALID', `Cannot unset ${quote(key)}: the plugin has no such setting`, {
    hint: settingsHint(names),
  });
}

function splitPair(text: string, name: string, schema: SettingsSchema | undefined): readonly [string, string] {
  const equals = text.indexOf('=');
  if (equals >= 1) return [text.slice(0, equals), text.slice(equals + 1)];
  const names = settingNames(schema);
  const hint =
    names.length === 0 || names.includes(text)
      ? `Write: wasm-plugin config ${name} ${names.includes(text) ? text : 'KEY'}=VALUE`
      : settingsHint(names);
  throw new UsageError(`${quote(text)} is not KEY=VALUE`, escapeControls(hint));
}

function settingNames(schema: SettingsSchema | undefined): readonly string[] {
  return Object.keys(schema?.properties ?? {});
}

function settingsHint(names: readonly string[]): string {
  return names.length === 0 ? 'This plugin describes no settings' : `Its settings are ${names.join(', ')}`;
}

/** Text as it is, so that it can be given back; everything else as JSON. Both without control characters. */
function shown(value: unknown): string {
  const json = formatJson(value);
  return typeof value === 'string' && JSON.stringify(value) === `"${value}"`
    ? json.slice(1, -1)
    : json.replaceAll(/\n\s*/g, ' ');
}
