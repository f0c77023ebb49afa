/** Modules that nobody here wrote, walked and rewritten in every way: what was valid stays valid. `real-modules.test.ts` runs them. */
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { setFlagsFromString } from 'node:v8';
import { beforeAll, describe, expect, test, vi } from 'vitest';
import { decodeComponent } from '../../host/component/index.js';
import { type CodeFacts, readCodeFacts } from '../../host/sandbox/meter/code-facts.js';
import { END } from '../../host/sandbox/meter/opcodes.js';
import { newOperator, OperatorReader } from '../../host/sandbox/meter/operator-reader.js';
import { planCode } from '../../host/sandbox/meter/plan.js';
import { readModuleFacts } from '../../host/sandbox/module-facts.js';
import { wasm } from '../../host/sandbox/web-assembly.js';
import { buildJavaScriptEvaluate } from '../support/build-javascript.js';
import { everywhere, METERS, NO_METER, rewrite } from '../support/metered.js';

const MODULES = fileURLToPath(new URL('../../node_modules/', import.meta.url));

const fromFile = (path: string) => async (): Promise<Uint8Array[]> => [
  new Uint8Array(await readFile(`${MODULES}${path}`)),
];

async function fromBinaryen(): Promise<Uint8Array[]> {
  const seen: Uint8Array[] = [];
  const api = wasm as unknown as Record<'instantiate' | 'compile', (source: unknown) => unknown>;
  for (const name of ['instantiate', 'compile'] as const) {
    const original = api[name].bind(api);
    vi.spyOn(api, name).mockImplementation((source, ...rest: unknown[]) => {
      if (ArrayBuffer.isView(source)) seen.push(new Uint8Array(source.buffer, source.byteOffset, source.byteLength));
      if (source instanceof ArrayBuffer) seen.push(new Uint8Array(source));
      return (original as (...all: unknown[]) => unknown)(source, ...rest);
    });
  }
  await import('binaryen');
  vi.restoreAllMocks();
  return seen.map((module) => module.slice());
}

const sources: readonly { readonly name: string; readonly load: () => Promise<Uint8Array[]> }[] = [
  { name: 'wasm-tools (Rust)', load: fromFile('@bytecodealliance/jco-transpile/vendor/wasm-tools.core.wasm') },
  {
    name: 'jco (Rust)',
    load: fromFile('@bytecodealliance/jco-transpile/vendor/js-component-bindgen-component.core.wasm'),
  },
  {
    name: 'the preview1 adapter (Rust)',
    load: fromFile('@bytecodealliance/jco/lib/wasi_snapshot_preview1.reactor.wasm'),
  },
  { name: 'binaryen (C++)', load: fromBinaryen },
  { name: 'QuickJS (C)', load: async () => [...decodeComponent(await buildJavaScriptEvaluate()).modules] },
];
function factsOf(module: Uint8Array): CodeFacts {
  return readCodeFacts(module, readModuleFacts(module), module.length);
}

/** @returns how many functions there are. */
function walk(module: Uint8Array): number {
  const { bodies } = factsOf(module);
  const operator = newOperator();
  for (let i = 0; i < bodies.count; i++) {
    const reader = new OperatorReader(module, bodies.code[i]!, bodies.ends[i]!);
    let depth = 1;
    while (reader.next(operator)) {
      depth += OPENS.has(operator.code) ? 1 : operator.code === END ? -1 : 0;
    }
    if (operator.code !== END || operator.end !== bodies.ends[i] || depth !== 0) {
      throw new Error(`Function ${i} ends at ${operator.end} instead of ${bodies.ends[i]}, ${depth} blocks deep`);
    }
  }
  return bodies.count;
}
const OPENS = new Set([0x02, 0x03, 0x04, 0x06, 0x1f]);

if (Number.parseInt(process.versions.node, 10) < 22) {
  // QuickJS adds up addresses in constant expressions; the sandbox sets this flag for it too.
  setFlagsFromString('--experimental-wasm-extended-const');
}

for (const { name, load } of sources) {
  describe(name, () => {
    let modules: Uint8Array[] = [];
    beforeAll(async () => {
      modules = await load();
    });

    test('every function is walked to its end', () => {
      expect(modules.map(walk).reduce((sum, count) => sum + count)).toBeGreaterThan(50);
    });

    test.each([NO_METER, ...METERS])('stays valid: $name', (meter) => {
      for (const module of modules) {
        expect(wasm.validate(module)).toBe(true);
        expect(wasm.validate(rewrite(module, meter, planCode, { moduleName: 'core-0-0' }).bytes)).toBe(true);
      }
    });

    test('stays valid with changes in every function', () => {
      for (const module of modules) {
        expect(wasm.validate(rewrite(module, METERS.at(-1)!, everywhere).bytes)).toBe(true);
      }
    });
  });
}

test('every function of clang (C++) is walked to its end', async () => {
  const [module] = await fromFile('@yowasp/clang/gen/llvm.core.wasm')();
  expect(walk(module!)).toBeGreaterThan(100_000);
});
