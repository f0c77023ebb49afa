/**
 * A value that no schema describes: what a field of kind `any` holds (settings, flags, an OCI config, a plugin's state).
 *
 * Maps become objects without a prototype, so a key such as `__proto__` or `constructor` that a plugin chose is only a key.
 * Whoever copies such an object into one with a prototype loses that: spread it, or use `Object.entries`, never
 * `Object.assign({}, value)`.
 */
export type Value = null | boolean | number | string | Uint8Array | readonly Value[] | ValueObject;

/** Keys are in the order of the message, except that JavaScript puts keys that look like array indices first. */
export interface ValueObject {
  readonly [key: string]: Value;
}
