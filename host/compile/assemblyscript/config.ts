/**
 * An AssemblyScript project's `asconfig.json` and the configurations that it extends, as far as `compile` looks at them.
 * The compiler reads the same files again through `project-files.ts` and gives the options their meaning.
 */
import { createRequire } from 'node:module';
import { dirname, isAbsolute, join, resolve } from 'node:path';
import { PluginError, quote } from '../../errors/index.js';

export const CONFIG_FILE = 'asconfig.json';

/** What a project writes to extend the configuration that comes with this package. */
const BUNDLED_CONFIG = 'wasm-plugin/asconfig.json';

/** The target that the compiler takes where nobody names one. */
const DEFAULT_TARGET = 'release';

// More than anybody nests; a cycle ends here too.
const MAX_EXTENDS = 16;

export interface ProjectConfig {
  /** Whether an `asconfig.json` of the chain names entry files. */
  readonly hasEntries: boolean;
  /** Whether `@assemblyscript/wasi-shim` provides console, Date, process and the like. */
  readonly usesWasi: boolean;
  /** Whether the plugin may say which lines its code comes from: `"sourceMap": false` keeps that to its author. */
  readonly sourceMap: boolean;
}

export interface ConfigSource {
  /** Text of a file, or null where there is none. */
  read(path: string): string | null;
  /** Where `asconfig.json` of this package is. */
  readonly bundledConfig: string;
}

/**
 * Follow the chain from a project's own `asconfig.json`, which may be missing.
 *
 * @throws PluginError `COMPILE_FAILED` if a configuration is not JSON, or extends one that is not there.
 */
export function readConfig(projectDir: string, source: ConfigSource): ProjectConfig {
  let hasEntries = false;
  let usesWasi = false;
  let sourceMap: boolean | undefined;
  let path: string | undefined = join(projectDir, CONFIG_FILE);
  for (let count = 0; path !== undefined && count < MAX_EXTENDS; count++) {
    const text = source.read(path);
    if (text === null && count > 0) {
      throw new PluginError('COMPILE_FAILED', `Cannot read configuration ${quote(path)}: there is no such file`);
    }
    const config: Config = text === null ? {} : parseConfig(text, path);
    hasEntries ||= Array.isArray(config.entries) && config.entries.length > 0;
    usesWasi ||= useOptions(config.options).some((option) => option.startsWith('ASC_WASI='));
    sourceMap ??= wantsSourceMap(config);
    path = typeof config.extends === 'string' ? resolveExtends(config.extends, path, source) : undefined;
  }
  return { hasEntries, usesWasi, sourceMap: sourceMap ?? true };
}

/**
 * A configuration as the compiler gets it: `extends` is an absolute path, which is all that it needs to find the next one,
 * nobody but the SDK provides `abort`, and `sourceMap` is ours to give. The compiler lets an inherited alias win over ours.
 */
export function adaptConfig(text: string, path: string, source: ConfigSource): string {
  const config = parseConfig(text, path);
  const targets = Object.entries(config.targets ?? {}).map(([name, options]) => [name, withoutOurs(options)]);
  return JSON.stringify({
    ...config,
    ...(typeof config.extends === 'string' ? { extends: resolveExtends(config.extends, path, source) } : {}),
    options: withoutOurs(config.options),
    targets: Object.fromEntries(targets),
  });
}

function withoutOurs(options: Options | undefined): Options | undefined {
  if (!options) {
    return undefined;
  }
  const { sourceMap: _, ...rest } = options;
  return rest.use === undefined
    ? rest
    : { ...rest, use: useOptions(options).filter((alias) => !alias.startsWith('abort=')) };
}

interface Options {
  readonly use?: unknown;
  readonly sourceMap?: unknown;
}

interface Config {
  readonly extends?: unknown;
  readonly entries?: unknown;
  readonly options?: Options;
  readonly targets?: Readonly<Record<string, Options>>;
}

function parseConfig(text: string, path: string): Config {
  try {
    const config: unknown = JSON.parse(text);
    return typeof config === 'object' && config !== null ? config : {};
  } catch (cause) {
    throw new PluginError('COMPILE_FAILED', `Cannot read configuration ${quote(path)}: it is not JSON`, { cause });
  }
}

/** The compiler's default target goes before the options of all targets. */
function wantsSourceMap({ targets, options }: Config): boolean | undefined {
  const value = targets?.[DEFAULT_TARGET]?.sourceMap ?? options?.sourceMap;
  return value === undefined ? undefined : value !== false;
}

function useOptions(options: Options | undefined): string[] {
  const use = options?.use;
  return (Array.isArray(use) ? use : [use]).filter((option) => typeof option === 'string');
}

function resolveExtends(target: string, from: string, source: ConfigSource): string {
  if (target === BUNDLED_CONFIG) {
    return source.bundledConfig;
  }
  if (target.startsWith('.') || isAbsolute(target)) {
    return resolve(dirname(from), target);
  }
  try {
    return createRequire(from).resolve(target);
  } catch (cause) {
    throw new PluginError(
      'COMPILE_FAILED',
      `Cannot resolve configuration ${quote(target)} that ${quote(from)} extends`,
      {
        hint: 'Install the package that it is part of.',
        cause,
      },
    );
  }
}
