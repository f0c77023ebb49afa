import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { componentize } from 'componentize-qjs';
import { cachedBuild, PROGRAMS } from './build-cache.js';
import { witPath } from './build-component.js';

/** The echo program in JavaScript with the log capability: a component of QuickJS that imports nothing else. */
export function buildJavaScriptLogEcho(): Promise<Uint8Array> {
  return build('echo-log', 'echo-log');
}

/** A component of QuickJS that evaluates its request as a script, and imports nothing. */
export function buildJavaScriptEvaluate(): Promise<Uint8Array> {
  return build('evaluate', 'echo');
}

function build(source: string, wit: string): Promise<Uint8Array> {
  const options = { world: 'plugin', stubWasi: true, sync: true, optSize: true };
  const inputs = {
    name: `javascript-${source}`,
    folders: ['javascript', 'wit'],
    toolchain: ['componentize-qjs'],
    options: [JSON.stringify(options)],
  };
  return cachedBuild(inputs, async () => {
    const { component } = await componentize({
      jsSource: readFileSync(join(PROGRAMS, 'javascript', `${source}.js`), 'utf8'),
      witPath: witPath(wit),
      ...options,
    });
    return new Uint8Array(component);
  });
}
