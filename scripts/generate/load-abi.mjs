/** The schema values of host/abi, for scripts that Node runs without a build. */
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

export const root = join(dirname(fileURLToPath(import.meta.url)), '../..');

/** Bundle host/abi in memory and import it: Node 20 does not run TypeScript. */
export async function loadAbi() {
  const { outputFiles } = await build({
    entryPoints: [join(root, 'host/abi/index.ts')],
    bundle: true,
    write: false,
    format: 'esm',
    platform: 'node',
    // msgpackr's build is CommonJS and asks for Node's own modules; a module without a file has no `require`.
    banner: {
      js: `import { createRequire } from 'node:module'; const require = createRequire(${JSON.stringify(root)});`,
    },
  });
  return import(`data:text/javascript;base64,${Buffer.from(outputFiles[0].contents).toString('base64')}`);
}
