/** A plugin that keeps dying is left alone, until it has lived through a trial or somebody releases it. */
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, test } from 'vitest';
import type { Plugin } from '../../host/index.js';
import { act, byteOf, closeHosts, HOOK, loadActing, MODES, NAME } from '../support/acting-plugin.js';
import { rejected } from '../support/thrown.js';

afterEach(closeHosts);

/** Long enough for two calls in a row, on a machine with much else to do. */
const FOR_MS = 2000;
const LONG_MS = 600_000;

async function trap(plugin: Plugin, times: number): Promise<string[]> {
  const codes: string[] = [];
  while (codes.length < times) {
    codes.push((await rejected(plugin.callRaw(HOOK, act.trap()))).code);
  }
  return codes;
}

const lives = async (plugin: Plugin): Promise<boolean> => (await byteOf(plugin.callRaw(HOOK, act.count()))) === 1;

describe.each(MODES)('%s', (isolation) => {
  const load = (crashes: number, forMs = LONG_MS): Promise<Plugin> =>
    loadActing({ isolation, quarantine: { crashes, forMs } });

  test('five deaths in a row are enough, by default', async () => {
    const plugin = await loadActing({ isolation });
    expect(await trap(plugin, 6)).toEqual([...Array(5).fill('GUEST_TRAP'), 'PLUGIN_QUARANTINED']);
    expect(plugin.totals()).toMatchObject({ calls: 5, deaths: 5, instances: 5 });
  });

  test('the error names the plugin, how often and why it died, and when it is tried again', async () => {
    const plugin = await load(2);
    await trap(plugin, 2);
    const error = await rejected(plugin.callRaw(HOOK, act.echo()));
    expect(error.code).toBe('PLUGIN_QUARANTINED');
    expect(error.message).toMatch(
      new RegExp(
        `^Plugin "${NAME}": Cannot call ${HOOK}: the plugin died 2 times in a row, the next trial is in 600 s; the last time: Cannot call ${HOOK}: the guest trapped, unreachable`,
      ),
    );
    expect(error.details).toMatchObject({ plugin: NAME, hook: HOOK, deaths: 2, lastCode: 'GUEST_TRAP' });
    expect(error.details.retryInMs).toBeGreaterThan(0);
    expect(error.details.retryInMs).toBeLessThanOrEqual(LONG_MS);
  });

  test('a call that lives in between starts the count anew', async () => {
    const plugin = await load(2);
    for (let i = 0; i < 3; i++) {
      expect(await trap(plugin, 1)).toEqual(['GUEST_TRAP']);
      expect(await lives(plugin)).toBe(true);
    }
  });

  const killers = [
    { name: 'a deadline', request: act.loop(), options: { deadlineMs: 20 }, code: 'DEADLINE_EXCEEDED' },
    { name: 'too many questions', request: act.askForEver(), options: {}, code: 'LIMIT_EXCEEDED' },
  ];
  for (const { name, request, options, code } of killers) {
    test(`${name} is a death like a trap`, async () => {
      const plugin = await loadActing({ isolation, quarantine: { crashes: 1 }, limits: { capabilityCalls: 100 } });
      expect((await rejected(plugin.callRaw(HOOK, request, options))).code).toBe(code);
      expect(await trap(plugin, 1)).toEqual(['PLUGIN_QUARANTINED']);
    });
  }

  test('a capability of the embedder’s that fails is not the plugin’s fault', async () => {
    const plugin = await loadActing({
      isolation,
      quarantine: { crashes: 1 },
      answer() {
        throw new Error('the database is gone');
      },
    });
    for (let i = 0; i < 2; i++) {
      expect((await rejected(plugin.callRaw(HOOK, act.ask()))).code).toBe('HOST_BUG');
    }
  });

  test('a trial that lives ends it', async () => {
    const plugin = await load(1, FOR_MS);
    await trap(plugin, 1);
    await sleep(FOR_MS + 20);
    expect(await lives(plugin)).toBe(true);
    expect(await trap(plugin, 1)).toEqual(['GUEST_TRAP']);
  });

  test('a trial that dies prolongs it', async () => {
    const plugin = await load(1, FOR_MS);
    await trap(plugin, 1);
    await sleep(FOR_MS + 20);
    expect(await trap(plugin, 2)).toEqual(['GUEST_TRAP', 'PLUGIN_QUARANTINED']);
  });

  test('of many calls at once that come when it is due, one is the trial', async () => {
    const plugin = await load(1, FOR_MS);
    await trap(plugin, 1);
    await sleep(FOR_MS + 20);
    const codes = await Promise.all([1, 2, 3].map(async () => (await rejected(plugin.callRaw(HOOK, act.trap()))).code));
    expect(codes.sort()).toEqual(['GUEST_TRAP', 'PLUGIN_QUARANTINED', 'PLUGIN_QUARANTINED']);
  });

  test('release() ends it at once', async () => {
    const plugin = await load(2);
    await trap(plugin, 2);
    plugin.release();
    expect(await lives(plugin)).toBe(true);
    expect(await trap(plugin, 3)).toEqual(['GUEST_TRAP', 'GUEST_TRAP', 'PLUGIN_QUARANTINED']);
  });

  test('a plugin that is loaded again starts anew', async () => {
    const plugin = await load(1);
    await trap(plugin, 1);
    expect(await lives(await load(1))).toBe(true);
  });

  test('never, if that is what the embedder wants', async () => {
    const plugin = await load(Number.POSITIVE_INFINITY);
    expect(new Set(await trap(plugin, 12))).toEqual(new Set(['GUEST_TRAP']));
  });
});
