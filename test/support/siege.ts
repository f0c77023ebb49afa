/**
 * A plugin that tries to break a limit, and a host that goes on: what every file of test/limits is made of.
 *
 * The attacker attacks when it is told to, and echoes otherwise, so that one package shows both: that the attack ends, and that the
 * next call of the same plugin is served.
 */
import { parse } from '@bytecodealliance/jco';
import { expect } from 'vitest';
import type { Host, HostOptions, LoadOptions, LogLine, Plugin } from '../../host/index.js';
import { createHost, PluginError } from '../../host/index.js';
import { type Manifest, packPlugin } from '../../host/package/index.js';
import type { CallOptions, Isolation } from '../../host/sandbox/index.js';
import { ECHO, SCORE, type TextPlugin, textPluginSource } from './text-plugin.js';

export const MODES = ['inline', 'thread'] as const satisfies readonly Isolation[];

/** Tells the attacker to attack: a request of one byte. */
export const ATTACK = new Uint8Array(1);
/** A request that is echoed. */
export const PEACE = Uint8Array.of(1, 2, 3, 4, 5);

const MAIN = '(core module $main';
const NEIGHBOUR_LIMITS = { deadlineMs: 60_000, compileMs: 60_000, moduleMiB: 1, functionKiB: 256 } as const;

export interface Attacker extends TextPlugin {
  /** What it does when told to, in the body of `handle`: leaves nothing on the stack. Default: it only echoes. */
  readonly attack?: string;
  /** Locals for it, such as `(local $i i32)`. */
  readonly locals?: string;
  /** Definitions of the component that stand before the main module. */
  readonly before?: string;
  /** More arguments for instantiating the main module, such as `(with "extra" (instance $extra))`. */
  readonly with?: string;
  readonly manifest?: Partial<Manifest>;
}

/** The attacker's text as a component. */
export function attackerSource({
  attack,
  locals = '',
  before = '',
  with: more = '',
  manifest: _,
  ...parts
}: Attacker): string {
  const handle =
    attack === undefined ? ECHO : `${locals} (if (i32.eq (local.get $len) (i32.const 1)) (then ${attack})) ${ECHO}`;
  return textPluginSource({ handle, ...parts })
    .replace(MAIN, `${before} ${MAIN}`)
    .replace('(with "host"', `${more} (with "host"`);
}

/** Bytes as the text of a data segment. */
export function dataText(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => `\\${byte.toString(16).padStart(2, '0')}`).join('');
}

/** @returns the bytes of a package. */
export async function packAttacker(attacker: Attacker): Promise<Uint8Array> {
  return packAround(await parse(attackerSource(attacker)), attacker.manifest);
}

/** A package around a component that is bytes already. */
export function packAround(component: Uint8Array, manifest: Partial<Manifest> = {}): Uint8Array {
  return packPlugin({
    component,
    manifest: {
      name: 'example.com/attacker',
      author: 'A. Author',
      version: '1.0.0',
      description: 'A test',
      requests: [],
      contributes: { commands: [], flags: [], phases: [] },
      ...manifest,
    },
  });
}

/** A host with a neighbour that must not notice anything. */
export interface Siege {
  readonly host: Host;
  /** What plugins logged, in order. */
  readonly lines: readonly LogLine[];
  load(attacker: Attacker, options?: LoadOptions): Promise<Plugin>;
  /** @throws unless the neighbour answers, at once. */
  checkNeighbour(): Promise<void>;
}

/** Run a test in a host of its own, and see that the neighbour answers at the end and that everything can be closed. */
export async function besieged(options: HostOptions, run: (siege: Siege) => Promise<void>): Promise<void> {
  const lines: LogLine[] = [];
  const host = await createHost({ log: (line) => lines.push(line), ...options });
  try {
    // Whatever the attacker is given: the neighbour is not to fail because the machine is busy.
    const neighbour = await host.load(await packAttacker({}), { limits: NEIGHBOUR_LIMITS });
    const siege: Siege = {
      host,
      lines,
      load: async (attacker, loadOptions) => host.load(await packAttacker(attacker), loadOptions),
      async checkNeighbour() {
        expect(await neighbour.callRaw(SCORE, PEACE)).toEqual(PEACE);
      },
    };
    await siege.checkNeighbour();
    await run(siege);
    await siege.checkNeighbour();
    expect(neighbour.totals()).toMatchObject({ failures: 0, deaths: 0 });
  } finally {
    await host.close();
  }
}

/** How an attack must end. */
export interface Verdict {
  readonly code: string;
  readonly says: RegExp;
}

/** The PluginError that a promise ends with; anything else fails the test. */
export async function failure(promise: Promise<unknown>): Promise<PluginError> {
  const outcome = await promise.then(
    (value) => ({ value }),
    (error: unknown) => ({ error }),
  );
  if (!('error' in outcome)) {
    throw new Error(`It answered ${String(outcome.value).slice(0, 100)}`);
  }
  if (!(outcome.error instanceof PluginError)) {
    throw outcome.error;
  }
  expect(outcome.error.message.length).toBeLessThan(20_000);
  return outcome.error;
}

/** Hold an error against what it should be. */
export function checkVerdict(error: PluginError, { code, says }: Verdict): void {
  expect(`${error.code}: ${error.message}`).toMatch(new RegExp(`^${code}: `));
  expect(error.message).toMatch(says);
  // Whoever reads it must know whose fault it is.
  expect(error.message).toContain('"example.com/attacker"');
}

/**
 * Attack in a call: it ends as it must, and the next calls of the attacker and of its neighbour are served.
 *
 * @param call - options of the attacking calls alone.
 */
export async function attackInCall(
  options: HostOptions,
  attacker: Attacker,
  verdict: Verdict,
  call?: CallOptions,
): Promise<PluginError> {
  let error: PluginError | undefined;
  await besieged(options, async ({ load, checkNeighbour }) => {
    const plugin = await load(attacker);
    expect(await plugin.callRaw(SCORE, PEACE)).toEqual(PEACE);
    error = await failure(plugin.callRaw(SCORE, ATTACK, call));
    checkVerdict(error, verdict);
    await checkNeighbour();
    expect(await plugin.callRaw(SCORE, PEACE)).toEqual(PEACE);
    expect(plugin.totals()).toMatchObject({ calls: 3, failures: 1, deaths: 1, instances: 2 });
    // It can do it again, and that ends the same way.
    checkVerdict(await failure(plugin.callRaw(SCORE, ATTACK, call)), verdict);
  });
  return error as PluginError;
}

/** Attack while an instance starts: no call is ever served, each fails by itself, and the neighbour is. */
export async function attackAtStart(options: HostOptions, attacker: Attacker, verdict: Verdict): Promise<void> {
  await besieged(options, async ({ load, checkNeighbour }) => {
    const plugin = await load(attacker);
    for (let i = 0; i < 2; i++) {
      checkVerdict(await failure(plugin.callRaw(SCORE, PEACE)), verdict);
      await checkNeighbour();
    }
    expect(plugin.totals()).toMatchObject({ calls: 2, failures: 2, deaths: 2 });
  });
}

/** Attack whoever loads the package: it is refused, before any of it ran, and the host loads the next one. */
export async function refusedAtLoad(
  options: HostOptions,
  component: Uint8Array | Promise<Uint8Array>,
  { code, says }: Verdict,
): Promise<void> {
  const sif = packAround(await component);
  await besieged(options, async ({ host }) => {
    const error = await failure(host.load(sif));
    expect(`${error.code}: ${error.message}`).toMatch(new RegExp(`^${code}: `));
    expect(error.message).toMatch(says);
  });
}
