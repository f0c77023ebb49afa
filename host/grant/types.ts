/** The edits of an `engine-config` answer that a grant can name; the keys of its `adjustments`. */
export const ADJUSTMENT_KEYS = [
  'mounts',
  'env',
  'hostname',
  'cwd',
  'args',
  'user',
  'annotations',
  'namespaces',
  'resources',
  'rlimits',
  'devices',
  'ociHooks',
] as const;
export type AdjustmentKey = (typeof ADJUSTMENT_KEYS)[number];

/**
 * One thing that a plugin may be allowed to do.
 *
 * Always normalised: two grants that mean the same are equal field by field, and `formatGrant` gives one text for both.
 */
export type Grant =
  /** A private key-value store. */
  | { readonly kind: 'kv' }
  /** One host variable, or with `prefix` all whose names start with `name` (which may then be empty: all of them). */
  | { readonly kind: 'env'; readonly name: string; readonly prefix: boolean }
  /** Files at and under `path`: absolute, no `.`, `..`, empty segments or final slash. Symlinks are the capability's affair. */
  | { readonly kind: 'fs'; readonly path: string; readonly mode: 'ro' | 'rw' }
  /** Requests to one host: a lower-case DNS name, an IPv4 address, or an IPv6 address in brackets. */
  | { readonly kind: 'http'; readonly host: string; readonly port: number }
  /** One kind of adjustment of the container's config. */
  | { readonly kind: 'config'; readonly adjustment: AdjustmentKey }
  /** A place in the container's config that JSON Patches may touch, as decoded pointer segments; at least one. */
  | { readonly kind: 'config-pointer'; readonly segments: readonly string[] }
  /** Signals to the plugin's own container. */
  | { readonly kind: 'process'; readonly action: 'signal' }
  /** Random-access read of the image that an image driver is asked about. */
  | { readonly kind: 'image' }
  /** Creating entries of the new root that an image driver unpacks. */
  | { readonly kind: 'rootfs' };
