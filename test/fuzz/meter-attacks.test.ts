/**
 * Modules that break a simpler meter, one for each step of the argument in placement.ts, run by an interpreter that counts: the bound
 * holds, for as long as it looks. Then the same modules in V8: the fuel stops each of them.
 */
import { parse } from '@bytecodealliance/jco';
import { describe, expect, test } from 'vitest';
import { STRETCH } from '../../host/sandbox/meter/costs.js';
import { CONTRACT_RETURN } from '../../host/sandbox/meter/flow.js';
import { planCode } from '../../host/sandbox/meter/plan.js';
import { readModuleFacts } from '../../host/sandbox/module-facts.js';
import { wasm } from '../../host/sandbox/web-assembly.js';
import { attackModules } from '../support/attack-modules.js';
import { decodeModule, Machine, OutOfSteps, Tally } from '../support/interpreter/index.js';
import { METERS, reservedImports, rewrite } from '../support/metered.js';

/** Behind a memory, and in a module without one. */
const EPOCH_CHECKS = [
  Uint8Array.of(0x41, 0, 0xfe, 0x10, 0x02, 0, 0x04, 0x40, 0, 0x0b),
  Uint8Array.of(0x41, 0, 0xfe, 0x10, 0x42, 1, 0, 0x04, 0x40, 0, 0x0b),
];
const STEPS = 1_000_000;
const UNITS = 6_000_000;
const FRAMES = 2000;
const THROW = 2000;
const BUDGET = 3_000_000n;

async function assemble(source: string): Promise<Uint8Array> {
  return new Uint8Array(await parse(source));
}

/** Run for a while. */
function count(module: Uint8Array, check: Uint8Array | undefined): Tally {
  const tally = new Tally(STEPS, UNITS);
  const machine = new Machine(decodeModule(module, check), { tally, maxPages: 32, maxDepth: FRAMES });
  expect(() => machine.call('run')).toThrow(OutOfSteps);
  return tally;
}

describe.each(attackModules())('$name', ({ source, needs }) => {
  test('has a check in time', async () => {
    const module = await assemble(source);
    const facts = readModuleFacts(module);
    const { bytes } = rewrite(module, { deadline: 'epoch', fuel: false }, planCode);
    const metered = count(bytes, EPOCH_CHECKS[facts.memory === undefined ? 0 : 1]);
    expect(metered.most).toBeLessThan(2 * STRETCH + CONTRACT_RETURN * metered.deepest + THROW);
    // Without the checks it would be far beyond.
    expect(count(module, undefined).most).toBeGreaterThan(3 * (2 * STRETCH + CONTRACT_RETURN * metered.deepest));
  });

  test('is stopped by what it uses', async ({ skip }) => {
    const module = await assemble(source);
    skip(!wasm.validate(module), `This Node.js has no ${needs}`);
    for (const meter of METERS) {
      const { bytes } = rewrite(module, meter, planCode);
      const reserved = reservedImports(readModuleFacts(module))['wasm-plugin:sandbox']!;
      const fuel = reserved.fuel as { value: bigint };
      if (meter.fuel || meter.deadline === 'slices') {
        fuel.value = BUDGET;
        const imports = { 'wasm-plugin:sandbox': { ...reserved, tick: () => 1 } };
        const { run } = new wasm.Instance(new wasm.Module(bytes), imports).exports as { readonly run: () => void };
        expect(run).toThrow(wasm.RuntimeError);
        expect(fuel.value).toBeLessThan(0n);
      }
    }
  });
});
