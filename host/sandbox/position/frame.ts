/** One level of a guest's stack, in terms of what its author wrote. All text is escaped and cut. Plain data. */
export interface Frame {
  /** Index of the core module in the component. */
  readonly module: number;
  /** As its author called it; undefined where no name is known, or where the code was inlined from another function. */
  readonly function: string | undefined;
  /** `file/name` of the author's function that code of the library was inlined into. */
  readonly within?: string | undefined;
  /** `file:line:column` from the module's source map, counted from 1. */
  readonly source: string | undefined;
  /** In bytes of the author's module. */
  readonly offset: number;
  /** The same from the beginning of the code section's contents, as DWARF counts. */
  readonly codeOffset: number;
}

export const LIBRARY = '~lib/';

/** Whether a file, or a function with its file, is of a package or of the standard library: so AssemblyScript's compiler calls those. */
export function isLibrary(name: string): boolean {
  return name.startsWith(LIBRARY);
}
