/**
 * Which exported functions of an AssemblyScript program are hooks.
 *
 *   export function engineConfig(…)                      a hook of ours, known by its name
 *   @hook("acme:score/score@1.0.0") export function …    an embedder's hook, known by its decorator
 *
 * Works on the parsed program, before anything is resolved: names and type annotations as they are written.
 */
import { hooks, parseInterfaceId } from '../../abi/index.js';
import type {
  Decorator,
  Enums,
  ExportStatement,
  FunctionDeclaration,
  NamedType,
  Node,
  Parser,
  Source,
  StringLiteral,
} from './syntax.js';

/** How a hook's message and the author's function meet. */
export type Shape =
  /** A generated class of the SDK, such as `EngineConfigRequest`. */
  | { readonly kind: 'message'; readonly className: string }
  | { readonly kind: 'bytes' }
  | { readonly kind: 'value' }
  /** No parameter, or `void`. */
  | { readonly kind: 'nothing' };

export interface FoundHook {
  /** Full interface id. */
  readonly id: string;
  /** File of the entry that exports the function: path without extension. */
  readonly module: string;
  /** Name under which the entry exports it. */
  readonly exportName: string;
  readonly request: Shape;
  readonly response: Shape;
}

/** `EngineConfigRequest` -> `engineConfig`: who takes such a parameter meant to write that hook. */
const HOOK_OF_REQUEST: ReadonlyMap<string, string> = new Map(
  Object.keys(hooks).map((name) => [`${name.charAt(0).toUpperCase()}${name.slice(1)}Request`, name]),
);

const HOOK_NAMES: ReadonlyMap<string, string> = new Map(Object.entries(hooks).map(([name, hook]) => [name, hook.id]));

/** The names that make an exported function a hook, for messages. */
export const hookNames: readonly string[] = [...HOOK_NAMES.keys()];

/** A name without what separates its words: `engine_config`, `engineconfig` and `EngineConfig` mean one hook. */
function bare(name: string): string {
  return name.replaceAll('_', '').toLowerCase();
}

export interface FoundHooks {
  readonly hooks: readonly FoundHook[];
  /** How many mistakes were reported to the parser. */
  readonly mistakes: number;
  /** What to rename: exported functions that take a hook's request, or are nearly called like one. */
  readonly misspelt: readonly { readonly name: string; readonly meant: string }[];
}

/**
 * Find them. Mistakes that the author can make (a hook that is not exported, two functions for one hook, a wrong id, a type
 * that no message has) are reported to `parser`, so that they look like the compiler's own.
 *
 * Takes `@hook` off the functions that have it: AssemblyScript does not know that decorator.
 */
export function findHooks(parser: Parser, enums: Enums): FoundHooks {
  const found = new Map<string, FoundHook>();
  const finder = new HookFinder(parser, enums);
  for (const source of parser.sources) {
    if (source.sourceKind !== enums.SourceKind.UserEntry) {
      continue;
    }
    for (const { hook, declaration } of finder.hooksOf(source)) {
      if (found.has(hook.id)) {
        finder.report(
          declaration.name,
          `Two functions are exported for hook ${hook.id}; a plugin has one for each hook`,
        );
      }
      found.set(hook.id, hook);
    }
  }
  finder.reportUnexported();
  return { hooks: [...found.values()], mistakes: finder.mistakes, misspelt: finder.misspelt };
}

interface Export {
  readonly name: string;
  readonly declaration: FunctionDeclaration;
}

class HookFinder {
  mistakes = 0;
  readonly misspelt: { name: string; meant: string }[] = [];
  /** `@hook` decorators that no export of an entry has led to yet. */
  private readonly pending = new Map<FunctionDeclaration, Decorator>();
  private readonly decorated = new Map<FunctionDeclaration, Decorator>();

  constructor(
    private readonly parser: Parser,
    private readonly enums: Enums,
  ) {
    for (const source of parser.sources) {
      for (const statement of source.statements) {
        if (statement.kind === enums.NodeKind.FunctionDeclaration) {
          this.takeDecorator(statement as FunctionDeclaration);
        }
      }
    }
  }

  report(node: Node, message: string): void {
    this.mistakes++;
    this.parser.error(this.enums.DiagnosticCode.User_defined_0, node.range, message);
  }

  reportUnexported(): void {
    for (const decorator of this.pending.values()) {
      this.report(decorator, 'A hook must be exported from the entry file');
    }
  }

  *hooksOf(entry: Source): Generator<{ hook: FoundHook; declaration: FunctionDeclaration }> {
    for (const { name, declaration } of this.exportsOf(entry, new Set())) {
      const decorator = this.decorated.get(declaration);
      this.pending.delete(declaration);
      const standardId = HOOK_NAMES.get(name);
      const place = { module: entry.internalPath, exportName: name };
      if (decorator !== undefined) {
        const id = this.idOf(decorator);
        if (id !== undefined) {
          yield { hook: { id, ...place, ...this.freeShapes(declaration) }, declaration };
        }
      } else if (standardId !== undefined) {
        yield { hook: { id: standardId, ...place, ...this.standardShapes(name, declaration) }, declaration };
      } else {
        this.warnOfMisspelling(name, declaration);
      }
    }
  }

  /** A helper may be exported and take a request as well, so this is no error. */
  private warnOfMisspelling(name: string, declaration: FunctionDeclaration): void {
    const { parameters } = declaration.signature;
    const type = parameters.length === 1 && parameters[0] !== undefined ? this.typeName(parameters[0].type) : undefined;
    const alike = hookNames.find((hook) => bare(hook) === bare(name));
    const meant = alike ?? HOOK_OF_REQUEST.get(type ?? '');
    if (meant !== undefined) {
      const why = alike === undefined ? `the hook that takes ${type} is "${meant}"` : `the hook is "${meant}"`;
      this.misspelt.push({ name, meant });
      this.parser.warning(
        this.enums.DiagnosticCode.User_defined_0,
        declaration.name.range,
        `"${name}" is no hook and will not be called: ${why}`,
      );
    }
  }

  private takeDecorator(declaration: FunctionDeclaration): void {
    const decorator = declaration.decorators?.find((item) => item.name.text === 'hook');
    if (decorator !== undefined) {
      declaration.decorators = declaration.decorators?.filter((item) => item !== decorator) ?? null;
      this.pending.set(declaration, decorator);
      this.decorated.set(declaration, decorator);
    }
  }

  /** Exported functions of a file; re-exports from other files are followed. */
  private *exportsOf(source: Source, seen: Set<Source>): Generator<Export> {
    if (seen.has(source)) {
      return;
    }
    seen.add(source);
    const { NodeKind, CommonFlags } = this.enums;
    for (const statement of source.statements) {
      if (statement.kind === NodeKind.FunctionDeclaration) {
        const declaration = statement as FunctionDeclaration;
        if ((declaration.flags & CommonFlags.Export) !== 0) {
          yield { name: declaration.name.text, declaration };
        }
      } else if (statement.kind === NodeKind.Export) {
        yield* this.reExports(source, statement as ExportStatement, seen);
      }
    }
  }

  private *reExports(source: Source, statement: ExportStatement, seen: Set<Source>): Generator<Export> {
    const from = statement.internalPath === null ? source : this.fileOf(statement.internalPath);
    if (from === undefined) {
      return;
    }
    if (statement.members === null) {
      yield* this.exportsOf(from, seen);
      return;
    }
    for (const { localName, exportedName } of statement.members) {
      const declaration = this.functionNamed(from, localName.text, new Set());
      if (declaration !== undefined) {
        yield { name: exportedName.text, declaration };
      }
    }
  }

  private functionNamed(source: Source, name: string, seen: Set<Source>): FunctionDeclaration | undefined {
    const local = source.statements.find(
      (statement) =>
        statement.kind === this.enums.NodeKind.FunctionDeclaration &&
        (statement as FunctionDeclaration).name.text === name,
    );
    if (local !== undefined) {
      return local as FunctionDeclaration;
    }
    return [...this.exportsOf(source, seen)].find((item) => item.name === name)?.declaration;
  }

  private fileOf(internalPath: string): Source | undefined {
    return this.parser.sources.find(
      (source) => source.internalPath === internalPath || source.internalPath === `${internalPath}/index`,
    );
  }

  private idOf(decorator: Decorator): string | undefined {
    const argument = decorator.args?.length === 1 ? decorator.args[0] : undefined;
    const isString =
      argument?.kind === this.enums.NodeKind.Literal &&
      (argument as StringLiteral).literalKind === this.enums.LiteralKind.String;
    const id = isString ? (argument as StringLiteral).value : '';
    if (parseInterfaceId(id) === undefined) {
      this.report(decorator, 'A hook needs its full interface id, such as @hook("acme:score/score@1.0.0")');
      return undefined;
    }
    return id;
  }

  private standardShapes(name: string, declaration: FunctionDeclaration): { request: Shape; response: Shape } {
    const className = `${name.charAt(0).toUpperCase()}${name.slice(1)}`;
    const { parameters, returnType } = declaration.signature;
    const [parameter] = parameters;
    const nothing = this.typeName(returnType) === 'void';
    const fits =
      parameters.length <= 1 &&
      (parameter === undefined || this.typeName(parameter.type) === `${className}Request`) &&
      (nothing || this.typeName(returnType) === `${className}Response`);
    if (!fits) {
      this.report(
        declaration.name,
        `Hook "${name}" is a function (request: ${className}Request): ${className}Response`,
      );
    }
    return {
      request: parameter === undefined ? { kind: 'nothing' } : { kind: 'message', className: `${className}Request` },
      response: nothing ? { kind: 'nothing' } : { kind: 'message', className: `${className}Response` },
    };
  }

  private freeShapes(declaration: FunctionDeclaration): { request: Shape; response: Shape } {
    const { parameters, returnType } = declaration.signature;
    const [parameter] = parameters;
    if (parameters.length > 1) {
      this.report(declaration.name, 'A hook takes one parameter: a Uint8Array or a Value');
    }
    return {
      request: parameter === undefined ? { kind: 'nothing' } : this.freeShape(parameter.type, 'parameter'),
      response: this.typeName(returnType) === 'void' ? { kind: 'nothing' } : this.freeShape(returnType, 'return value'),
    };
  }

  private freeShape(type: Node, what: string): Shape {
    const name = this.typeName(type);
    if (name === 'Value') {
      return { kind: 'value' };
    }
    if (name !== 'Uint8Array') {
      this.report(
        type,
        `The ${what} of an embedder's hook is a Uint8Array (the message as it is) or a Value (msgpack)`,
      );
    }
    return { kind: 'bytes' };
  }

  private typeName(type: Node): string | undefined {
    const named = type as NamedType;
    return type.kind === this.enums.NodeKind.NamedType && !named.isNullable ? named.name.identifier.text : undefined;
  }
}
