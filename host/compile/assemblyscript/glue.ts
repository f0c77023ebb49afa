/**
 * The AssemblyScript source that `compile` puts around an author's hooks: one core function for each hook, made of the
 * SDK's `assembly/glue.ts`. It lives in the compiler's memory only, beside the entry file.
 */
import type { FoundHook, Shape } from './find-hooks.js';

/** Shown in diagnostics, and nowhere else. */
export const GLUE_FILE = 'wasm-plugin-glue.ts';

export const SDK_PACKAGE = '@wasm-plugin/assemblyscript';

/** Name of the core function for the hook at `index`, until it is renamed to its interface id. */
export function hookFunction(index: number): string {
  return `hook${index}`;
}

export const POST_RETURN = 'postReturn';
export const REALLOC = 'cabi_realloc';

/** @param found - in the order in which `hookFunction` numbers them. */
export function glueSource(found: readonly FoundHook[]): string {
  const classes = new Set(
    found
      .flatMap(({ request, response }) => [request, response])
      .flatMap((shape) => (shape.kind === 'message' ? [shape.className] : [])),
  );
  const lines = [
    `export { cabi_realloc, postReturn } from "${SDK_PACKAGE}/assembly/glue";`,
    `import { closeRequest, hasFailed, openRequest, sendBytes, sendEmpty, sendFailure, sendResponse, takeBytes, Value, Writer } from "${SDK_PACKAGE}/assembly/glue";`,
    // These are only there for their `@global` functions, which stand in for what a browser or Node would provide.
    `import "${SDK_PACKAGE}/assembly/globals";`,
  ];
  if (classes.size > 0) {
    lines.push(`import { ${[...classes].join(', ')} } from "${SDK_PACKAGE}";`);
  }
  found.forEach((hook, index) => {
    lines.push(`import { ${hook.exportName} as author${index} } from "./${hook.module}";`);
  });
  found.forEach((hook, index) => {
    lines.push(...hookLines(hook, index));
  });
  return `${lines.join('\n')}\n`;
}

function hookLines({ request, response }: FoundHook, index: number): string[] {
  const call = `author${index}(${request.kind === 'nothing' ? '' : 'request'})`;
  return [
    `export function ${hookFunction(index)}(ptr: usize, len: usize): usize {`,
    ...requestLines(request).map((line) => `  ${line}`),
    `  ${response.kind === 'nothing' ? '' : 'const response = '}${call};`,
    '  if (hasFailed()) return sendFailure();',
    ...responseLines(response).map((line) => `  ${line}`),
    '}',
  ];
}

function requestLines(shape: Shape): string[] {
  if (shape.kind === 'bytes') {
    return ['const request = takeBytes(ptr, len);'];
  }
  const open = 'const reader = openRequest(ptr, len);';
  const close = 'if (!closeRequest(reader, ptr)) return sendFailure();';
  if (shape.kind === 'nothing') {
    return [open, 'reader.skip();', close];
  }
  const className = shape.kind === 'value' ? 'Value' : shape.className;
  return [open, `const request = ${className}.decode(reader);`, close];
}

function responseLines(shape: Shape): string[] {
  switch (shape.kind) {
    case 'bytes':
      return ['return sendBytes(response);'];
    case 'nothing':
      return ['return sendEmpty();'];
    case 'value':
    case 'message':
      return ['const writer = new Writer();', 'response.encode(writer);', 'return sendResponse(writer);'];
  }
}
