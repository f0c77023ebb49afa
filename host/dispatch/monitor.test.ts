import { describe, expect, test } from 'vitest';
import type { Plugin } from '../runtime/index.js';
import { startMonitoring } from './monitor.js';
import type { LoadedPlugins } from './plugins.js';
import type { PluginEntry } from './source.js';

const context = { hostVersion: '', pluginVersion: '', runId: '', image: '', settings: {} };

/** Observers that answer each event with these waits. */
function watchedBy(waits: readonly (number | undefined)[]) {
  const entries = waits.map((_, i) => ({ name: `p${i}`, monitor: 'observe' }) as PluginEntry);
  const plugins: Partial<LoadedPlugins> = {
    exporting: () => entries,
    load: async (entry) => {
      const nextTickMs = waits[entries.indexOf(entry)];
      return { call: async () => (nextTickMs === undefined ? {} : { nextTickMs }) } as unknown as Plugin;
    },
    context: () => context,
    request: () => ({ context }),
    keepState: () => {},
    close: async () => {},
  };
  return startMonitoring(plugins as LoadedPlugins, () => {});
}

describe('the next tick', () => {
  const cases = [
    { name: 'is none if nobody wants one', waits: [undefined], want: undefined },
    { name: 'is none for a wait of 0', waits: [0], want: undefined },
    { name: 'is none for a wait below 0', waits: [-1], want: undefined },
    { name: 'is the shortest that anybody asked for', waits: [5000, 250, undefined], want: 250 },
    { name: 'is not sooner than 100 ms', waits: [1], want: 100 },
    // Above 2^31 - 1 ms a timer of Node fires at once.
    { name: 'is not later than a timer can wait', waits: [2 ** 40], want: 2 ** 31 - 1 },
  ];
  for (const { name, waits, want } of cases) {
    test(name, async () => {
      const { nextTickMs } = await watchedBy(waits).tell({ id: 'c', pid: 1, uptimeMs: 0, event: 'started' });
      expect(nextTickMs).toBe(want);
    });
  }
});
