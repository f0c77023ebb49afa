/** Configs that another engine gave and no plugin made: what plugins cannot be told of is refused in words, the rest comes back as it was. */
import { beforeAll, describe, expect, test } from 'vitest';
import { encode, hooks } from '../../host/abi/index.js';
import { CONFIG_LIMITS } from '../../host/dispatch/config-size.js';
import type { EngineConfigResult, JsonObject, PluginEntry } from '../../host/dispatch/index.js';
import { PluginError } from '../../host/errors/index.js';
import { baseConfig, dispatcherOver, engine } from '../support/dispatch.js';
import { installed } from '../support/example-plugin.js';
import { packPuppet } from '../support/puppet.js';

/** Answers nothing, to both hooks; from below the place where requests are put. */
let listener: PluginEntry;
let starter: PluginEntry;

beforeAll(async () => {
  const saying = (answer: Uint8Array) => {
    const text = Array.from(answer, (byte) => `\\${byte.toString(16).padStart(2, '0')}`).join('');
    return {
      memory: `(memory (export "memory") 1) (data (i32.const 2048) "${text}")`,
      handle: `(call $answer (i32.const 0) (i32.const 2048) (i32.const ${answer.length}))`,
    };
  };
  const [config, start] = [hooks.engineConfig, hooks.postStartProcess];
  listener = installed(await packPuppet({ hook: config.id, parts: saying(encode(config.response, {})) }));
  starter = installed(await packPuppet({ hook: start.id, parts: saying(encode(start.response, {})) }));
});

const BASE = JSON.stringify(baseConfig).slice(0, -1);
/** The base config with `json` as one more value. */
const withExtra = (json: string) => JSON.parse(`${BASE},"x":${json}}`) as JsonObject;
/** Lists in lists, the config itself being the first level. */
const withLevels = (levels: number) => withExtra(`${'['.repeat(levels - 1)}${']'.repeat(levels - 1)}`);

async function given(config: JsonObject): Promise<EngineConfigResult> {
  const dispatcher = await dispatcherOver([listener]);
  try {
    return await dispatcher.engineConfig({ config, engine, flagsOf: () => ({}) });
  } finally {
    await dispatcher.close();
  }
}

async function started(config: JsonObject): Promise<void> {
  const dispatcher = await dispatcherOver([starter]);
  try {
    await dispatcher.postStart({ id: 'c', pid: 2, bundle: '/b', config });
  } finally {
    await dispatcher.close();
  }
}

const said = (error: unknown) =>
  error instanceof PluginError ? `${error.code} ${error.message}` : `no error of ours: ${error}`;

const TOO_DEEP = 'LIMIT_EXCEEDED Cannot tell plugins of the config: it has more than 48 levels';
const cases: readonly { name: string; config: () => JsonObject; want: string }[] = [
  { name: 'the deepest config is taken', config: () => withLevels(CONFIG_LIMITS.depth), want: 'ok' },
  { name: 'one level more is refused', config: () => withLevels(CONFIG_LIMITS.depth + 1), want: TOO_DEEP },
  { name: '10,000 levels are refused', config: () => withLevels(10_000), want: TOO_DEEP },
  { name: 'a million levels are refused', config: () => withLevels(1_000_000), want: TOO_DEEP },
  {
    name: 'as many characters as may be, of three bytes each, are taken',
    config: () => withExtra(JSON.stringify('\u20ac'.repeat(CONFIG_LIMITS.chars - 1000))),
    want: 'ok',
  },
  {
    name: 'more are refused',
    config: () => withExtra(JSON.stringify('x'.repeat(CONFIG_LIMITS.chars))),
    want: 'LIMIT_EXCEEDED Cannot tell plugins of the config: it has more than 4194304 characters',
  },
  {
    name: 'too many values are refused',
    config: () => withExtra(JSON.stringify(Array(60).fill(Array(2000).fill(0)))),
    want: 'LIMIT_EXCEEDED Cannot tell plugins of the config: it has more than 100000 values',
  },
  {
    name: 'a number that no double holds is refused',
    config: () => withExtra('1e999'),
    want: 'CONFIG_INVALID Cannot tell plugins of the config: it has a number that is too large for any program',
  },
];
const acts = [
  { hook: 'engine-config', act: given },
  { hook: 'post-start-process', act: started },
];
for (const { hook, act } of acts) {
  describe(hook, () => {
    for (const { name, config, want } of cases) {
      test(name, async () => {
        expect(await act(config()).then(() => 'ok', said)).toBe(want);
      });
    }
  });
}

describe('what no plugin changed comes back as it was', () => {
  const texts = [
    { name: 'a key that is a prototype elsewhere', json: '{"__proto__":{"toString":1},"constructor":{"prototype":2}}' },
    { name: 'half of a surrogate pair', json: String.raw`{"\ud800":"\udfff","a":"\ud800a"}` },
    { name: 'numbers that doubles round', json: '[9007199254740992,1e300,5e-324]' },
    { name: 'the empty key, and what looks like a list', json: '{"":1,"length":2}' },
  ];
  for (const { name, json } of texts) {
    test(name, async () => {
      const { config, changes } = await given(withExtra(json));
      expect(changes).toEqual([]);
      expect(JSON.stringify(config.x)).toBe(JSON.stringify(JSON.parse(json)));
      expect(Object.getPrototypeOf(config.x)).toBe(Object.getPrototypeOf(JSON.parse(json)));
    });
  }
});
