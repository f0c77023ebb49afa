/**
 * A value that is made when it is asked for first.
 *
 * For tables that rewriting looks into: a process that finds its plugins' code kept never asks (kept-code.ts).
 *
 * @param make - must not answer undefined.
 */
export function once<T>(make: () => T): () => T {
  let value: T | undefined;
  return () => {
    value ??= make();
    return value;
  };
}
