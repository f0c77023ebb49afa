/**
 * Our check of an OCI config against the official JSON schema: for each config both must say yes, or both no.
 *
 * Where ours differs on purpose, a row of `DIFFERENCES` says so, with the reason and with a config that shows it.
 */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { makeConfig } from '../../host/engine/index.js';
import { Trace } from '../../host/oci/check.js';
import { config as check } from '../../host/oci/config-check.js';
import { needs } from '../support/need.js';
import { configFrom, FULL_CONFIG, PAUSE_CONFIG, PODMAN_CONFIG } from '../support/oci-configs.js';
import { loadOciSchema } from '../support/oci-schema.js';

const schema = loadOciSchema();

interface Difference {
  readonly name: string;
  /** `stricter`: ours refuses what the schema takes. `laxer`: the other way. */
  readonly ours: 'stricter' | 'laxer';
  readonly why: string;
  /** Of the problem that one side finds, as that side writes it. */
  readonly problem: RegExp;
  readonly example: { readonly at: string; readonly value: unknown };
  /** The schema of runtime-spec 1.0, which may be the one here, does not know the field; a later one does. */
  readonly later?: boolean;
}

const DIFFERENCES: readonly Difference[] = [
  {
    name: 'NUL in a text',
    ours: 'stricter',
    why: 'a runtime hands texts to the kernel, which ends them there: the check would have seen another one',
    problem: /must be (a string|one line|an absolute path|NAME=value).*NUL|must be one line/,
    example: { at: 'process.args.0', value: 'a\0b' },
  },
  {
    name: 'a relative path where the specification asks for an absolute one',
    ours: 'stricter',
    why: 'runtimes refuse it, or take it from the folder that they happen to stand in',
    problem:
      /^(process\.cwd|mounts\[\d+\]\.destination|hooks\.\w+\[\d+\]\.path|linux\.(maskedPaths|readonlyPaths)\[\d+\]|linux\.(devices|namespaces)\[\d+\]\.path) must be an absolute path/,
    example: { at: 'mounts.0.destination', value: 'data' },
  },
  {
    name: 'a variable without a name or without =',
    ours: 'stricter',
    why: 'runc ends there, crun drops it',
    problem: /\.env\[\d+\] must be NAME=value/,
    example: { at: 'process.env.0', value: '=x' },
  },
  {
    name: 'a version that is not 1.x.y',
    ours: 'stricter',
    why: 'nothing here knows what another major version means',
    problem: /^ociVersion must be a version/,
    example: { at: 'ociVersion', value: '2.0.0' },
  },
  {
    name: 'the id 4294967295',
    ours: 'stricter',
    why: 'to setuid(2) and chown(2) it is "leave it as it is": the process would stay root',
    problem: /(process\.user\.\w+(\[\d+\])?|linux\.devices\[\d+\]\.[ug]id) must be an integer from 0 to 4294967294$/,
    example: { at: 'process.user.uid', value: 2 ** 32 - 1 },
  },
  {
    name: 'a capability that is not written CAP_NAME',
    ours: 'stricter',
    why: 'runc leaves it out with a warning and crun ends: one config, two containers',
    problem: /^process\.capabilities\.\w+\[\d+\] must be a capability name/,
    example: { at: 'process.capabilities.bounding.0', value: 'cap_chown' },
  },
  {
    name: 'a score that the kernel has not',
    ours: 'stricter',
    why: 'the kernel refuses it when the container has been made',
    problem: /^process\.oomScoreAdj must be an integer from -1000 to 1000/,
    example: { at: 'process.oomScoreAdj', value: 1001 },
  },
  {
    name: 'a timeout of a hook above 64 bits',
    ours: 'stricter',
    why: 'runc cannot read it, and the schema only forgot the bound',
    problem: /^hooks\.\w+\[\d+\]\.timeout must be an integer from 1 to 9223372036854775807$/,
    example: { at: 'hooks.poststop.0.timeout', value: 2 ** 64 },
  },
  {
    name: 'a host name of other letters, or longer than the kernel’s 64',
    ours: 'stricter',
    why: 'the kernel refuses the length; the rest would be printed by whatever shows a prompt or a log',
    problem: /^(hostname|domainname) must be a host name/,
    example: { at: 'hostname', value: 'a'.repeat(65) },
  },
  {
    name: 'a value that is no text under an empty key',
    ours: 'stricter',
    why: 'the pattern of the schema only happens not to fit such a key; runtimes refuse the value',
    problem: /\["(\\u\{\w+\})*"\] must be a string/,
    example: { at: 'annotations.', value: 1 },
  },
  {
    name: 'fields of runtime-spec 1.1 and later',
    ours: 'stricter',
    why: 'a schema that does not know them takes anything',
    problem:
      /^(process\.(scheduler|ioPriority|execCPUAffinity)|linux\.(timeOffsets|netDevices|memoryPolicy|intelRdt\.(schemata|enableMonitoring)))\b/,
    example: { at: 'process.scheduler', value: { policy: 'SCHED_NOT' } },
    later: true,
  },
  {
    name: 'a time namespace',
    ours: 'laxer',
    why: 'runtime-spec 1.1 has it',
    problem: /^linux\.namespaces\[\d+\](\.type enum| anyOf)$/,
    example: { at: 'linux.namespaces.0.type', value: 'time' },
    later: true,
  },
  {
    name: 'architectures of runtime-spec 1.2',
    ours: 'laxer',
    why: 'profiles of container engines name them on every machine',
    problem: /^linux\.seccomp\.architectures\[\d+\] enum$/,
    example: { at: 'linux.seccomp.architectures.0', value: 'SCMP_ARCH_LOONGARCH64' },
    later: true,
  },
  {
    name: 'a file mode with more than permission bits',
    ours: 'laxer',
    why: 'podman writes the bits of the file type too, and runtimes ignore them; the limit of the schema does not even fit 0777',
    problem: /^linux\.devices\[\d+\]\.fileMode maximum$/,
    example: { at: 'linux.devices.0.fileMode', value: 0o20666 },
  },
  {
    name: 'propagation of a whole tree (rslave)',
    ours: 'laxer',
    why: 'containerd writes it and runtimes take it',
    problem: /^linux\.rootfsPropagation enum$/,
    example: { at: 'linux.rootfsPropagation', value: 'rslave' },
  },
  {
    name: 'anything in the sections of other systems',
    ours: 'laxer',
    why: 'no runtime on Linux reads them; they pass through as they are',
    problem: /^(windows|solaris|vm|zos|freebsd)\b/,
    example: { at: 'windows', value: 7 },
  },
];

/** What ours finds wrong. */
function problemsOf(value: unknown): readonly string[] {
  const trace = new Trace();
  check(value, trace);
  return trace.problems;
}

/** What the two sides do not agree on and no row explains; undefined where all is well. */
function disagreement(config: unknown): string | undefined {
  const [ours, theirs] = [problemsOf(config), schema!.problems(config)];
  if ((ours.length === 0) === (theirs.length === 0)) return undefined;
  const side = ours.length > 0 ? 'stricter' : 'laxer';
  const rows = DIFFERENCES.filter((row) => row.ours === side);
  const open = [...ours, ...theirs].filter((problem) => !rows.some((row) => row.problem.test(problem)));
  return open.length === 0 ? undefined : `ours is ${side}: ${open.join('; ')}`;
}

type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

/** Every place in a config, as the steps that lead there. */
function placesIn(value: unknown, here: readonly string[] = []): (readonly string[])[] {
  const inner =
    typeof value === 'object' && value !== null
      ? Object.entries(value).flatMap(([key, item]) => placesIn(item, [...here, key]))
      : [];
  return [here, ...inner];
}

/** A copy with `value` at a place, or without the place where `value` is undefined. */
function changed(config: unknown, steps: readonly string[], value: unknown): unknown {
  if (steps.length === 0) return value;
  const copy = structuredClone(config) as Record<string, unknown>;
  const parent = steps.slice(0, -1).reduce<Record<string, unknown> | undefined>((at, step) => {
    const next = at !== undefined && Object.hasOwn(at, step) ? at[step] : undefined;
    return typeof next === 'object' && next !== null ? (next as Record<string, unknown>) : undefined;
  }, copy);
  const last = steps.at(-1)!;
  if (parent === undefined || (Array.isArray(parent) && !/^\d+$/.test(last))) return copy;
  if (value !== undefined) {
    Object.defineProperty(parent, last, { value, enumerable: true, configurable: true, writable: true });
  } else if (Array.isArray(parent)) {
    parent.splice(Number(last), 1);
  } else {
    delete parent[last];
  }
  return copy;
}

const REPLACEMENTS: readonly Json[] = [
  ...[null, true, false, 0, -1, 1, 1.5, 7, 8, 255, 256, 512, 513, 65535, 65536, -1001, 1001],
  ...[2 ** 31 - 1, 2 ** 31, -(2 ** 31), -(2 ** 31) - 1, 2 ** 32 - 2, 2 ** 32 - 1, 2 ** 32, 2 ** 53],
  ...[2 ** 63, 2 ** 63 + 2048, 2 ** 64, 2 ** 64 + 4096, -(2 ** 63), -(2 ** 63) - 2048, 1e300, -0],
  ...[
    '',
    'x',
    '/',
    '/x',
    'x/y',
    'a\0b',
    'a\nb',
    'A=b',
    '=',
    'CAP_X',
    'RLIMIT_',
    'RLIMIT_X',
    'RLIMIT_X1',
    '1.0',
    '1.1.0',
  ],
  ...['time', 'user', 'u', 'uc', 'shared', 'rshared', '2MB', '02MB', '2TB', 'MB:', 'MB:a\nb', 'MB', 'LINUX32', 'linux'],
  ...['SCMP_ACT_LOG', 'SCMP_ACT_TRAP', 'SCMP_CMP_NE', 'SCMP_ARCH_RISCV64', 'SCMP_ARCH_X', 'constructor', '__proto__'],
  ...[[], [''], ['x'], [1], [null], [[]], [{}], {}, { a: 'b' }, { a: 1 }, { '': 1 }, { a: {} }, { a: { b: null } }],
];
const KEYS = ['unknown', '', '__proto__', 'constructor', 'length', '0'];

describe.skipIf(schema === undefined)('the check of OCI configs and the official schema agree on', () => {
  const written: readonly { name: string; config: () => unknown; tool?: string }[] = [
    { name: 'every field there is', config: () => FULL_CONFIG },
    { name: 'the smallest', config: () => ({ ociVersion: '1.0.2' }) },
    { name: 'our own', config: () => makeConfig({ rootfs: '/image', command: ['true'] }) },
    {
      name: 'our own for an ordinary user',
      config: () =>
        makeConfig({
          rootfs: '/image',
          command: ['true'],
          rootless: true,
          network: 'none',
          readOnly: true,
          binds: [{ source: '/a', destination: '/b', readOnly: true }],
        }),
    },
    { name: 'a pause container', config: () => PAUSE_CONFIG },
    { name: 'podman’s', config: () => PODMAN_CONFIG },
    { name: 'crun’s', tool: 'crun', config: () => configFrom('crun', 'spec') },
    { name: 'runc’s', tool: 'runc', config: () => configFrom('runc', 'spec') },
    { name: 'runc’s for an ordinary user', tool: 'runc', config: () => configFrom('runc', 'spec', '--rootless') },
    { name: 'containerd’s', tool: 'ctr', config: () => configFrom('ctr', 'oci', 'spec') },
  ];
  for (const { name, config, tool } of written) {
    test.skipIf(tool !== undefined && !needs(tool))(`a config: ${name}`, () => {
      const value = config();
      expect(problemsOf(value)).toEqual([]);
      expect(schema!.problems(value)).toEqual([]);
    });
  }

  test('every field of the schema: the config that is changed below has them all', () => {
    const covered = new Set(placesIn(FULL_CONFIG).map((steps) => pathOf(steps).replaceAll(/\[\d+\]/g, '[]')));
    expect(schema!.properties.length).toBeGreaterThan(150);
    expect(schema!.properties.filter((property) => !covered.has(property))).toEqual([]);
  });

  test('a config with any one value replaced, taken away or added', () => {
    const found = new Set<string>();
    for (const steps of placesIn(FULL_CONFIG)) {
      for (const value of [undefined, ...REPLACEMENTS]) {
        const why = disagreement(changed(FULL_CONFIG, steps, value));
        if (why !== undefined) found.add(`${pathOf(steps)} = ${JSON.stringify(value)}: ${why}`);
      }
      for (const key of KEYS) {
        const why = disagreement(changed(FULL_CONFIG, [...steps, key], 1));
        if (why !== undefined) found.add(`${pathOf(steps)} with ${JSON.stringify(key)}: ${why}`);
      }
    }
    expect([...found].slice(0, 20)).toEqual([]);
  });

  test('a config with several values changed', () => {
    const places = placesIn(FULL_CONFIG);
    const value = fc.oneof(fc.constantFrom(undefined, ...REPLACEMENTS), fc.string(), fc.integer(), fc.jsonValue());
    const step = fc.tuple(fc.constantFrom(...places), fc.option(fc.constantFrom(...KEYS), { nil: undefined }), value);
    fc.assert(
      fc.property(fc.array(step, { minLength: 1, maxLength: 4 }), (changes) => {
        const config = changes.reduce<unknown>(
          (current, [steps, key, item]) =>
            typeof current === 'object' && current !== null
              ? changed(current, key === undefined ? steps : [...steps, key], item)
              : current,
          FULL_CONFIG,
        );
        expect(disagreement(config)).toBeUndefined();
      }),
      { numRuns: 3000 },
    );
  });

  for (const { name, ours, why, example, later } of DIFFERENCES) {
    test(`not on ${name}: ours is ${ours}, since ${why}`, () => {
      const config = changed(FULL_CONFIG, example.at.split('.'), example.value);
      expect(problemsOf(config).length > 0).toBe(ours === 'stricter');
      if (later !== true) expect(schema!.problems(config).length > 0).toBe(ours === 'laxer');
      expect(disagreement(config)).toBeUndefined();
    });
  }
});

function pathOf(steps: readonly string[]): string {
  return steps.reduce(
    (path, step) => (/^\d+$/.test(step) ? `${path}[${step}]` : path === '' ? step : `${path}.${step}`),
    '',
  );
}
