/** The same small plugin as three toolchains make it: one hook, called with one message. */
import { join } from 'node:path';
import { encode } from '../../host/abi/index.js';
import { hooks } from '../../host/index.js';
import { readPackage } from '../../host/package/index.js';
import { buildCEcho } from '../../test/support/build-c.js';
import { buildJavaScriptLogEcho } from '../../test/support/build-javascript.js';
import { compileFolder } from '../../test/support/example-plugin.js';
import { ROOT } from './root.js';

export interface LanguageGuest {
  readonly name: string;
  readonly component: Uint8Array;
  readonly hook: string;
  readonly request: Uint8Array;
}

const MESSAGE = new TextEncoder().encode('a message of sixty-four bytes, as the other benchmarks have it.\n');
const ECHO = 'acme:echo/echo@1.0.0';

/** AssemblyScript on the SDK, C with printf, and JavaScript with all of QuickJS. */
export async function buildLanguageGuests(): Promise<LanguageGuest[]> {
  const { component } = readPackage(await compileFolder(join(ROOT, 'test/programs/as-minimal')));
  const engineConfig = encode(hooks.engineConfig.request, {
    context: { hostVersion: '1.0.0', pluginVersion: '1.0.0', settings: {} },
    config: { ociVersion: '1.0.2', process: { args: ['sh'], env: ['PATH=/bin'] } },
    engine: { name: 'crun', image: '/i.sif', id: 'c1', rootless: true },
  });
  return [
    { name: 'AssemblyScript SDK', component, hook: hooks.engineConfig.id, request: engineConfig },
    { name: 'C', component: await buildCEcho(), hook: ECHO, request: MESSAGE },
    { name: 'QuickJS', component: await buildJavaScriptLogEcho(), hook: ECHO, request: MESSAGE },
  ];
}
