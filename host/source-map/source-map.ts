/** The three parts of a source map that positions need. ECMA-426, section "Source map format". */

export interface SourceMap {
  /** Names of files as the compiler knows them. */
  readonly sources: readonly string[];
  /** For `MappingsReader`. */
  readonly mappings: string;
}

/** @returns undefined for anything but a map of one generated file: positions are a help, and their lack no failure. */
export function parseSourceMap(json: string): SourceMap | undefined {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch {
    return undefined;
  }
  if (typeof value !== 'object' || value === null) {
    return undefined;
  }
  const { version, sources, mappings } = value as Readonly<Record<string, unknown>>;
  return version === 3 && typeof mappings === 'string' && Array.isArray(sources) ? { sources, mappings } : undefined;
}

/** Without the text of the sources, which can be twenty times as long as the rest. */
export function formatSourceMap({ sources, mappings }: SourceMap): string {
  return JSON.stringify({ version: 3, sources, names: [], mappings });
}
