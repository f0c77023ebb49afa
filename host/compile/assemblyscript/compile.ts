/**
 * AssemblyScript project -> core module, with the compiler running in this process.
 *
 * A transform sees the program twice: parsed, to find the hooks and add the glue that speaks the core ABI; compiled, to
 * give the exports their names.
 */
import { join } from 'node:path';
import { PluginError, quote } from '../../errors/index.js';
import type { SourceMap } from '../../source-map/index.js';
import { leanSourceMap } from '../lean-source-map.js';
import { withSourceMapUrl } from '../module-sections.js';
import { loadToolchain } from '../toolchain.js';
import { type ProjectConfig, readConfig } from './config.js';
import { type Diagnostic, formatDiagnostic, isError, isWarning } from './diagnostics.js';
import { type Binaryen, type BinaryenModule, nameExports, START } from './exports.js';
import { type FoundHook, type FoundHooks, findHooks, hookNames } from './find-hooks.js';
import { GLUE_FILE, glueSource } from './glue.js';
import { openProjectFiles } from './project-files.js';
import type { Enums, Parser } from './syntax.js';

export const DEFAULT_ENTRY = 'assembly/index.ts';
const OUT_FILE = 'plugin.wasm';
const MAP_FILE = 'plugin.wasm.map';

export interface CoreModule {
  readonly bytes: Uint8Array;
  /** Where its code comes from, if the project wants that to be known. */
  readonly sourceMap: SourceMap | undefined;
  /** Interface ids of the hooks that it exports, in source order. */
  readonly hooks: readonly string[];
  readonly sdkVersion: string;
}

/** Globals of ordinary AssemblyScript that would otherwise become imports which no component can have. */
const ALIASES = ['trace', 'seed', 'console', 'Date', 'performance', 'crypto'];

/**
 * @param projectDir - absolute.
 * @param onWarning - gets the compiler's warnings, formatted.
 * @throws PluginError `COMPILE_FAILED` with the compiler's diagnostics; `TOOLCHAIN_MISSING`.
 */
export async function compileAssemblyScript(
  projectDir: string,
  onWarning: (text: string) => void,
): Promise<CoreModule> {
  const files = openProjectFiles(projectDir);
  const config = readConfig(projectDir, files);
  const { asc, enums, binaryen } = await loadCompiler(projectDir);
  const seen = new Map<string, string>();
  const diagnostics: Diagnostic[] = [];
  let bytes: Uint8Array | undefined;
  let map: string | undefined;
  let found: readonly FoundHook[] = [];

  const transform = {
    afterParse(parser: Parser) {
      const { hooks, mistakes, misspelt } = findHooks(parser, enums);
      found = hooks;
      if (found.length === 0 && mistakes === 0) {
        throw noHooks(projectDir, misspelt);
      }
      takeExports(parser, enums);
      const glue = glueSource(found);
      seen.set(GLUE_FILE, glue);
      parser.parseFile(glue, GLUE_FILE, true);
    },
    afterCompile(module: BinaryenModule) {
      nameExports(module, binaryen, found);
    },
  };

  const result = await runCompiler(asc, compilerArguments(projectDir, config), {
    transforms: [transform],
    readFile(name: string, baseDir: string) {
      const text = files.readFile(name, baseDir);
      if (text !== null) {
        seen.set(shownPath(name), text);
      }
      return text;
    },
    writeFile(name: string, contents: Uint8Array | string) {
      if (name === OUT_FILE && typeof contents !== 'string') {
        bytes = contents;
      } else if (name === MAP_FILE && typeof contents === 'string') {
        map = contents;
      }
    },
    listFiles: files.listFiles,
    stdout: { write: () => true },
    stderr: { write: () => true },
    reportDiagnostic: (diagnostic: Diagnostic) => diagnostics.push(diagnostic),
  });

  const format = (diagnostic: Diagnostic) => formatDiagnostic(diagnostic, (path) => seen.get(path));
  diagnostics.filter(isWarning).map(format).forEach(onWarning);
  const errors = diagnostics.filter(isError);
  if (result.error instanceof PluginError) {
    throw result.error;
  }
  if (errors.length > 0 || result.error !== null || bytes === undefined) {
    throw failure(errors.map(format), result.error);
  }
  return {
    bytes: withSourceMapUrl(bytes, undefined),
    sourceMap: config.sourceMap && map !== undefined ? leanSourceMap(bytes, map) : undefined,
    hooks: found.map(({ id }) => id),
    sdkVersion: files.sdkVersion,
  };
}

interface CompilerResult {
  readonly error: Error | null;
}

interface Compiler {
  /** The standard library by file name. Files of `lib` options are added to it, and stay for every later run. */
  readonly libraryFiles: Record<string, string>;
  main(args: string[], options: object): Promise<CompilerResult>;
}

/** How the compiler's diagnostics name a file that it asked for as `name`. */
function shownPath(name: string): string {
  const path = name.replaceAll('\\', '/');
  const inPackages = path.lastIndexOf('node_modules/');
  return inPackages === -1 ? path : `~lib/${path.slice(inPackages + 'node_modules/'.length)}`;
}

/** The compiler keeps a project's library files in its module until it is done, so runs wait for each other. */
let lastRun: Promise<unknown> = Promise.resolve();

/** The compiler throws for what it finds wrong in a configuration, and answers for everything else. */
function runCompiler(asc: Compiler, args: string[], options: object): Promise<CompilerResult> {
  const run = lastRun.then(async () => {
    const standard = new Set(Object.keys(asc.libraryFiles));
    try {
      return await asc.main(args, options);
    } catch (error) {
      return { error: error instanceof Error ? error : new Error(String(error)) };
    } finally {
      for (const added of Object.keys(asc.libraryFiles).filter((name) => !standard.has(name))) {
        delete asc.libraryFiles[added];
      }
    }
  });
  lastRun = run;
  return run;
}

/** Its type files describe the compiler's own WebAssembly types; see syntax.ts and exports.ts for what is used of them. */
async function loadCompiler(projectDir: string): Promise<{ asc: Compiler; enums: Enums; binaryen: Binaryen }> {
  const [asc, enums, binaryen] = await Promise.all([
    loadToolchain<Compiler>('assemblyscript/asc', projectDir),
    loadToolchain<Enums>('assemblyscript', projectDir),
    loadToolchain<{ readonly default: Binaryen }>('assemblyscript/binaryen', projectDir),
  ]);
  return { asc, enums, binaryen: binaryen.default };
}

function compilerArguments(projectDir: string, { hasEntries, usesWasi, sourceMap }: ProjectConfig): string[] {
  const aliases = (usesWasi ? [] : ALIASES).map((name) => `${name}=wasm_plugin_${name}`);
  return [
    ...(hasEntries ? [] : [DEFAULT_ENTRY]),
    '--baseDir',
    projectDir,
    '--config',
    join(projectDir, 'asconfig.json'),
    '--outFile',
    OUT_FILE,
    '--exportStart',
    START,
    // Names of functions and a map of their lines: neither changes the code.
    ...(sourceMap ? ['--debug', '--sourceMap', MAP_FILE] : []),
    // The shim's abort would print and exit; ours keeps the text for the host's error.
    ...['abort=wasm_plugin_abort', ...aliases].flatMap((alias) => ['--use', alias]),
  ];
}

/** The author's exports are the glue's business now; what it does not import, the compiler may drop. */
function takeExports({ sources }: Parser, { SourceKind }: Enums): void {
  for (const source of sources) {
    if (source.sourceKind === SourceKind.UserEntry) {
      source.sourceKind = SourceKind.User;
    }
  }
}

function noHooks(projectDir: string, misspelt: FoundHooks['misspelt']): PluginError {
  return new PluginError('COMPILE_FAILED', `Cannot compile ${quote(projectDir)}: its entry file exports no hook`, {
    hint:
      misspelt.length === 0
        ? `Export a function named ${hookNames.join(', ')}, or one with @hook("…").`
        : `Rename ${misspelt.map(({ name, meant }) => `${name} to ${meant}`).join(', ')}.`,
  });
}

function failure(diagnostics: readonly string[], error: Error | null): PluginError {
  if (diagnostics.length === 0) {
    return new PluginError('COMPILE_FAILED', `Cannot compile: ${error?.message ?? 'the compiler wrote no module'}`, {
      cause: error ?? undefined,
    });
  }
  const count = diagnostics.length === 1 ? '1 error' : `${diagnostics.length} errors`;
  return new PluginError('COMPILE_FAILED', `Cannot compile: ${count}\n${diagnostics.join('\n')}`, {
    details: { errors: diagnostics.length },
  });
}
