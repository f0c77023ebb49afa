/**
 * The WIT world of a core module: what it imports and exports, and nothing more.
 *
 * A plugin's world is derived, never written by its author, so that the component says exactly what the code can do.
 */
import { parseInterfaceId } from '../abi/index.js';
import { PluginError, quote } from '../errors/index.js';
import { readCoreInterface } from './core-module.js';

export interface World {
  /** One document: the interfaces, and the world `plugin`. */
  readonly wit: string;
  readonly hooks: readonly string[];
  readonly capabilities: readonly string[];
  /** Whether the module imports WASI preview 1, which the adapter turns into component imports. */
  readonly needsWasi: boolean;
}

export const WORLD_NAME = 'plugin';

const PREVIEW1 = 'wasi_snapshot_preview1';
const HANDLE = '#handle';
const SIGNATURE = 'func(request: list<u8>) -> result<list<u8>, list<u8>>';

/**
 * @param core - a core module whose exports have their final names.
 * @throws PluginError `COMPILE_FAILED` if it imports something that no component can, such as `env.foo`.
 */
export function deriveWorld(core: Uint8Array): World {
  const { imports, exports } = readCoreInterface(core);
  const hooks = exports
    .filter((name) => name.endsWith(HANDLE) && !name.startsWith('cabi_post_'))
    .map((name) => name.slice(0, -HANDLE.length));
  const foreign = imports.filter(({ module: from, name }) => from !== PREVIEW1 && !isCapability(from, name));
  if (foreign.length > 0) {
    const names = foreign.map(({ module: from, name }) => quote(`${from}.${name}`)).join(', ');
    throw new PluginError('COMPILE_FAILED', `Cannot make a component: the code imports ${names}, which no host has`, {
      hint: 'Use what the SDK offers instead; for process and the like extend @assemblyscript/wasi-shim/asconfig.json.',
    });
  }
  const capabilities = [...new Set(imports.map(({ module: from }) => from).filter((from) => from !== PREVIEW1))];
  return {
    wit: printWorld(capabilities, hooks),
    hooks,
    capabilities,
    needsWasi: imports.some(({ module: from }) => from === PREVIEW1),
  };
}

function isCapability(from: string, name: string): boolean {
  return parseInterfaceId(from) !== undefined && name === 'call';
}

function printWorld(capabilities: readonly string[], hooks: readonly string[]): string {
  const packages = new Map<string, string[]>();
  const functions = [
    ...capabilities.map((id) => ({ id, func: 'call' })),
    ...hooks.map((id) => ({ id, func: 'handle' })),
  ];
  for (const { id, func } of functions) {
    const { packageId, name } = splitId(id);
    const lines = packages.get(packageId) ?? [];
    lines.push(`  interface ${escapeKeyword(name)} { ${func}: ${SIGNATURE}; }`);
    packages.set(packageId, lines);
  }
  return [
    'package wasm-plugin:compiled;',
    ...[...packages].map(([packageId, lines]) => `package ${packageId} {\n${lines.join('\n')}\n}`),
    `world ${WORLD_NAME} {`,
    ...capabilities.map((id) => `  import ${escapeId(id)};`),
    ...hooks.map((id) => `  export ${escapeId(id)};`),
    '}',
    '',
  ].join('\n');
}

function splitId(id: string): { packageId: string; name: string } {
  const at = id.indexOf('@');
  const slash = id.indexOf('/');
  const [namespace = '', pkg = ''] = id.slice(0, slash).split(':');
  return {
    packageId: `${escapeKeyword(namespace)}:${escapeKeyword(pkg)}${id.slice(at)}`,
    name: id.slice(slash + 1, at),
  };
}

function escapeId(id: string): string {
  const { packageId, name } = splitId(id);
  const at = packageId.indexOf('@');
  return `${packageId.slice(0, at)}/${escapeKeyword(name)}${packageId.slice(at)}`;
}

/** `%` lets any identifier be a word of the WIT language, such as `type`. */
function escapeKeyword(name: string): string {
  return `%${name}`;
}
