/** Files as the kernel writes them (6.1 and 6.18). */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { type Controller, type Group, readCgroupStats } from './cgroup-stats.js';

const base = mkdtempSync(join(tmpdir(), 'wasm-plugin-cgroup-'));
afterAll(() => rmSync(base, { recursive: true, force: true }));

const CPU_STAT = `usage_usec 1234567
user_usec 1000000
system_usec 234567
nice_usec 0
core_sched.force_idle_usec 0
nr_periods 12
nr_throttled 0
throttled_usec 0
nr_bursts 0
burst_usec 0
`;
const v1: readonly [Controller, 1 | 2, string][] = [
  ['memory', 1, 'memory'],
  ['pids', 1, 'pids'],
  ['cpuacct', 1, 'cpuacct'],
];
const v2: readonly [Controller, 1 | 2, string][] = [
  ['memory', 2, 'unified'],
  ['pids', 2, 'unified'],
];

const cases: readonly {
  readonly name: string;
  readonly groups: readonly [Controller, 1 | 2, string][];
  readonly files: Readonly<Record<string, string>>;
  readonly want: object;
}[] = [
  {
    name: 'version 1, with CPU time in nanoseconds',
    groups: v1,
    files: {
      'memory/memory.usage_in_bytes': '2093838336\n',
      'memory/memory.current': '1\n',
      'pids/pids.current': '3\n',
      'cpuacct/cpuacct.usage': '40767164576089\n',
    },
    want: { memoryBytes: 2093838336, cpuUsec: 40767164576, pids: 3 },
  },
  {
    name: 'version 2, with CPU time in a table',
    groups: v2,
    files: {
      'unified/memory.current': '5632000\n',
      'unified/memory.usage_in_bytes': '1\n',
      'unified/pids.current': '2\n',
      'unified/cpu.stat': CPU_STAT,
    },
    want: { memoryBytes: 5632000, cpuUsec: 1234567, pids: 2 },
  },
  {
    name: 'some of each, as on a hybrid machine',
    groups: [
      ['memory', 2, 'unified'],
      ['pids', 1, 'pids'],
      ['cpuacct', 1, 'cpuacct'],
    ],
    files: {
      'unified/memory.current': '4096\n',
      'unified/cpu.stat': CPU_STAT,
      'pids/pids.current': '1\n',
      'cpuacct/cpuacct.usage': '1500\n',
    },
    want: { memoryBytes: 4096, cpuUsec: 2, pids: 1 },
  },
  { name: 'files that are not there', groups: [...v1, ...v2], files: {}, want: {} },
  {
    name: 'a kernel without the table’s first line',
    groups: v2,
    files: { 'unified/cpu.stat': 'user_usec 5\nsystem_usec 5\n', 'unified/pids.current': '1\n' },
    want: { pids: 1 },
  },
  {
    name: 'what is no number, or larger than a message carries',
    groups: v1,
    files: {
      'memory/memory.usage_in_bytes': '18446744073709551615\n',
      'pids/pids.current': 'max\n',
      'cpuacct/cpuacct.usage': '',
    },
    want: {},
  },
  { name: 'no cgroup at all', groups: [], files: {}, want: {} },
];
for (const [index, { name, groups, files, want }] of cases.entries()) {
  test(`readCgroupStats() reads ${name}`, () => {
    const folder = join(base, `${index}`);
    for (const [file, text] of Object.entries(files)) {
      mkdirSync(dirname(join(folder, file)), { recursive: true });
      writeFileSync(join(folder, file), text);
    }
    const made = groups.map(([controller, version, at]): [Controller, Group] => [
      controller,
      { version, folder: join(folder, at) },
    ]);
    expect(readCgroupStats(new Map(made))).toEqual(want);
  });
}
