/**
 * The files that the AssemblyScript compiler sees: the project's own, and the SDK's, wherever that is.
 *
 * The SDK comes from the project's `node_modules`, or one above it, else from the copy inside this package, so that a
 * fresh project compiles without installing anything. The compiler asks for it at several places; all of them are
 * answered from that one folder, and under the same `~lib/@wasm-plugin/assemblyscript/…` name. No absolute path can
 * reach the binary.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join, resolve, sep } from 'node:path';
import { bundledSdk, packageRoot } from '../package-root.js';
import { adaptConfig, CONFIG_FILE, type ConfigSource } from './config.js';
import { SDK_PACKAGE } from './glue.js';

export interface ProjectFiles extends ConfigSource {
  /** The compiler's `readFile`: null where there is no such file. */
  readFile(name: string, baseDir: string): string | null;
  /** The compiler's `listFiles`: source files of a library folder. */
  listFiles(dir: string, baseDir: string): string[] | null;
  /** Version of the SDK that is compiled in. */
  readonly sdkVersion: string;
}

const SDK_PATH = `${sep}node_modules${sep}${SDK_PACKAGE.replace('/', sep)}${sep}`;

export function openProjectFiles(projectDir: string): ProjectFiles {
  const sdkDir = findSdk(projectDir);
  const files: ProjectFiles = {
    bundledConfig: join(packageRoot(), CONFIG_FILE),
    sdkVersion: String(JSON.parse(readFileSync(join(sdkDir, 'package.json'), 'utf8')).version),
    read: readText,
    readFile(name, baseDir) {
      const path = resolve(baseDir, name);
      const inSdk = path.lastIndexOf(SDK_PATH);
      const text = readText(inSdk === -1 ? path : join(sdkDir, path.slice(inSdk + SDK_PATH.length)));
      return text !== null && basename(path) === CONFIG_FILE ? adaptConfig(text, path, files) : text;
    },
    listFiles(dir, baseDir) {
      try {
        return readdirSync(resolve(baseDir, dir))
          .filter((name) => name.endsWith('.ts') && !name.endsWith('.d.ts'))
          .sort();
      } catch {
        return null;
      }
    },
  };
  return files;
}

function readText(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return null;
  }
}

function findSdk(projectDir: string): string {
  for (let dir = projectDir; ; dir = dirname(dir)) {
    const candidate = join(dir, 'node_modules', SDK_PACKAGE);
    if (existsSync(join(candidate, 'package.json'))) {
      return candidate;
    }
    if (dir === dirname(dir)) {
      return bundledSdk();
    }
  }
}
