/**
 * A process that attacks a host of its own, to see how it ends. Bundled by test/limits/process.test.ts.
 *
 * Its arguments are a package's file, the options of the host as JSON, and what to do:
 *   asleep     attack after a pause that is long enough for whatever watches the time to have gone to sleep
 *   close      attack in the very first call of the process, call in peace, close the host, and write what still keeps the process alive
 *   leave      attack, and close nothing: the process must end by itself
 * It writes the code of the error that the attack ends with, and whether that came too early.
 */
import type { HostOptions, Plugin, PluginError } from '../../host/index.js';
import { createHost } from '../../host/index.js';

const SCORE = 'acme:score/score@1.0.0';
const ATTACK = new Uint8Array(1);
const PEACE = Uint8Array.of(1, 2, 3, 4, 5);
/** Far above the 100 ms after which the watchdog goes to sleep. */
const PAUSE_MS = 400;

const [file = '', json = '{}', what] = process.argv.slice(2);
const options = JSON.parse(json) as HostOptions;

async function attack(plugin: Plugin): Promise<void> {
  const start = performance.now();
  const error = await plugin.callRaw(SCORE, ATTACK).then(
    () => undefined,
    (reason: PluginError) => reason,
  );
  const early =
    error?.code === 'DEADLINE_EXCEEDED' && performance.now() - start < (options.limits?.deadlineMs ?? 0) - 1;
  say(`${error?.code}${early ? ', too early' : ''}`);
}

async function callInPeace(plugin: Plugin): Promise<void> {
  say(`answered ${(await plugin.callRaw(SCORE, PEACE)).join(' ')}`);
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

const host = await createHost(options);
const plugin = await host.load(file);
if (what === 'asleep') {
  await callInPeace(plugin);
  await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
}
await attack(plugin);
if (what !== 'leave') {
  await callInPeace(plugin);
  await host.close();
}
if (what === 'close') {
  say(JSON.stringify(process.getActiveResourcesInfo().filter((name) => /Worker|Message|Timeout|Immediate/.test(name))));
}
