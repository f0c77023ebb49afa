/**
 * The few parts of AssemblyScript's syntax tree that finding hooks needs.
 *
 * The compiler's own type files declare its WebAssembly types as globals, which would leak into this program; these are
 * structural copies of what is read (assemblyscript 0.28, src/ast.ts and src/parser.ts).
 */

/** The enums of the `assemblyscript` module that this folder reads; looked up by name, never by number. */
export interface Enums {
  readonly NodeKind: Readonly<
    Record<'NamedType' | 'Identifier' | 'FunctionDeclaration' | 'Export' | 'Literal' | 'Call', number>
  >;
  readonly SourceKind: Readonly<Record<'User' | 'UserEntry', number>>;
  readonly CommonFlags: Readonly<Record<'Export', number>>;
  readonly LiteralKind: Readonly<Record<'String', number>>;
  readonly DiagnosticCode: Readonly<Record<'User_defined_0', number>>;
}

/** Offsets into a source, for diagnostics; opaque here. */
export type Range = object;

export interface Node {
  readonly kind: number;
  readonly range: Range;
}

export interface Identifier extends Node {
  readonly text: string;
}

export interface StringLiteral extends Node {
  readonly literalKind: number;
  readonly value: string;
}

export interface Decorator extends Node {
  readonly name: Identifier;
  readonly args: readonly Node[] | null;
}

export interface NamedType extends Node {
  readonly name: { readonly identifier: Identifier };
  readonly isNullable: boolean;
}

export interface FunctionDeclaration extends Node {
  readonly name: Identifier;
  readonly flags: number;
  decorators: Decorator[] | null;
  readonly signature: {
    readonly parameters: readonly { readonly type: Node }[];
    readonly returnType: Node;
  };
}

export interface ExportStatement extends Node {
  readonly members: readonly { readonly localName: Identifier; readonly exportedName: Identifier }[] | null;
  /** Path of the file that is re-exported from, without extension; null for `export { a }` and `export { a as b }`. */
  readonly internalPath: string | null;
}

export interface Source extends Node {
  sourceKind: number;
  /** Path without extension, relative to the project. */
  readonly internalPath: string;
  readonly normalizedPath: string;
  readonly statements: readonly Node[];
}

export interface Parser {
  readonly sources: readonly Source[];
  parseFile(text: string, path: string, isEntry: boolean): void;
  error(code: number, range: Range, message: string): void;
  warning(code: number, range: Range, message: string): void;
}
