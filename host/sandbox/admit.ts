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
 * @returns what it declares.
 * @throws PluginError `LIMIT_EXCEEDED`, `COMPONENT_MALFORMED`, `COMPONENT_UNSUPPORTED`.
 */
function admitModule(module: Uint8Array, index: number, limits: SandboxLimits): ModuleFacts {
  if (module.byteLength > limits.moduleBytes) {
    throw new PluginError(
      'LIMIT_EXCEEDED',
      `Cannot load core module ${index}: it has ${module.byteLength} bytes, the limit is ${limits.moduleBytes}`,
    );
  }
  admitShape(module, limits.functionBytes);
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
  checkCompileWork(module, readCodeFacts(module, facts, limits.functionBytes));
  return facts;
}

/**
 * Check every core module of a component.
 *
 * Instances are counted on the way: a small file can ask for very many of a module with very much in it, which lives in the
 * host's heap.
 *
 * @throws PluginError as {@link admitModule}.
 */
export function admitModules(plan: ComponentPlan, limits: SandboxLimits): ModuleFacts[] {
  const uses = usesOf(plan);
  let definitions = 0;
  return plan.modules.map((module, index) => {
    const facts = admitModule(module, index, limits);
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

/** The one reason that an embedder can do something about. */
const NOT_OFFERED = 'which this host does not offer';

/**
 * Hold a component's imports against what there is.
 *
 * @param offered - interface names without version, of our capabilities and the embedder's. Undefined leaves the
 *   embedder's to be checked when the component is instantiated.
 * @throws PluginError `COMPONENT_UNSUPPORTED` for an interface that is neither WASI 0.2, nor ours, nor offered.
 */
export function admitImports(
  { imports }: Pick<ComponentPlan, 'imports'>,
  offered: ReadonlySet<string> | undefined,
): void {
  for (const text of imports) {
    const id = parseInterfaceId(text);
    const reason = id === undefined ? 'that is not an interface' : refusal(id, offered);
    if (reason !== undefined) {
      throw new PluginError(
        'COMPONENT_UNSUPPORTED',
        `Cannot load the component: it imports ${quote(text)}, ${reason}`,
        {
          hint:
            reason === NOT_OFFERED ? 'Load it in a program that offers it: createHost({ capabilities }).' : undefined,
          details: { import: text },
        },
      );
    }
  }
}

function refusal(
  id: NonNullable<ReturnType<typeof parseInterfaceId>>,
  offered: ReadonlySet<string> | undefined,
): string | undefined {
  if (id.namespace === 'wasi') {
    return WASI_VERSION.test(id.version ?? '') ? undefined : 'where this host has WASI 0.2';
  }
  // A capability of ours that this host is too old to know answers `unsupported`; the plugin goes on without it.
  if (id.name.startsWith(HOST_PACKAGE) || offered === undefined || offered.has(id.name)) {
    return undefined;
  }
  return NOT_OFFERED;
}
