import { PluginError, quote } from '../errors/index.js';
import { checkSettings, type Manifest } from '../package/index.js';
import type { PluginRecord } from '../store/index.js';

/** Whose settings, and what the operator gave: a record, or what stands for one of a plugin that is not installed. */
export type GivenSettings = Pick<PluginRecord, 'name' | 'settings'>;

/**
 * The settings that a plugin gets: the operator's values, completed with the defaults of its manifest.
 *
 * A record holds the operator's alone, so that a later version may have better defaults.
 *
 * @throws PluginError `SETTINGS_INVALID`, with what to type, if one that is required was never set, or one does not fit the
 *   schema of this version.
 */
export function completeSettings(record: GivenSettings, manifest: Manifest): ReturnType<typeof checkSettings> {
  try {
    return checkSettings(manifest.settings, record.settings);
  } catch (error) {
    if (!(error instanceof PluginError) || error.code !== 'SETTINGS_INVALID') throw error;
    throw new PluginError('SETTINGS_INVALID', `Plugin ${quote(record.name)}: ${error.message}`, {
      cause: error,
      hint: `Set them with: wasm-plugin config ${record.name} KEY=VALUE`,
      details: { plugin: record.name },
    });
  }
}

/** The same for calls that come before a plugin can be configured; what does not fit is passed on as it is. */
export function settingsSoFar(record: GivenSettings, manifest: Manifest): Readonly<Record<string, unknown>> {
  try {
    return completeSettings(record, manifest);
  } catch {
    return record.settings;
  }
}
