/**
 * Puts the meter under programs that were not made for it: from here on every module that this process compiles through the
 * WebAssembly API is rewritten first, and every instance gets what rewritten code imports.
 *
 * Plain JavaScript over dist/, because it runs in a process of its own, before the program under test is loaded.
 */
import { rewriteModule } from '../../dist/sandbox/meter/index.js';
import { readModuleFacts } from '../../dist/sandbox/module-facts.js';
import { RESERVED_NAMESPACE } from '../../dist/sandbox/reserved.js';

const MAX_PAGES = 65_536;
const MANY_ENTRIES = 10_000_000;
const PLENTY = 1n << 60n;
const SLICE = 100_000n;

/** @typedef {import('../../dist/sandbox/meter/index.js').Meter} Meter */

/**
 * @param {Meter} meter
 * @returns {{ readonly modules: number, readonly ticks: number }} counts, of what was rewritten and of calls for more fuel.
 */
export function meterEverything(meter) {
  const { compile, instantiate, validate } = WebAssembly;
  const { Module, Instance } = WebAssembly;
  const counts = { modules: 0, ticks: 0 };
  /** @type {WeakMap<WebAssembly.Module, import('../../dist/sandbox/module-facts.js').ModuleFacts>} */
  const known = new WeakMap();
  const fuel = new WebAssembly.Global({ value: 'i64', mutable: true }, meter.deadline === 'slices' ? SLICE : PLENTY);
  const epoch = new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true });
  const tick = () => {
    counts.ticks++;
    fuel.value += SLICE;
    return 0;
  };

  /** @param {BufferSource} source */
  function rewrite(source) {
    const view = ArrayBuffer.isView(source)
      ? new Uint8Array(source.buffer, source.byteOffset, source.byteLength)
      : new Uint8Array(source);
    if (!validate(view)) throw new WebAssembly.CompileError('not valid as it came');
    const facts = readModuleFacts(view);
    const tableMaxima = facts.tables.map(({ maximum }) => maximum ?? MANY_ENTRIES);
    counts.modules++;
    return { facts, bytes: rewriteModule(view, facts, { tableMaxima, meter, functionBytes: view.byteLength }).bytes };
  }

  /** @param {WebAssembly.Module} module @param {WebAssembly.Imports} [imports] */
  function importsOf(module, imports = {}) {
    const memory = known.get(module)?.memory;
    const own =
      memory === undefined
        ? {}
        : { memory: new WebAssembly.Memory({ initial: memory.minimum, maximum: memory.maximum ?? MAX_PAGES }) };
    return { ...imports, [RESERVED_NAMESPACE]: { epoch, fuel, tick, ...own } };
  }

  /** @param {BufferSource} source */
  async function compileMetered(source) {
    const { facts, bytes } = rewrite(source);
    const module = await compile(bytes);
    known.set(module, facts);
    return module;
  }

  Object.assign(WebAssembly, {
    compile: compileMetered,
    compileStreaming: async (/** @type {Promise<Response>} */ response) =>
      compileMetered(await (await response).arrayBuffer()),
    async instantiate(
      /** @type {BufferSource | WebAssembly.Module} */ source,
      /** @type {WebAssembly.Imports} */ imports,
    ) {
      if (source instanceof Module) return instantiate(source, importsOf(source, imports));
      const module = await compileMetered(source);
      return { module, instance: await instantiate(module, importsOf(module, imports)) };
    },
    Module: new Proxy(Module, {
      construct(target, [source]) {
        const { facts, bytes } = rewrite(source);
        const module = new target(bytes);
        known.set(module, facts);
        return module;
      },
    }),
    Instance: new Proxy(Instance, {
      construct: (target, [module, imports]) => new target(module, importsOf(module, imports)),
    }),
  });
  return counts;
}
