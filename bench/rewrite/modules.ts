/** Big core modules that nobody here wrote. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DEFAULT_COMPONENT_LIMITS, decodeComponent } from '../../host/component/index.js';
import { buildInterpretedBurn } from '../support/burn.js';
import { ROOT } from '../support/root.js';

export interface BigModule {
  readonly name: string;
  read(): Promise<Uint8Array>;
}

const JCO = 'node_modules/@bytecodealliance/jco-transpile/vendor';

export const QUICKJS: BigModule = {
  name: 'QuickJS',
  async read() {
    const { modules } = decodeComponent(await buildInterpretedBurn(), DEFAULT_COMPONENT_LIMITS);
    // A copy: the component's bytes around it are of no use.
    return modules.reduce((largest, module) => (module.length > largest.length ? module : largest)).slice();
  },
};
export const WASM_TOOLS = file('wasm-tools', `${JCO}/wasm-tools.core.wasm`);
export const BINDGEN = file('jco bindgen', `${JCO}/js-component-bindgen-component.core.wasm`);
export const CLANG = file('clang and lld', 'node_modules/@yowasp/clang/gen/llvm.core.wasm');

export const MODULES: readonly BigModule[] = [QUICKJS, WASM_TOOLS, BINDGEN, CLANG];

function file(name: string, path: string): BigModule {
  return { name, read: async () => new Uint8Array(readFileSync(join(ROOT, path))) };
}
