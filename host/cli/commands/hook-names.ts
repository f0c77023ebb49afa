/** Short names of our own hooks, `engine-config` for `wasm-plugin:hook/engine-config@1.0.0`, without loading their schemas. */
const OWN_HOOK = /^wasm-plugin:hook\/([a-z0-9-]+)@/;

/** The name to show: short for a hook of ours, the whole id for an embedder's. */
export function shortHook(id: string): string {
  return OWN_HOOK.exec(id)?.[1] ?? id;
}
