import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { componentize } from 'componentize-qjs';
import { cachedBuild, PROGRAMS } from './build-cache.js';
import { witPath } from './build-component.js';

/** The echo program in JavaScript with the log capability: a component of QuickJS that imports nothing else. */
export function buildJavaScriptLogEcho(): Promise<Uint8Array> {
  const options = { world: 'plugin', stubWasi: true, sync: true, optSize: true };
  const inputs = {
    name: 'javascript-echo-log',
    folders: ['javascript', 'wit'],
    toolchain: ['componentize-qjs'],
    options: [JSON.stringify(options)],
  };
  return cachedBuild(inputs, async () => {
    const { component } = await componentize({
      jsSource: readFileSync(join(PROGRAMS, 'javascript', 'echo-log.js'), 'utf8'),
      witPath: witPath('echo-log'),
      ...options,
    });
    return new Uint8Array(component);
  });
}
