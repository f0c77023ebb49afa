/** A trap's stack -> where in the guest's source it happened. */
import { escapeControls } from '../../errors/index.js';
import { findPositions, fromDataUrl, parseSourceMap, type SourcePosition } from '../../source-map/index.js';
import { NO_ORIGIN, OffsetMap } from '../meter/offset-map.js';
import { type Frame, isLibrary } from './frame.js';
import type { ModulePositions } from './module-positions.js';
import { readStackFrames, type StackFrame } from './stack-frames.js';

const MAX_FRAMES = 10;
const MAX_NAME_CHARS = 100;
/** Code that `compile` adds around the hooks. */
const GLUE = 'wasm-plugin-glue/';

/** A frame with what is needed to explain it. */
interface Located {
  readonly frame: StackFrame;
  readonly module: number;
  readonly positions: ModulePositions;
  readonly offset: number;
}

/**
 * Find out where a guest was when it ended.
 *
 * The work happens here and not before: source maps are decoded when there is something to explain.
 *
 * @param error - what came out of the guest. Anything without a stack of core modules gives no frames.
 * @param modules - of the guest's component, by index. Frames of other modules on the same stack are left out, and so is
 *   code that the sandbox added.
 * @returns frames, innermost first, at most ten.
 */
export function explainTrap(error: unknown, modules: readonly ModulePositions[]): readonly Frame[] {
  const located = readStackFrames(stackOf(error))
    .flatMap((frame) => locate(frame, modules))
    .slice(0, MAX_FRAMES);
  const sources = new Map<Located, SourcePosition>();
  for (const positions of new Set(located.map((item) => item.positions))) {
    const wanted = located.filter((item) => item.positions === positions);
    findIn(positions, wanted).forEach((source, i) => {
      if (source !== undefined) {
        sources.set(wanted[i]!, source);
      }
    });
  }
  return located.map((item) => frameOf(item, sources.get(item)));
}

/** Formatting a stack may run code of the embedder's, which may fail. */
function stackOf(error: unknown): string {
  try {
    const stack: unknown = error instanceof Error ? error.stack : undefined;
    return typeof stack === 'string' ? stack : '';
  } catch {
    return '';
  }
}

function locate(frame: StackFrame, modules: readonly ModulePositions[]): Located[] {
  const module = modules.findIndex(({ name }) => name === frame.module);
  const positions = modules[module];
  if (positions === undefined) {
    return [];
  }
  const { starts, origins } = positions.origins;
  const offset = new OffsetMap(starts, origins).originOf(frame.offset);
  return offset === NO_ORIGIN ? [] : [{ frame, module, positions, offset }];
}

function findIn({ sourceMap }: ModulePositions, wanted: readonly Located[]): readonly (SourcePosition | undefined)[] {
  const json =
    sourceMap && fromDataUrl(Buffer.from(sourceMap.buffer, sourceMap.byteOffset, sourceMap.length).toString());
  const map = json === undefined ? undefined : parseSourceMap(json);
  return map === undefined
    ? []
    : findPositions(
        map,
        wanted.map(({ offset }) => offset),
      );
}

function frameOf({ frame, module, positions, offset }: Located, source: SourcePosition | undefined): Frame {
  const name = frame.function && functionName(frame.function, source?.file);
  const within = inlinedInto(frame.function, source?.file);
  return {
    module,
    function: name && shown(name),
    within: within && shown(within),
    source: source && `${shown(source.file)}:${source.line}:${source.column}`,
    offset,
    codeOffset: offset - positions.codeStart,
  };
}

/**
 * AssemblyScript calls a function `<file without extension>/<name>`. The file is said anyway; and where it is another one, the code was
 * inlined from there, so that the name would point to the wrong place.
 */
function functionName(name: string, file: string | undefined): string | undefined {
  if (file === undefined) {
    return name;
  }
  const prefix = prefixOf(file);
  if (name.startsWith(prefix)) {
    return name.slice(prefix.length);
  }
  return name.includes('/') ? undefined : name;
}

/** The author's function, where the library's code was inlined into one: it is all that tells where that was. */
function inlinedInto(name: string | undefined, file: string | undefined): string | undefined {
  if (name === undefined || file === undefined || !name.includes('/')) {
    return undefined;
  }
  const isAuthors = !isLibrary(name) && !name.startsWith(GLUE);
  return isAuthors && isLibrary(file) ? name : undefined;
}

function prefixOf(file: string): string {
  return `${file.replace(/\.[^./]*$/, '')}/`;
}

function shown(text: string): string {
  return escapeControls(text.length > MAX_NAME_CHARS ? `${text.slice(0, MAX_NAME_CHARS)}…` : text);
}
