import { createHash } from 'node:crypto';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { transpile } from '@bytecodealliance/jco';
import { ECHO, HOST, RELAY } from '../support/guests.js';
import { ROOT } from '../support/root.js';
import type { Contender } from './contender.js';

interface Interface {
  handle(request: Uint8Array): Uint8Array;
}

interface Transpiled {
  /** Without a way to get core modules it takes the files beside its own. */
  instantiate(getCoreModule: undefined, imports: Record<string, unknown>): Promise<Record<string, Interface>>;
}

export const JCO = 'jco transpile output';

/** The JavaScript that jco makes of the component. It copies the request before it calls the capability. */
export const jco: Contender = {
  name: JCO,
  speed: 'fast',
  async open({ guests, work, message: { bytes } }) {
    const { instantiate } = await importTranspiled(guests.component);
    const host = { call: (request: Uint8Array) => request };
    // The glue looks up the name without its version, though its types promise the other.
    const instance = await instantiate(undefined, { [HOST]: host, [HOST.split('@')[0]!]: host });
    const hook = instance[work === 'echo' ? ECHO : RELAY]!;
    return { call: { kind: 'sync', run: () => hook.handle(bytes) } };
  },
};

async function importTranspiled(component: Uint8Array): Promise<Transpiled> {
  const { files } = await transpile(component, { name: 'component', instantiation: 'async', noTypescript: true });
  const folder = join(ROOT, 'build/bench', `jco-${createHash('sha256').update(component).digest('hex').slice(0, 16)}`);
  rmSync(folder, { recursive: true, force: true });
  for (const [name, contents] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), contents);
  }
  return import(pathToFileURL(join(folder, 'component.js')).href);
}
