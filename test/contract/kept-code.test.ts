/** Plugins that run on code which an earlier process kept: nothing tells them from others, and no other bytes are used. */
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { parse } from '@bytecodealliance/jco';
import fc from 'fast-check';
import { beforeAll, describe, expect, test, vi } from 'vitest';
import { readPackage } from '../../host/package/index.js';
import type * as sandbox from '../../host/sandbox/index.js';
import type { CodeStore, Isolation, SandboxLimits } from '../../host/sandbox/index.js';
import { decodeKept, encodeKept } from '../../host/sandbox/kept-code.js';
import { OffsetMap, REWRITE_REVISION, rewriteModule } from '../../host/sandbox/meter/index.js';
import { readModuleFacts } from '../../host/sandbox/module-facts.js';
import { attackModules } from '../support/attack-modules.js';
import { buildJavaScriptEvaluate } from '../support/build-javascript.js';
import { compileFolder } from '../support/example-plugin.js';
import { METERS, NO_METER } from '../support/metered.js';
import { quietOptions, textPlugin } from '../support/text-plugin.js';

/** One key, one code, as a store on disk has it; counts. */
class MemoryStore implements CodeStore {
  readonly codes = new Map<string, Uint8Array>();
  kept = 0;
  read(key: string): Uint8Array | undefined {
    return this.codes.get(key);
  }
  keep(key: string, bytes: Uint8Array): void {
    this.kept++;
    this.codes.set(key, bytes);
  }
}

/** The sandbox as a new process has it: it knows no component. */
async function newProcess(): Promise<typeof sandbox> {
  vi.resetModules();
  return import('../../host/sandbox/index.js');
}

interface Mode {
  readonly name: string;
  readonly isolation: Isolation;
  readonly limits: Partial<SandboxLimits>;
}
const MODES: readonly Mode[] = [
  { name: 'inline', isolation: 'inline', limits: { deadlineMs: 500 } },
  { name: 'inline with fuel', isolation: 'inline', limits: { deadlineMs: 500, fuel: 50_000_000 } },
  { name: 'in a thread', isolation: 'thread', limits: { deadlineMs: 500 } },
];

/** What a call of a new process ends with: the answer, or the error in words. */
async function outcome(component: Uint8Array, { isolation, limits }: Mode, request: string, code?: CodeStore) {
  const { compileComponent } = await newProcess();
  const compiled = await compileComponent(component, limits, undefined, isolation, code);
  const bytes = new TextEncoder().encode(request);
  const hook = compiled.hooks[0] as string;
  if (isolation === 'thread') {
    const instance = await compiled.startThread(quietOptions());
    try {
      return await instance.call(hook, bytes).then(
        ({ payload }) => Buffer.from(payload).toString(),
        (error: Error) => error.message,
      );
    } finally {
      await instance.close();
    }
  }
  const instance = compiled.instantiate(quietOptions());
  try {
    return Buffer.from(instance.call(hook, bytes).payload).toString();
  } catch (error) {
    return (error as Error).message;
  } finally {
    instance.close();
  }
}

let traps: Uint8Array;
beforeAll(async () => {
  traps = readPackage(await compileFolder(join(import.meta.dirname, '../programs/as-traps'))).component;
});

describe.each(MODES)('$name', (mode) => {
  for (const request of ['divide', 'outside', 'none']) {
    test(`${request} ends the same, named with the same place in the source`, async () => {
      const code = new MemoryStore();
      const without = await outcome(traps, mode, request);
      expect(await outcome(traps, mode, request, code)).toBe(without);
      expect(await outcome(traps, mode, request, code)).toBe(without);
      expect(code.kept).toBe(1);
    });
  }

  test('an endless loop is stopped', async () => {
    const code = new MemoryStore();
    const words = /it ran longer than 500 ms|it used up its 50000000 units of fuel/;
    expect(await outcome(traps, mode, 'endless', code)).toMatch(words);
    expect(await outcome(traps, mode, 'endless', code)).toMatch(words);
    expect(code.kept).toBe(1);
  });
});

test('code of one mode, or under other limits in it, is not used for another', async () => {
  const code = new MemoryStore();
  for (const mode of MODES) await outcome(traps, mode, 'divide', code);
  await outcome(traps, { ...(MODES[0] as Mode), limits: { memoryBytes: 2 ** 25 } }, 'divide', code);
  expect(code.codes.size).toBe(MODES.length + 1);
});

test('limits of calls make no other code', async () => {
  const code = new MemoryStore();
  await outcome(traps, MODES[0] as Mode, 'divide', code);
  await outcome(traps, { ...(MODES[0] as Mode), limits: { deadlineMs: 700, messageBytes: 4096 } }, 'divide', code);
  expect(code.codes.size).toBe(1);
});

test('QuickJS works, whose modules need a flag of V8 in Node 20', async () => {
  const code = new MemoryStore();
  const component = await buildJavaScriptEvaluate();
  const load = async () => {
    const { compileComponent } = await newProcess();
    return (await compileComponent(component, {}, undefined, 'inline', code)).hooks;
  };
  expect(await load()).toEqual(await load());
  expect(code.kept).toBe(1);
});

const damaged = [
  { name: 'nothing', change: () => new Uint8Array() },
  { name: 'half of it', change: (kept: Uint8Array) => kept.subarray(0, kept.length >> 1) },
  { name: 'a byte more', change: (kept: Uint8Array) => Buffer.concat([kept, Buffer.alloc(1)]) },
  { name: 'one module more', change: (kept: Uint8Array) => Buffer.concat([kept, Buffer.alloc(8)]) },
  { name: 'a module of 4 GiB', change: () => Buffer.alloc(8, 0xff) },
];
for (const { name, change } of damaged) {
  test(`a store that answers with ${name} makes no difference, and gets the code again`, async () => {
    const code = new MemoryStore();
    const mode = MODES[0] as Mode;
    const want = await outcome(traps, mode, 'divide', code);
    const [[key, kept]] = [...code.codes] as [[string, Uint8Array]];
    code.codes.set(key, change(kept));
    expect(await outcome(traps, mode, 'divide', code)).toBe(want);
    expect(code.kept).toBe(2);
    expect(code.codes.get(key)).toEqual(kept);
  });
}

test('a component that is refused is not kept', async () => {
  const code = new MemoryStore();
  const { compileComponent } = await newProcess();
  const component = await textPlugin();
  const refused = compileComponent(component, { functionBytes: 1 }, undefined, 'inline', code);
  await expect(refused).rejects.toMatchObject({ code: 'LIMIT_EXCEEDED' });
  expect(code.kept).toBe(0);
});

const ints = fc.array(fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }), { maxLength: 20 });
const modules = fc.array(
  fc.record({ bytes: fc.uint8Array({ maxLength: 50 }), starts: ints }).map(({ bytes, starts }) => ({
    bytes,
    origins: new OffsetMap(
      Int32Array.from(starts),
      Int32Array.from(starts, (start) => ~start),
    ),
  })),
  { maxLength: 4 },
);

test('what is encoded is decoded, wherever it begins in its buffer', () => {
  fc.assert(
    fc.property(modules, fc.nat(7), (made, shift) => {
      const encoded = encodeKept(made);
      const kept = Buffer.concat([Buffer.alloc(shift), encoded]).subarray(shift);
      const found = decodeKept(kept, made.length)!;
      expect(found.map(({ bytes }) => [...bytes])).toEqual(made.map(({ bytes }) => [...bytes]));
      expect(found.map(({ origins }) => origins)).toEqual(made.map(({ origins }) => origins));
    }),
  );
});

test('any bytes are decoded or not, and none makes it throw', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), fc.nat(3), (bytes, count) => {
      expect([undefined, count]).toContain(decodeKept(bytes, count)?.length);
    }),
  );
});

test('REWRITE_REVISION counts the changes of what rewriting makes', async () => {
  const plugin = await textPlugin();
  const { decodeComponent } = await import('../../host/component/index.js');
  const sources = await Promise.all(attackModules({ depth: 5, lines: 20 }).map(({ source }) => parse(source)));
  const hash = createHash('sha256');
  for (const module of [...decodeComponent(plugin).modules, ...sources]) {
    const facts = readModuleFacts(module);
    for (const meter of [...METERS.filter(({ deadline }) => deadline !== 'epoch'), NO_METER]) {
      const options = { tableMaxima: facts.tables.map(() => 1000), meter, functionBytes: module.length };
      const { bytes, origins } = rewriteModule(module, facts, options);
      hash.update(bytes).update(origins.starts).update(origins.origins);
    }
  }
  // Where this fails although rewriting was changed on purpose: count REWRITE_REVISION up, then put the new digest here.
  expect({ REWRITE_REVISION, digest: hash.digest('hex') }).toEqual({
    REWRITE_REVISION: 1,
    digest: '7d7ce0a5e7ea0c78771448e1bfa9c476aee7baef57d3ff3ce2a8d09bc0d0b227',
  });
});
