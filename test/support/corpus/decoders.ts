/** What each file of the corpus goes through: all that the host does with such bytes before it believes them. */
import { decode, fromJson, hooks } from '../../../host/abi/index.js';
import { decodeComponent, describeComponent } from '../../../host/component/index.js';
import { applyAdjustments } from '../../../host/dispatch/adjust.js';
import { checkConfigSize } from '../../../host/dispatch/config-size.js';
import { diffConfig } from '../../../host/dispatch/diff.js';
import { applyConfigPatch } from '../../../host/dispatch/patch.js';
import { parseRunnableConfig } from '../../../host/oci/index.js';
import { formatManifest, parseManifest } from '../../../host/package/index.js';
import { admitModules } from '../../../host/sandbox/admit.js';
import { memoryBounds, tableBounds } from '../../../host/sandbox/bounds.js';
import { DEFAULT_SANDBOX_LIMITS } from '../../../host/sandbox/limits.js';
import { rewriteModule } from '../../../host/sandbox/meter/index.js';
import { modulePositions } from '../../../host/sandbox/position/index.js';
import { wasm } from '../../../host/sandbox/web-assembly.js';
import { readSif } from '../../../host/sif/index.js';
import { METERS, NO_METER } from '../metered.js';
import { CONFIG } from './base-config.js';

export const DECODERS: Readonly<Record<string, (bytes: Uint8Array) => unknown>> = {
  sif: (bytes) => readSif(bytes, { profile: 'strict' }),
  component: (bytes) => [decodeComponent(bytes), describeComponent(bytes)],
  'core-wasm': admitAndRewrite,
  message: (bytes) => decode(hooks.engineConfig.response, bytes),
  manifest: (bytes) => parseManifest(formatManifest(parseManifest(bytes))),
  'config-edit': (bytes) => editConfig(JSON.parse(Buffer.from(bytes).toString())),
};

export function admitAndRewrite(module: Uint8Array): void {
  const instances = [{ kind: 'instantiate' as const, module: 0, args: new Map() }];
  const plan = { modules: [module], imports: [], exports: [], instances, hooks: new Map() };
  const [facts] = admitModules(plan, DEFAULT_SANDBOX_LIMITS, false);
  memoryBounds(plan, [facts!], DEFAULT_SANDBOX_LIMITS);
  const tableMaxima = tableBounds(plan, [facts!], DEFAULT_SANDBOX_LIMITS.tableEntries)[0]!;
  for (const meter of [NO_METER, ...METERS]) {
    const { functionBytes } = DEFAULT_SANDBOX_LIMITS;
    const { bytes, origins } = rewriteModule(module, facts!, {
      tableMaxima,
      meter,
      functionBytes,
      moduleName: 'core-0-1',
    });
    if (!wasm.validate(bytes)) {
      throw new Error(`It was valid before it was rewritten for ${meter.name}`);
    }
    modulePositions('core-0-1', module, facts!, origins);
  }
}

/** As host/dispatch/engine-config.ts does it with a plugin's answer. */
function editConfig(json: unknown): void {
  const read = fromJson(hooks.engineConfig.response, json);
  if (!read.ok) {
    throw new Error(`It is no answer: ${read.problems.join('; ')}`);
  }
  const { adjustments, patch } = read.value;
  const draft = structuredClone(CONFIG);
  if (adjustments !== undefined) {
    applyAdjustments(draft, adjustments);
    checkConfigSize(draft);
  }
  applyConfigPatch(draft, patch);
  parseRunnableConfig(draft);
  diffConfig(CONFIG, draft);
}
