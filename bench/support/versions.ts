import { existsSync, readFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { ROOT } from './root.js';

/** What was measured on what, one line each: `Node 20.20.2 (V8 11.3)`. */
export function describeMachine(packages: readonly string[]): string[] {
  const [first] = cpus();
  return [
    `${first?.model.trim() ?? 'unknown CPU'}, ${cpus().length} cores, ${process.platform} ${process.arch}`,
    `Node ${process.versions.node} (V8 ${process.versions.v8})`,
    packages.map((name) => `${name} ${versionOf(name)}`).join(', '),
  ].filter((line) => line !== '');
}

/** Version in a package's own manifest; `exports` maps hide that file from `require`. */
function versionOf(name: string): string {
  const path = join(ROOT, 'node_modules', name, 'package.json');
  if (!existsSync(path)) {
    return 'not installed';
  }
  const manifest: { version: string } = JSON.parse(readFileSync(path, 'utf8'));
  return manifest.version;
}
