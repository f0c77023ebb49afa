/** What calls use: told for one call, and added up for a plugin. */
import { afterEach, describe, expect, test } from 'vitest';
import { act, closeHosts, HOOK, loadActing, MODES } from '../support/acting-plugin.js';
import { rejected } from '../support/thrown.js';

afterEach(closeHosts);

const PAGE = 65_536;
const MIB = 16 * PAGE;
/** Longer than an echo takes, on a machine with much else to do. */
const LONG_MS = 1500;
/** Node can tell the processor time of one thread. */
const knowsThreads = 'threadCpuUsage' in process;

describe.each(MODES)('%s: measure', (isolation) => {
  test('tells bytes, memory, calls to the host and time of one call', async () => {
    const plugin = await loadActing({ isolation });
    const { response, usage } = await plugin.measureRaw(HOOK, act.ask(1, 2, 3));
    expect(response).toEqual(Uint8Array.of(1, 2, 3));
    expect(usage).toEqual({
      requestBytes: 4,
      responseBytes: 3,
      memoryBytes: PAGE,
      capabilityCalls: 1,
      fuel: undefined,
      wallMs: expect.any(Number),
      cpuMs: isolation === 'thread' && !knowsThreads ? undefined : expect.any(Number),
    });
    expect(usage.wallMs).toBeGreaterThan(0);
    expect((await plugin.measureRaw(HOOK, act.grow())).usage).toMatchObject({
      memoryBytes: PAGE + MIB,
      capabilityCalls: 0,
    });
  });

  test('tells the time that the guest worked, and not the time that the call waited', async () => {
    const waits: Promise<number>[] = [];
    const plugin: Awaited<ReturnType<typeof loadActing>> = await loadActing({
      isolation,
      answer(request) {
        waits.push(plugin.measureRaw(HOOK, act.echo()).then(({ usage }) => usage.wallMs));
        const until = performance.now() + LONG_MS;
        while (performance.now() < until);
        return request;
      },
    });
    const { usage } = await plugin.measureRaw(HOOK, act.ask());
    expect(usage.wallMs).toBeGreaterThanOrEqual(LONG_MS);
    expect(Math.max(...(await Promise.all(waits)))).toBeLessThan(LONG_MS);
  });

  test('tells the fuel where it is counted: the same for the same work', async () => {
    const plugin = await loadActing({ isolation, limits: { fuel: 1_000_000 } });
    const fuel = async (request: Uint8Array): Promise<number> =>
      (await plugin.measureRaw(HOOK, request)).usage.fuel ?? 0;
    const echo = await fuel(act.echo());
    expect(echo).toBeGreaterThan(0);
    expect(await fuel(act.echo())).toBe(echo);
    // Answered earlier in the same function.
    expect(await fuel(act.count())).toBeLessThan(echo);
  });

  test('rejects as a call does', async () => {
    const plugin = await loadActing({ isolation });
    expect((await rejected(plugin.measureRaw(HOOK, act.trap()))).code).toBe('GUEST_TRAP');
  });
});

describe.each(MODES)('%s: totals', (isolation) => {
  test('of nothing are nothing', async () => {
    const plugin = await loadActing({ isolation, limits: { fuel: 1000 } });
    expect(plugin.totals()).toEqual({
      calls: 0,
      failures: 0,
      deaths: 0,
      instances: 0,
      requestBytes: 0,
      responseBytes: 0,
      capabilityCalls: 0,
      fuel: 0,
      peakMemoryBytes: 0,
      wallMs: isolation === 'thread' ? 0 : undefined,
      cpuMs: undefined,
    });
  });

  test('add up answers, refusals and deaths, over all instances', async () => {
    const plugin = await loadActing({ isolation });
    await plugin.callRaw(HOOK, act.grow());
    await plugin.callRaw(HOOK, act.ask(1, 2, 3));
    await rejected(plugin.callRaw(HOOK, act.refuse(new Uint8Array(5))));
    await rejected(plugin.callRaw(HOOK, act.trap()));
    await plugin.callRaw(HOOK, act.ask(4));
    const before = plugin.totals();
    expect(before).toMatchObject({
      calls: 5,
      failures: 2,
      deaths: 1,
      instances: 2,
      requestBytes: 1 + 4 + 6 + 1 + 2,
      responseBytes: 1 + 3 + 5 + 1,
      capabilityCalls: 2,
      fuel: undefined,
      peakMemoryBytes: PAGE + MIB,
    });
    await plugin.callRaw(HOOK, act.echo());
    expect(before.calls).toBe(5);
    expect(plugin.totals().calls).toBe(6);
  });

  test('add up fuel: that of the calls, whichever instance had them', async () => {
    const plugin = await loadActing({ isolation, limits: { fuel: 10_000 }, pool: { maxCalls: 2 } });
    let sum = 0;
    for (let i = 0; i < 5; i++) {
      sum += (await plugin.measureRaw(HOOK, act.echo(i))).usage.fuel ?? 0;
    }
    await rejected(plugin.callRaw(HOOK, act.loop()));
    expect(plugin.totals().fuel).toBe(sum + 10_000);
  });

  test('stay when the plugin is closed', async () => {
    const plugin = await loadActing({ isolation });
    await plugin.callRaw(HOOK, act.ask(1));
    const before = plugin.totals();
    await plugin.close();
    expect(plugin.totals()).toEqual(before);
  });

  test('hold what was refused before it reached an instance for no call', async () => {
    const plugin = await loadActing({ isolation, quarantine: { crashes: 1 } });
    await rejected(plugin.callRaw(HOOK, act.trap()));
    await rejected(plugin.callRaw(HOOK, act.echo()));
    expect(plugin.totals()).toMatchObject({ calls: 1, failures: 1 });
  });

  test('have the time that all calls took, inline where the option ledger asks for it', async () => {
    const plugin = await loadActing({ isolation, ledger: true });
    await rejected(plugin.callRaw(HOOK, act.loop(), { deadlineMs: 50 }));
    await plugin.callRaw(HOOK, act.echo());
    expect(plugin.totals().wallMs).toBeGreaterThanOrEqual(49);
    expect(plugin.totals().cpuMs).toEqual(isolation === 'thread' && knowsThreads ? expect.any(Number) : undefined);
  });
});
