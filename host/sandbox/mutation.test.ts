/** Mutated components through the whole way: decode, admit, rewrite, compile, link, start, call. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { quietOptions, SCORE, textPlugin } from '../../test/support/text-plugin.js';
import { decodeComponent } from '../component/index.js';
import { PluginError } from '../errors/index.js';
import { compileComponent } from './index.js';
import { readModuleFacts } from './module-facts.js';

const CODE_SECTION = 10;
const EXPECTED = ['COMPONENT_MALFORMED', 'COMPONENT_UNSUPPORTED', 'LIMIT_EXCEEDED', 'GUEST_TRAP', 'HOOK_MISSING'];

/** Offsets outside of function bodies: a mutated body might loop, and nothing stops it in a test of the linker. */
function mutable(component: Uint8Array): number[] {
  const code = decodeComponent(component).modules.flatMap((module) => {
    const start = module.byteOffset - component.byteOffset;
    const section = readModuleFacts(module).sections.find(({ id }) => id === CODE_SECTION);
    return section === undefined ? [] : [{ from: start + section.body, to: start + section.end }];
  });
  return Array.from(component.keys()).filter((at) => at >= 8 && !code.some(({ from, to }) => at >= from && at < to));
}

async function run(component: Uint8Array): Promise<'answered' | 'refused'> {
  try {
    const compiled = await compileComponent(component);
    const instance = compiled.instantiate(quietOptions({ limits: { memoryBytes: 1024 * 1024 } }));
    instance.call(compiled.hooks[0] ?? SCORE, Uint8Array.of(1, 2, 3));
    instance.close();
    return 'answered';
  } catch (error) {
    if (!(error instanceof PluginError) || !EXPECTED.includes(error.code)) {
      throw error;
    }
    return 'refused';
  }
}

test('a mutated component answers or fails with a PluginError, and never with a bug of ours', async () => {
  const handle = '(call $call (local.get $ptr) (local.get $len) (i32.const 2048)) (i32.const 2048)';
  const original = new Uint8Array(await textPlugin({ handle }));
  const at = fc.constantFrom(...mutable(original));
  const edit = fc.record({ at, byte: fc.nat(255) });
  const outcomes = { answered: 0, refused: 0 };
  await fc.assert(
    fc.asyncProperty(fc.array(edit, { minLength: 1, maxLength: 3 }), async (edits) => {
      const component = original.slice();
      for (const { at: offset, byte } of edits) {
        component[offset] = byte;
      }
      outcomes[await run(component)]++;
    }),
    { numRuns: 2000 },
  );
  expect(outcomes.answered).toBeGreaterThan(0);
  expect(outcomes.refused).toBeGreaterThan(0);
});
