import { type OutputUnit, type Schema, Validator } from '@cfworker/json-schema';
import { escapeControls } from '../errors/index.js';
import { chargeJson, isObject, type Json, type JsonBudget, type JsonObject, jsonBudget, memberPath } from './json.js';
import type { SettingsSchema } from './settings-types.js';

const DRAFT = '2020-12';
/** Report entries that only say that an entry further in has a problem. */
const WRAPPERS = new Set(['properties', 'items', 'additionalProperties']);
/** In larger values only the first problem is looked for: the validator reports each missing name of each item by itself. */
const EXPLAINED_NODES = 200;
/** Of what a schema wants, in a problem. */
const MAX_WANTED_CHARS = 300;

/** `text` continues the sentence that starts with `path`; both safe to print. */
export interface SettingProblem {
  readonly path: string;
  readonly text: string;
}

/**
 * What is wrong with settings.
 *
 * @param schema - as `checkSettingsSchema` returned it: the validator is given nothing else, so what is left out of our
 *   part of JSON Schema is also out of a stranger's reach.
 * @param value - as `copyJson` returned it.
 */
export function findSettingProblems(schema: SettingsSchema, value: Json): SettingProblem[] {
  // The validator hangs its own keys on the schema, and would find inherited ones: it works on a copy without prototypes.
  const { errors } = new Validator(closed(schema), DRAFT, !isSmall(value)).validate(value);
  const leaves = new Map(
    errors
      .filter(({ keyword }) => !WRAPPERS.has(keyword))
      .map((error) => [`${error.keyword} ${error.instanceLocation}`, error]),
  );
  const problems = [...leaves.values()].flatMap((error) => explain(error, schema, value));
  // Several missing names at one place come as several errors that each explain all of them.
  return [...new Map(problems.map((one) => [`${one.path} ${one.text}`, one])).values()];
}

function isSmall(value: Json): boolean {
  const budget: JsonBudget = { nodes: EXPLAINED_NODES, chars: Infinity };
  chargeJson(value, budget);
  return budget.nodes >= 0;
}

/**
 * `value`, completed with the defaults of every object in it. Objects that are absent are not invented.
 *
 * Defaults may hold objects that have defaults again, so a short schema could make a value of any size: what comes out
 * is held to the bounds of what goes in.
 *
 * @param budget - shared by the calls that are bounded together. Default: that of one document.
 * @returns undefined if the budget is used up.
 */
export function withDefaults(schema: SettingsSchema, value: Json, budget: JsonBudget = jsonBudget()): Json | undefined {
  const complete = completed(schema, value, budget);
  return budget.nodes < 0 || budget.chars < 0 ? undefined : complete;
}

function completed(schema: SettingsSchema, value: Json, budget: JsonBudget): Json {
  if (budget.nodes < 0 || budget.chars < 0) return value;
  if (Array.isArray(value) && schema.items !== undefined) {
    const { items } = schema;
    budget.nodes -= 1;
    return value.map((item: Json) => completed(items, item, budget));
  }
  if (!isObject(value)) {
    chargeJson(value, budget);
    return value;
  }
  const object: JsonObject = value;
  budget.nodes -= 1;
  const complete: Record<string, Json> = Object.create(null);
  for (const [name, item] of Object.entries(object)) {
    const property = propertyOf(schema, name);
    budget.chars -= name.length;
    if (property === undefined) chargeJson(item, budget);
    complete[name] = property === undefined ? item : completed(property, item, budget);
  }
  for (const [name, property] of Object.entries(schema.properties ?? {})) {
    if (Object.hasOwn(object, name) || property.default === undefined) continue;
    budget.chars -= name.length;
    complete[name] = completed(property, property.default, budget);
  }
  return complete;
}

function propertyOf({ properties }: SettingsSchema, name: string): SettingsSchema | undefined {
  return properties !== undefined && Object.hasOwn(properties, name) ? properties[name] : undefined;
}

/** Where properties are listed, others are refused unless the schema says something about them. */
function closed(schema: SettingsSchema): Schema {
  const copy: Schema = Object.assign(Object.create(null), schema);
  if (schema.properties !== undefined) {
    const properties = Object.entries(schema.properties).map(([name, property]) => [name, closed(property)] as const);
    copy.properties = Object.assign(Object.create(null), Object.fromEntries(properties));
    copy.additionalProperties ??= false;
  }
  if (schema.items !== undefined) copy.items = closed(schema.items);
  if (typeof schema.additionalProperties === 'object') copy.additionalProperties = closed(schema.additionalProperties);
  return copy;
}

function explain({ keyword, instanceLocation }: OutputUnit, root: SettingsSchema, value: Json): SettingProblem[] {
  const steps = pointerSteps(instanceLocation);
  const path = steps.reduce((at, step) => (/^\d+$/.test(step) ? `${at}[${step}]` : memberPath(at, step)), '');
  const schema = steps.reduce<SettingsSchema | undefined>(schemaOf, root);
  const found = steps.reduce<Json | undefined>(memberOf, value);
  if (keyword === 'required') {
    const missing = (schema?.required ?? []).filter((name) => !isObject(found) || !Object.hasOwn(found, name));
    return missing.map((name) => ({ path: memberPath(path, name), text: 'is missing' }));
  }
  return [{ path: path === '' ? 'the whole' : path, text: describe(keyword, schema, found) }];
}

function describe(keyword: string, schema: SettingsSchema | undefined, found: Json | undefined): string {
  const shown = JSON.stringify(found)?.slice(0, 60);
  const is = `is ${escapeControls(shown ?? 'nothing')}`;
  switch (keyword) {
    case 'false':
      return 'is not a setting of this plugin';
    case 'type':
      return `${is}, it must be of type ${schema?.type}`;
    case 'enum':
      return `${is}, it must be one of ${shortened((schema?.enum ?? []).map((one) => JSON.stringify(one)).join(', '))}`;
    case 'const':
      return `${is}, it must be ${shortened(JSON.stringify(schema?.const) ?? '')}`;
    case 'minimum':
      return `${is}, it must be at least ${schema?.minimum}`;
    case 'maximum':
      return `${is}, it must be at most ${schema?.maximum}`;
    case 'minLength':
      return `has fewer than ${schema?.minLength} characters`;
    case 'maxLength':
      return `has more than ${schema?.maxLength} characters`;
    case 'minItems':
      return `has fewer than ${schema?.minItems} items`;
    case 'maxItems':
      return `has more than ${schema?.maxItems} items`;
    default:
      return `${is}, which does not fit the plugin's schema`;
  }
}

/** A schema may hold long values, and be broken in many places. */
function shortened(text: string): string {
  return escapeControls(text.length > MAX_WANTED_CHARS ? `${text.slice(0, MAX_WANTED_CHARS)}…` : text);
}

// The validator's locations: `#/a/b~1c`, percent-encoded.
function pointerSteps(location: string): string[] {
  const steps = location.split('/').slice(1);
  return steps.map((step) => decodeURIComponent(step).replaceAll('~1', '/').replaceAll('~0', '~'));
}

function schemaOf(schema: SettingsSchema | undefined, step: string): SettingsSchema | undefined {
  if (schema?.items !== undefined) return schema.items;
  if (schema?.properties !== undefined && Object.hasOwn(schema.properties, step)) return schema.properties[step];
  return typeof schema?.additionalProperties === 'object' ? schema.additionalProperties : undefined;
}

function memberOf(value: Json | undefined, step: string): Json | undefined {
  if (Array.isArray(value)) return value[Number(step)] as Json | undefined;
  return isObject(value) && Object.hasOwn(value, step) ? (value as JsonObject)[step] : undefined;
}
