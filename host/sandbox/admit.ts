/**
 * Admission: what a component must be before anything of it is compiled or linked. The closed world of SECURITY.md.
 */
import { setFlagsFromString } from 'node:v8';
import { type ComponentPlan, parseInterfaceId } from '../component/index.js';
import { PluginError, quote } from '../errors/index.js';
import { usesOf } from './bounds.js';
import type { SandboxLimits } from './limits.js';
import { readCodeFacts } from './meter/code-facts.js';
import { type ModuleFacts, readModuleFacts } from './module-facts.js';
import { admitShape, checkCompileWork } from './shape/index.js';
import { wasm } from './web-assembly.js';

const WASI_VERSION = /^0\.2\.\d+$/;
const HOST_PACKAGE = 'wasm-plugin:host/';
/** First Node whose V8 has extended constant expressions without a flag. */
const EXTENDED_CONST_NODE = 22;

/**
 * Check one core module as its author wrote it, before any rewriting: rewriting must not be able to make it valid.
 *
 * @param module - a private copy, which nobody can change between this check and compiling.
 * @param known - it passed what takes V8's time to bound, under the same limits.
 * @returns what it declares.
 * @throws PluginError `LIMIT_EXCEEDED`, `COMPONENT_MALFORMED`, `COMPONENT_UNSUPPORTED`.
 */
function admitModule(module: Uint8Array, index: number, limits: SandboxLimits, known: boolean): ModuleFacts {
  if (module.byteLength > limits.moduleBytes) {
    throw new PluginError(
      'LIMIT_EXCEEDED',
      `Cannot load core module ${index}: it has ${module.byteLength} bytes, the limit is ${limits.moduleBytes}`,
    );
  }
  if (!known) admitShape(module, limits.functionBytes);
  if (!validate(module)) {
    throw new PluginError(
      'COMPONENT_MALFORMED',
      `Cannot load core module ${index}: it is not a valid WebAssembly module`,
      {
        hint: 'Build it again; if it is sound, it may use a WebAssembly feature that this Node.js does not have.',
      },
    );
  }
  const facts = readModuleFacts(module);
  if (!known) checkCompileWork(module, readCodeFacts(module, facts, limits.functionBytes));
  return facts;
}

/**
 * Check every core module of a component.
 *
 * Instances are counted on the way: a small file can ask for very many of a module with very much in it, which lives in the
 * host's heap.
 *
 * @param known - the same component passed under the same limits before: what is costly is not looked at again.
 * @throws PluginError as {@link admitModule}.
 */
export function admitModules(plan: ComponentPlan, limits: SandboxLimits, known: boolean): ModuleFacts[] {
  const uses = usesOf(plan);
  let definitions = 0;
  return plan.modules.map((module, index) => {
    const facts = admitModule(module, index, limits, known);
    definitions += facts.definitions * Math.max(1, uses[index]!);
    if (definitions > limits.definitions) {
      throw new PluginError(
        'LIMIT_EXCEEDED',
        `Cannot load the component: its core instances have more than ${limits.definitions} definitions`,
        { details: { limit: limits.definitions } },
      );
    }
    return facts;
  });
}

function validate(module: Uint8Array): boolean {
  if (wasm.validate(module)) {
    return true;
  }
  if (Number.parseInt(process.versions.node, 10) >= EXTENDED_CONST_NODE) {
    return false;
  }
  // QuickJS components add up addresses in constant expressions, which Node 20's V8 has behind a flag. The flag only adds a
  // feature that later versions have for good, and is set when the first module needs it.
  setFlagsFromString('--experimental-wasm-extended-const');
  return wasm.validate(module);
}

/** An import that the embedder's capabilities must stand for. */
export interface EmbedderImport {
  /** As the component writes it. */
  readonly text: string;
  /** Without the version. */
  readonly name: string;
}

/**
 * Hold a component's imports against what every host has.
 *
 * @returns those that are neither WASI nor ours: {@link checkOffered} is for them.
 * @throws PluginError `COMPONENT_UNSUPPORTED` for WASI that is not 0.2, and for what is not an interface.
 */
export function admitImports({ imports }: Pick<ComponentPlan, 'imports'>): readonly EmbedderImport[] {
  return imports.flatMap((text) => {
    const id = parseInterfaceId(text);
    if (id === undefined) {
      throw cannotImport(text, 'that is not an interface');
    }
    if (id.namespace === 'wasi') {
      if (!WASI_VERSION.test(id.version ?? '')) {
        throw cannotImport(text, 'where this host has WASI 0.2');
      }
      return [];
    }
    // A capability of ours that this host is too old to know answers `unsupported`; the plugin goes on without it.
    return id.name.startsWith(HOST_PACKAGE) ? [] : [{ text, name: id.name }];
  });
}

/**
 * @param offered - interface names without version.
 * @throws PluginError `COMPONENT_UNSUPPORTED` for the first import that is not offered.
 */
export function checkOffered(imports: readonly EmbedderImport[], offered: Pick<ReadonlySet<string>, 'has'>): void {
  for (const { text, name } of imports) {
    if (!offered.has(name)) {
      throw cannotImport(
        text,
        'which this host does not offer',
        'Load it in a program that offers it: createHost({ capabilities }).',
      );
    }
  }
}

function cannotImport(text: string, reason: string, hint?: string): PluginError {
  return new PluginError('COMPONENT_UNSUPPORTED', `Cannot load the component: it imports ${quote(text)}, ${reason}`, {
    hint,
    details: { import: text },
  });
}
