/**
 * Names by which V8's stacks say which core module a frame belongs to.
 *
 * V8 prints `at <module>.<function> (wasm://wasm/<module>-<hash>:wasm-function[<index>]:0x<offset>)`, where the module's name comes from
 * its name section. The rewritten module gets one of these names instead of its author's.
 */

/**
 * @param component - hexadecimal digits that tell compiled components apart: where plugins call each other, one stack has frames
 *   of several.
 * @param index - of the core module in its component.
 */
export function moduleName(component: string, index: number): string {
  return `core-${index}-${component}`;
}
