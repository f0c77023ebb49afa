import type { Json } from './json.js';

export const SETTING_TYPES = ['string', 'number', 'integer', 'boolean', 'array', 'object'] as const;
export type SettingType = (typeof SETTING_TYPES)[number];

/**
 * The part of JSON Schema that describes settings: what a person can type and a program can explain.
 *
 * No references, patterns, formats or combinators: none can be made slow, and each problem is one sentence.
 */
export interface SettingsSchema {
  readonly type?: SettingType;
  readonly title?: string;
  readonly description?: string;
  readonly default?: Json;
  readonly enum?: readonly Json[];
  readonly const?: Json;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly properties?: Readonly<Record<string, SettingsSchema>>;
  readonly required?: readonly string[];
  /** Where `properties` is given the default is false, unlike in JSON Schema: a misspelt setting is an error. */
  readonly additionalProperties?: boolean | SettingsSchema;
  readonly items?: SettingsSchema;
  readonly minItems?: number;
  readonly maxItems?: number;
}

/** The order in which a formatted manifest spells the keywords. */
export const SETTING_KEYWORDS = [
  'type',
  'title',
  'description',
  'default',
  'enum',
  'const',
  'minimum',
  'maximum',
  'minLength',
  'maxLength',
  'properties',
  'required',
  'additionalProperties',
  'items',
  'minItems',
  'maxItems',
] as const satisfies readonly (keyof SettingsSchema)[];
