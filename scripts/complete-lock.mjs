/**
 * Give package-lock.json an entry for every optional package that it names: `node scripts/complete-lock.mjs`, after `npm install`.
 *
 * Tools such as esbuild ship one optional package for each platform. A registry mirror that carries only some platforms makes
 * npm leave the others out of the lock, and then `npm ci` refuses the lock on every machine. What is added has no checksum,
 * because nobody here could fetch it; npm skips it where operating system or processor differ.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const file = fileURLToPath(new URL('../package-lock.json', import.meta.url));
const lock = JSON.parse(readFileSync(file, 'utf8'));
const { packages } = lock;

const SYSTEMS = ['android', 'darwin', 'linux', 'win32', 'freebsd', 'netbsd', 'openbsd', 'openharmony', 'sunos', 'aix'];
const PROCESSORS = ['arm64', 'x64', 'arm', 'ia32', 'ppc64', 'riscv64', 's390x', 'loong64', 'mips64el', 'wasm32'];

/** Whether the package at `from` finds `name` in that range, looked for as Node does: in its own folder, then upwards. */
function resolves(from, name, range) {
  for (let at = from; ; at = at.slice(0, Math.max(0, at.lastIndexOf('/node_modules/')))) {
    const found = packages[`${at === '' ? '' : `${at}/`}node_modules/${name}`];
    if (found !== undefined) return /^[~^]/.test(range) || found.version === range;
    if (at === '') return false;
  }
}

/** `@x/cli-linux-x64-musl` -> its platform, by the words of its name. */
function platformOf(name) {
  const words = name.split('/').at(-1).split(/[-_]/);
  const system = SYSTEMS.find((word) => words.includes(word));
  const processor = PROCESSORS.find((word) => words.includes(word));
  const musl = words.some((word) => word.startsWith('musl'));
  return {
    ...(processor ? { cpu: [processor] } : {}),
    ...(musl ? { libc: ['musl'] } : {}),
    ...(system ? { os: [system] } : {}),
  };
}

let added = 0;
for (const [from, entry] of Object.entries({ ...packages })) {
  for (const [name, range] of Object.entries(entry.optionalDependencies ?? {})) {
    if (!resolves(from, name, range)) {
      const { cpu, libc, os } = platformOf(name);
      // Beside the package that wants it: two versions of that package then do not want the same place.
      packages[`${from.slice(0, from.lastIndexOf('node_modules/'))}node_modules/${name}`] = {
        version: range.replace(/^[~^]/, ''),
        ...(cpu ? { cpu } : {}),
        ...(entry.dev ? { dev: true } : {}),
        ...(libc ? { libc } : {}),
        optional: true,
        ...(os ? { os } : {}),
      };
      added++;
    }
  }
}
lock.packages = Object.fromEntries(Object.entries(packages).sort(([a], [b]) => a.localeCompare(b, 'en')));
writeFileSync(file, `${JSON.stringify(lock, null, 2)}\n`);
console.log(`${added} packages of other platforms added to package-lock.json`);
