/** What authors build while they debug: `clang -O0` gives every intermediate value a local of its own, and a function thousands. */
import { commands, runLLVM } from '@yowasp/clang';
import { expect, test } from 'vitest';
import { DEFAULT_SANDBOX_LIMITS } from '../../host/sandbox/limits.js';
import { readCodeFacts } from '../../host/sandbox/meter/code-facts.js';
import { readModuleFacts } from '../../host/sandbox/module-facts.js';
import { admitShape, checkCompileWork } from '../../host/sandbox/shape/index.js';
import { wasm } from '../../host/sandbox/web-assembly.js';

const OPERATIONS = 256;

/** An interpreter in one function: a large `switch` in a loop, as in Lua's and in those that are generated. */
const SOURCE = `
int run(const unsigned char *pc, int *stack, int *mem, int fuel) {
  int sp = 0, acc = 0, flags = 0;
  for (;;) {
    if (fuel-- <= 0) return acc;
    switch (*pc++) {
      ${Array.from({ length: OPERATIONS }, (_, i) => `case ${i}: { ${operation(i)} }`).join('\n')}
    }
  }
}`;

function operation(i: number): string {
  const kinds = [
    `int a = stack[--sp], b = stack[--sp]; if (b == 0) { flags |= ${i}; b = 1; } stack[sp++] = a / b + ${i}; break;`,
    `short offset = pc[0] | pc[1] << 8; pc += 2; if (stack[--sp] > ${i}) pc += offset; break;`,
    `unsigned char r = *pc++; mem[r] += acc ^ ${i}; acc = mem[(r + 1) & 255]; break;`,
    `int n = stack[--sp]; for (int j = 0; j < n && j < 8; j++) acc = acc * 31 + j + ${i}; stack[sp++] = acc; break;`,
    `if (flags & 1) acc += ${i}; else if (flags & 2) acc -= ${i}; else acc ^= ${i}; break;`,
    `stack[sp++] = pc[0] | pc[1] << 8 | pc[2] << 16; pc += 3; break;`,
    `if (sp < 2 || sp > 60) return -${i}; stack[sp - 2] <<= stack[sp - 1] & 31; sp--; break;`,
  ];
  return kinds[i % kinds.length]!;
}

test('a large interpreter in C without optimisation is admitted', async () => {
  await runLLVM(undefined, {}, { fetchProgress: () => {} });
  const compiled = await commands.clang(['--target=wasm32', '-O0', '-ffreestanding', '-c', 'a.c', '-o', 'a.o'], {
    'a.c': SOURCE,
  });
  const linked = await commands['wasm-ld'](['-m', 'wasm32', '--no-entry', '--export=run', 'a.o', '-o', 'a.wasm'], {
    'a.o': compiled!['a.o']!,
  });
  const module = linked!['a.wasm'] as Uint8Array<ArrayBuffer>;
  admitShape(module, DEFAULT_SANDBOX_LIMITS.functionBytes);
  expect(wasm.validate(module)).toBe(true);
  const facts = readCodeFacts(module, readModuleFacts(module), DEFAULT_SANDBOX_LIMITS.functionBytes);
  expect(Math.max(...facts.bodies.locals)).toBeGreaterThan(500);
  checkCompileWork(module, facts);
});
