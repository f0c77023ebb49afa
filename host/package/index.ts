export type { Json, JsonObject } from './json.js';
export { formatManifest } from './manifest-format.js';
export type { ParseManifestOptions } from './manifest-parse.js';
export { MAX_MANIFEST_BYTES, parseManifest } from './manifest-parse.js';
export type {
  CommandContribution,
  FlagContribution,
  FlagDefault,
  FlagType,
  Manifest,
  ManifestSource,
  PhaseContribution,
} from './manifest-types.js';
export { FLAG_TYPES } from './manifest-types.js';
export { validateName } from './name.js';
export type { PackOptions } from './pack.js';
export { packPlugin } from './pack.js';
export type { PluginPackage } from './read.js';
export { DEFAULT_PACKAGE_LIMITS, MAX_PACKAGE_BYTES, readPackage } from './read.js';
export { checkSettings, coerceSetting } from './settings.js';
export { checkSettingsSchema } from './settings-schema.js';
export type { SettingsSchema, SettingType } from './settings-types.js';
