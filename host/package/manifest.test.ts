import { describe, expect, test } from 'vitest';
import { PluginError } from '../errors/index.js';
import { formatManifest, type Manifest, parseManifest } from './index.js';

const minimal = { name: 'example.com/foo', author: 'A', version: '0.1.0', description: 'd' };
const bytes = (value: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(value));
const parse = (more: object): Manifest => parseManifest(bytes({ ...minimal, ...more }));

/** The message of the error, without the part that is always there. */
function problem(make: () => unknown): string {
  try {
    make();
  } catch (error) {
    if (!(error instanceof PluginError)) throw error;
    expect(error.code).toBe('MANIFEST_INVALID');
    return error.message.replace('Cannot use plugin manifest: ', '');
  }
  return 'none';
}

const flag = { name: 'test', type: 'string', usage: 'say something' };
const hostFlag = { ...flag, commands: ['run'] };
const command = { path: 'test-cmd', summary: 'prints its arguments' };
const contributes = (more: object) => ({ contributes: more });
const withFlag = (more: object) => contributes({ flags: [{ ...hostFlag, ...more }] });
const withCommand = (more: object) => contributes({ commands: [{ ...command, ...more }] });

const refused = [
  { name: 'a missing key', more: { version: undefined }, want: 'version is missing' },
  { name: 'a name of another type', more: { name: 1 }, want: 'name is not a text' },
  { name: 'a name that is none', more: { name: '../x' }, want: 'name is "../x", it is not made of' },
  { name: 'a version that is none', more: { version: '1.2' }, want: 'it must be a semantic version' },
  { name: 'a version with a leading zero', more: { version: '1.02.3' }, want: 'it must be a semantic version' },
  { name: 'a second line', more: { description: 'a\nb' }, want: 'description holds control characters: "a\\u{a}b"' },
  { name: 'half a character', more: { author: '\ud800' }, want: 'author holds control characters' },
  {
    name: 'a text of 2001 characters',
    more: { author: 'a'.repeat(2001) },
    want: 'author has 2001 characters, the limit is 2000',
  },
  { name: 'an unknown key', more: { descripton: 'd' }, want: 'descripton is not a key that this version knows' },
  { name: 'a key without its last letter', more: { request: [] }, want: 'knows (perhaps "requests" is meant)' },
  {
    name: 'a key of two swapped letters',
    more: withCommand({ maxAgrs: 1 }),
    want: 'knows (perhaps "maxArgs" is meant)',
  },
  { name: 'an unknown key with an escape', more: { '\u001b[2J': 1 }, want: '["\\u{1b}[2J"] is not a key' },
  {
    name: 'a homepage of another kind',
    more: { homepage: 'javascript:alert(1)' },
    want: 'it must be an http or https address',
  },
  { name: 'a grant that is none', more: { requests: ['fs:etc:ro'] }, want: 'requests[0] is no grant' },
  { name: 'a grant of an unknown kind', more: { requests: ['gpu'] }, want: 'requests[0] is no grant' },
  { name: 'requests that are no list', more: { requests: 'kv' }, want: 'requests is not a list' },
  { name: 'a monitor of another kind', more: { monitor: 'both' }, want: 'monitor is not one of observe, exclusive' },
  { name: 'an sdk without a version', more: { sdk: { lang: 'c' } }, want: 'sdk.version is missing' },
  {
    name: 'a contribution of another kind',
    more: contributes({ images: [] }),
    want: 'contributes.images is not a key',
  },
  { name: 'a command of five words', more: withCommand({ path: 'a b c d e' }), want: 'at most 4 words' },
  { name: 'a command with two spaces', more: withCommand({ path: 'a  b' }), want: 'it must be words' },
  { name: 'a command in capitals', more: withCommand({ path: 'Run' }), want: 'it must be words' },
  { name: 'a command like a flag', more: withCommand({ path: '--help' }), want: 'it must be words' },
  {
    name: 'a command without a summary',
    more: withCommand({ summary: undefined }),
    want: 'commands[0].summary is missing',
  },
  {
    name: 'two commands of one name',
    more: contributes({ commands: [command, command] }),
    want: 'has the command "test-cmd" twice',
  },
  { name: 'minArgs above maxArgs', more: withCommand({ minArgs: 2, maxArgs: 1 }), want: 'minArgs is above maxArgs' },
  { name: 'negative arguments', more: withCommand({ minArgs: -1 }), want: 'is not a whole number from 0 to 1000' },
  {
    name: 'a target on a flag of its own',
    more: withCommand({ flags: [hostFlag] }),
    want: 'flags[0].commands is not a key',
  },
  {
    name: 'a host flag without a target',
    more: contributes({ flags: [flag] }),
    want: 'contributes.flags[0].commands is missing',
  },
  { name: 'a host flag with no targets', more: withFlag({ commands: [] }), want: 'flags[0].commands is empty' },
  { name: 'a flag with its hyphens', more: withFlag({ name: '--test' }), want: 'it must be lower-case letters' },
  { name: 'a shorthand of two letters', more: withFlag({ shorthand: 'ab' }), want: 'it must be one letter' },
  { name: 'a shorthand that is a digit', more: withFlag({ shorthand: '1' }), want: 'it must be one letter' },
  { name: 'a flag of another type', more: withFlag({ type: 'float' }), want: 'type is not one of string, bool' },
  {
    name: 'a bool with a text default',
    more: withFlag({ type: 'bool', default: 'yes' }),
    want: 'default is not true or false',
  },
  {
    name: 'an int with a fraction',
    more: withFlag({ type: 'int', default: 0.5 }),
    want: 'default is not a whole number',
  },
  { name: 'a uint32 below zero', more: withFlag({ type: 'uint32', default: -1 }), want: 'from 0 to 4294967295' },
  { name: 'a uint32 too large', more: withFlag({ type: 'uint32', default: 2 ** 32 }), want: 'from 0 to 4294967295' },
  {
    name: 'a list with a number',
    more: withFlag({ type: 'string-list', default: [1] }),
    want: 'default[0] is not a text',
  },
  {
    name: 'a map with a number',
    more: withFlag({ type: 'string-map', default: { a: 1 } }),
    want: 'default.a is not a text',
  },
  {
    name: 'a map that is a list',
    more: withFlag({ type: 'string-map', default: [] }),
    want: 'is not an object of texts',
  },
  {
    name: 'one flag twice on a command',
    more: contributes({ flags: [hostFlag, hostFlag] }),
    want: 'the flag "run --test" twice',
  },
  {
    name: 'one letter twice in a command',
    more: withCommand({
      flags: [
        { ...flag, shorthand: 't' },
        { ...flag, name: 'u', shorthand: 't' },
      ],
    }),
    want: 'the flag "-t" twice',
  },
  { name: 'a variable with a hyphen', more: withFlag({ env: ['A-B'] }), want: 'env[0] is "A-B"' },
  {
    name: 'an empty phase list',
    more: contributes({ phases: [{ command: 'run', phases: [] }] }),
    want: 'phases[0].phases is empty',
  },
  {
    name: 'a phase of another kind',
    more: contributes({ phases: [{ command: 'run', phases: ['run'] }] }),
    want: 'is not one of before, after',
  },
  {
    name: 'a list of 65 commands',
    more: contributes({ commands: Array(65).fill(command) }),
    want: 'has 65 items, the limit is 64',
  },
  {
    name: 'a settings schema of another type',
    more: { settings: { type: 'string' } },
    want: 'settings is not a schema of type "object"',
  },
];

describe('parseManifest() refuses', () => {
  for (const { name, more, want } of refused) {
    test(name, () => expect(problem(() => parse(more))).toContain(want));
  }

  const documents = [
    { name: 'nothing', text: '', want: 'it is not valid JSON' },
    { name: 'a comma too many', text: '{\n  "name": "a/b",\n}', want: 'it is not valid JSON, see line 3, column 1' },
    { name: 'a list', text: '[]', want: 'it is not an object' },
    { name: 'null', text: 'null', want: 'it is not an object' },
    { name: 'a byte order mark', text: `\ufeff${JSON.stringify(minimal)}`, want: 'it is not valid JSON' },
    { name: 'an endless list', text: '['.repeat(200_000), want: 'it is not valid JSON' },
    { name: 'more than 256 KiB', text: ' '.repeat(256 * 1024 + 1), want: 'the limit is 262144' },
  ];
  for (const { name, text, want } of documents) {
    test(name, () => expect(problem(() => parseManifest(new TextEncoder().encode(text)))).toContain(want));
  }

  test('bytes that are not UTF-8', () => {
    expect(problem(() => parseManifest(new Uint8Array([0x22, 0xff, 0x22])))).toBe('it is not valid UTF-8');
  });

  test('with every problem in one message', () => {
    const message = problem(() => parse({ name: '', version: 'x', requests: ['a', 'b'], extra: 1, author: undefined }));
    for (const path of ['name', 'version', 'requests[0]', 'requests[1]', 'extra', 'author']) {
      expect(message).toContain(`${path} is `);
    }
  });

  test('with a bounded message', () => {
    const keys = Object.fromEntries(Array.from({ length: 5000 }, (_, i) => [`k${i}`, 1]));
    const message = problem(() => parse(keys));
    expect(message).toContain('and 4970 more');
    expect(message.length).toBeLessThan(3000);
  });
});

const full: Manifest = {
  name: 'example.com/full',
  author: 'Jo <jo@example.com>',
  version: '1.2.3-rc.1+build.5',
  description: 'naïve 名',
  license: 'Apache-2.0',
  homepage: 'https://example.com/',
  requests: ['config:mounts', 'env:SLURM_*'],
  contributes: {
    commands: [
      {
        path: 'checkpoint start',
        usage: 'checkpoint start [flags] NAME',
        summary: 'Start one',
        flags: [{ name: 'map', type: 'string-map', default: { a: 'b' }, usage: 'pairs' }],
        minArgs: 1,
        maxArgs: 1,
        hidden: true,
      },
    ],
    flags: [
      {
        commands: ['run', 'plugin list'],
        name: 'test',
        shorthand: 'T',
        type: 'string-list',
        default: ['x'],
        usage: 'u',
        valueName: 'TEXT',
        hidden: false,
        required: true,
        deprecated: 'use --other',
        env: ['TEST'],
        envBare: true,
      },
    ],
    phases: [{ command: '*', phases: ['before', 'after'] }],
  },
  settings: {
    type: 'object',
    properties: {
      level: { type: 'integer', default: 3, minimum: 0 },
      'a.b': { type: 'array', items: { type: 'string' } },
    },
    required: ['level'],
  },
  monitor: 'exclusive',
  sdk: { lang: 'assemblyscript', version: '0.1.0' },
};

describe('formatManifest()', () => {
  test('writes the four old keys first, leaves out what is empty, and ends in a newline', () => {
    const manifest = parseManifest(bytes({ description: 'd', version: '0.1.0', author: 'A', name: 'example.com/foo' }));
    expect(new TextDecoder().decode(formatManifest(manifest))).toBe(
      '{"name":"example.com/foo","author":"A","version":"0.1.0","description":"d"}\n',
    );
  });

  test('gives the same bytes whatever the order of keys', () => {
    const reversed = (value: unknown): unknown => {
      if (Array.isArray(value)) return value.map(reversed);
      if (typeof value !== 'object' || value === null) return value;
      return Object.fromEntries(
        Object.entries(value)
          .reverse()
          .map(([key, one]) => [key, reversed(one)]),
      );
    };
    const again = { ...(reversed(full) as Manifest), settings: full.settings! };
    expect(formatManifest(again)).toEqual(formatManifest(full));
  });

  test('parses back to the same manifest', () => {
    expect(parseManifest(formatManifest(full))).toEqual(full);
  });
});

describe('parseManifest()', () => {
  test('fills in what is absent', () => {
    expect(parse({})).toEqual({ ...minimal, requests: [], contributes: { commands: [], flags: [], phases: [] } });
  });

  test('puts grants in normal form, each once', () => {
    expect(parse({ requests: ['fs:/etc//slurm/:ro', 'kv', 'fs:/etc/slurm:ro'] }).requests).toEqual([
      'fs:/etc/slurm:ro',
      'kv',
    ]);
  });

  test('takes the last of two equal keys, and treats __proto__ as a key', () => {
    const text = '{"name":"a","name":"b","author":"","version":"1.0.0","description":"","__proto__":{"license":"x"}}';
    expect(problem(() => parseManifest(new TextEncoder().encode(text)))).toBe(
      '__proto__ is not a key that this version knows',
    );
  });

  test('leaves out what a newer version may know, with a note, if asked to', () => {
    const notes: string[] = [];
    const newer = {
      ...minimal,
      icon: 'x',
      requests: ['kv', 'gpu:0'],
      contributes: { menus: [], flags: [{ ...hostFlag, color: 1 }] },
    };
    const manifest = parseManifest(bytes(newer), { onIgnored: (note) => notes.push(note) });
    expect(manifest.requests).toEqual(['kv']);
    expect(manifest.contributes.flags).toEqual([hostFlag]);
    expect(Object.keys(manifest)).not.toContain('icon');
    expect(notes.map((note) => note.split(' ')[0])).toEqual([
      'requests[1]',
      'contributes.flags[0].color',
      'contributes.menus',
      'icon',
    ]);
  });

  test('still refuses what is wrong if asked to leave out what is unknown', () => {
    const wrong = bytes({ ...minimal, requests: ['env:1'], version: '1' });
    expect(problem(() => parseManifest(wrong, { onIgnored: () => {} }))).toContain('requests[0] is no grant');
  });
});

test('parseManifest() notes a few of ten thousand unknown keys', () => {
  const unknown = Object.fromEntries(Array.from({ length: 10_000 }, (_, i) => [`x${i}`, 0]));
  const manifest = { name: 'a', author: 'b', version: '1.0.0', description: 'c', ...unknown };
  const notes: string[] = [];
  parseManifest(new TextEncoder().encode(JSON.stringify(manifest)), { onIgnored: (note) => notes.push(note) });
  expect(notes).toHaveLength(31);
  expect(notes.at(-1)).toBe('it has more that this version does not know');
});
