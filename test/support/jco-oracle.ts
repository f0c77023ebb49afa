/**
 * Runs a component the way jco does: it writes JavaScript for the component, and we import that.
 *
 * An oracle for tests only. The code comes from the component's bytes, so it must never run for one that a test did not build.
 */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { setFlagsFromString } from 'node:v8';
import { transpile } from '@bytecodealliance/jco';

if (process.versions.node.startsWith('20.')) {
  // QuickJS components add globals in constant expressions; Node 20 has that behind a flag, later ones by default.
  setFlagsFromString('--experimental-wasm-extended-const');
}

const OUTPUT = fileURLToPath(new URL('../../build/jco/', import.meta.url));

/** An answer with its result arm. */
export interface Answer {
  readonly ok: boolean;
  readonly payload: Uint8Array;
}

/** What a component gets in the oracle. */
export interface OracleOptions {
  /** Every write to stdout or stderr, as the guest made it. */
  onOutput(stream: 'stdout' | 'stderr', bytes: Uint8Array): void;
  /** Capabilities by interface name without version, `wasm-plugin:host/log` for one. */
  readonly capabilities: ReadonlyMap<string, (request: Uint8Array) => Answer>;
}

/** One instance made by jco's output. */
export interface OracleInstance {
  /** Call `handle` of an exported interface; a trap is thrown as it comes. */
  call(hookId: string, request: Uint8Array): Answer;
}

type Interface = Record<string, unknown>;
type Handle = (request: Uint8Array) => Uint8Array;

interface Transpiled {
  /** Without a way to get core modules it takes the files beside its own. */
  instantiate(
    getCoreModule: ((name: string) => object) | undefined,
    imports: Record<string, Interface>,
  ): Promise<Record<string, { handle: Handle }>>;
}

/** What jco makes of a component. */
export interface JcoComponent {
  /** What it wrote, by name: JavaScript and core modules. */
  readonly files: Readonly<Record<string, Uint8Array>>;
  /**
   * Make an instance.
   *
   * @param getCoreModule - compiled core modules by the name of their file. Default: they are read and compiled anew.
   */
  instantiate(getCoreModule?: (name: string) => object): Promise<OracleInstance>;
}

/** What of preview2-shim's browser edition is used: it runs in this thread and takes its streams from its caller. */
interface Shim {
  readonly cli: { createCli(config: Interface): Record<string, Interface> };
  readonly clocks: Record<string, Interface>;
  readonly filesystem: Record<string, Interface>;
  readonly io: Record<string, Interface>;
  readonly random: Record<string, Interface>;
}

/** Translate a component and make an instance of it. */
export async function instantiateWithJco(component: Uint8Array, options: OracleOptions): Promise<OracleInstance> {
  return (await transpileWithJco(component, options)).instantiate();
}

/** Translate a component, and load what came of it. */
export async function transpileWithJco(component: Uint8Array, options: OracleOptions): Promise<JcoComponent> {
  const { files } = await transpile(component, { name: 'component', instantiation: 'async', noTypescript: true });
  const folder = writeOnce(files);
  const module: Transpiled = await import(/* @vite-ignore */ pathToFileURL(join(folder, 'component.js')).href);
  const imports = withVersions({ ...(await wasiImports(options)), ...capabilityImports(options) });
  return {
    files,
    async instantiate(getCoreModule) {
      const exports = await module.instantiate(getCoreModule, imports);
      return { call: (hookId, request) => callHook(exports, hookId, request) };
    },
  };
}

function callHook(exports: Record<string, { handle: Handle }>, hookId: string, request: Uint8Array): Answer {
  const instance = exports[hookId];
  if (instance === undefined) {
    throw new Error(`The component does not export ${hookId}`);
  }
  try {
    return { ok: true, payload: instance.handle(request) };
  } catch (error) {
    if (error instanceof Error && 'payload' in error && error.payload instanceof Uint8Array) {
      return { ok: false, payload: error.payload };
    }
    throw error;
  }
}

/** Write files to a folder named after their contents, whole or not at all: another test may be importing them. */
function writeOnce(files: Readonly<Record<string, Uint8Array>>): string {
  const hash = createHash('sha256');
  for (const [name, contents] of Object.entries(files)) {
    hash.update(name).update(contents);
  }
  const folder = join(OUTPUT, hash.digest('hex').slice(0, 16));
  if (existsSync(folder)) {
    return folder;
  }
  const temporary = `${folder}.${process.pid}`;
  for (const [name, contents] of Object.entries(files)) {
    const path = join(temporary, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, contents);
  }
  try {
    renameSync(temporary, folder);
  } catch (error) {
    if (!existsSync(folder)) {
      throw error;
    }
    // Somebody else was first, with the same files.
    rmSync(temporary, { recursive: true });
  }
  return folder;
}

function capabilityImports({ capabilities }: OracleOptions): Record<string, Interface> {
  return Object.fromEntries(
    [...capabilities].map(([name, capability]) => [
      name,
      {
        call(request: Uint8Array): Uint8Array {
          // A copy: what the glue passes is a view onto the guest's memory.
          const { ok, payload } = capability(request.slice());
          if (!ok) {
            // The glue takes `payload` of what is thrown for the error arm.
            throw Object.assign(new Error('Capability failed'), { payload });
          }
          return payload;
        },
      },
    ]),
  );
}

async function wasiImports({ onOutput }: OracleOptions): Promise<Record<string, Interface>> {
  const { cli, clocks, filesystem, io, random } = await loadShim();
  const sink = (stream: 'stdout' | 'stderr') => ({
    write: (bytes: Uint8Array) => onOutput(stream, bytes.slice()),
    flush() {},
  });
  const own = cli.createCli({ stdout: sink('stdout'), stderr: sink('stderr'), environment: {}, arguments: [] });
  const packages = { cli: own, clocks, filesystem, io, random };
  return Object.fromEntries(
    Object.entries(packages).flatMap(([name, interfaces]) =>
      Object.entries(interfaces).map(([key, value]) => [`wasi:${name}/${kebab(key)}`, value]),
    ),
  );
}

async function loadShim(): Promise<Shim> {
  const jco = createRequire(import.meta.resolve('@bytecodealliance/jco'));
  // The Node edition writes to the real file descriptors, from a worker.
  const browser = join(dirname(jco.resolve('@bytecodealliance/preview2-shim')), '../browser/index.js');
  return import(/* @vite-ignore */ pathToFileURL(browser).href);
}

function kebab(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

/** The glue looks up unversioned names, though its types promise versioned ones: give it both. */
function withVersions(imports: Record<string, Interface>): Record<string, Interface> {
  const versioned = Object.entries(imports).map(([name, value]) => [
    `${name}@${name.startsWith('wasi:') ? '0.2.12' : '1.0.0'}`,
    value,
  ]);
  return { ...imports, ...Object.fromEntries(versioned) };
}
