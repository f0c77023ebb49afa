/** Source folder -> component -> SIF package. The same source gives the same bytes, in whatever folder it lies. */
import { resolve } from 'node:path';
import { describeComponent } from '../component/index.js';
import { PluginError } from '../errors/index.js';
import { type Manifest, packPlugin } from '../package/index.js';
import { formatSourceMap, toDataUrl } from '../source-map/index.js';
import { type CoreModule, compileAssemblyScript } from './assemblyscript/index.js';
import { checkManifest, type Interfaces } from './check-manifest.js';
import { componentize } from './componentize.js';
import { upToCode, withSourceMapUrl } from './module-sections.js';
import { openProject, type Project } from './project.js';
import { checkOutput, writeOutput } from './write-output.js';

export type CompileStep = 'compile' | 'componentize' | 'pack';

export interface CompileOptions {
  /** Where the package goes. Default: DIR/<basename of DIR>.sif. */
  readonly out?: string | undefined;
  /** Called as each step begins. */
  readonly onProgress?: ((step: CompileStep) => void) | undefined;
  /** Gets each warning, the compiler's and ours of plugin.json, as readable text, source text escaped. Default: dropped. */
  readonly onWarning?: ((text: string) => void) | undefined;
}

export interface CompileResult {
  /** Absolute path of the package that was written. */
  readonly path: string;
  /** The package. */
  readonly bytes: Uint8Array;
  /** plugin.json, completed with what the build knows. */
  readonly manifest: Manifest;
}

const OPTION_NAMES = new Set(['out', 'onProgress', 'onWarning']);

/**
 * Compile a plugin project and write its package.
 *
 * Runs the project's own compiler plugins if its configuration names any, as every build does: compile only source that
 * you would also run.
 *
 * @param dir - folder with `plugin.json` and the source.
 * @throws PluginError `COMPILE_FAILED` with the compiler's diagnostics, `MANIFEST_INVALID`, `TOOLCHAIN_MISSING`, `IO_FAILED`;
 *   then nothing was written. TypeError on an unknown option.
 */
export async function compileProject(dir: string, options: CompileOptions = {}): Promise<CompileResult> {
  const unknown = Object.keys(options).filter((name) => !OPTION_NAMES.has(name));
  if (unknown.length > 0) {
    throw new TypeError(`compileProject() does not take ${unknown.join(', ')}`);
  }
  const { out, onProgress = () => {}, onWarning = () => {} } = options;
  const project = await openProject(dir);
  const path = out === undefined ? project.defaultOutput : resolve(out);
  await checkOutput(path);

  onProgress('compile');
  const core = await compileSource(project, onWarning);
  onProgress('componentize');
  const component = await componentizeWithMap(core, project.dir);
  const interfaces = describeComponent(component);
  checkComponent(interfaces, core.hooks);
  for (const text of checkManifest(project.manifest, interfaces)) {
    onWarning(text);
  }
  onProgress('pack');
  const manifest: Manifest = { ...project.manifest, sdk: { lang: project.language, version: core.sdkVersion } };
  const bytes = packPlugin({ component, manifest });
  await writeOutput(path, bytes);
  return { path, bytes, manifest };
}

function compileSource(project: Project, onWarning: (text: string) => void): Promise<CoreModule> {
  switch (project.language) {
    case 'assemblyscript':
      return compileAssemblyScript(project.dir, onWarning);
  }
}

/**
 * The map goes into the module, and with it into the component and the package: what other hosts and tools do not know, they skip.
 *
 * It counts bytes of the module as it was compiled. Tools that lay it out anew would make it lie, so then it is left out.
 */
async function componentizeWithMap({ bytes, sourceMap }: CoreModule, projectDir: string): Promise<Uint8Array> {
  if (sourceMap === undefined) {
    return componentize(bytes, projectDir);
  }
  const component = await componentize(withSourceMapUrl(bytes, toDataUrl(formatSourceMap(sourceMap))), projectDir);
  return Buffer.from(component).includes(Buffer.from(upToCode(bytes))) ? component : componentize(bytes, projectDir);
}

/** What was just built must be readable by the host that will run it. */
function checkComponent({ exports }: Interfaces, hooks: readonly string[]): void {
  const missing = hooks.filter((id) => !exports.includes(id));
  if (missing.length > 0) {
    throw new PluginError(
      'HOST_BUG',
      `Cannot use the component that was built: it does not export ${missing.join(', ')}`,
    );
  }
}
