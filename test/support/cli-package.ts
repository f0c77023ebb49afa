/** Packages for tests of the command line: one compiled component, many manifests. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { compileProject } from '../../host/compile/index.js';
import type { Manifest } from '../../host/package/index.js';
import { packPlugin, readPackage } from '../../host/package/index.js';

/** Parts of a manifest; the rest is filled in. */
export type ManifestParts = Partial<Omit<Manifest, 'contributes'>> & {
  readonly contributes?: Partial<Manifest['contributes']>;
};

export interface Packer {
  /** Write a package with this manifest; returns its path. */
  pack(parts: ManifestParts): string;
}

/** Compile `test/programs/as-cli` once, into `folder`. */
export async function createPacker(folder: string): Promise<Packer> {
  const source = join(import.meta.dirname, '../programs/as-cli');
  const { bytes } = await compileProject(source, { out: join(folder, 'as-cli.sif') });
  const component = readPackage(bytes).component;
  let count = 0;
  return {
    pack({ contributes, ...parts }) {
      const manifest: Manifest = {
        name: 'example.com/foo',
        author: 'A. Author',
        version: '1.0.0',
        description: 'A test',
        requests: [],
        ...parts,
        contributes: { commands: [], flags: [], phases: [], ...contributes },
      };
      count += 1;
      const path = join(folder, `package-${count}.sif`);
      writeFileSync(path, packPlugin({ component, manifest }));
      return path;
    },
  };
}
