/** The OCI hooks through which we hear of a container's start and end under another engine. */
interface Hooked {
  readonly hooks?: Readonly<Record<string, unknown>> | undefined;
}

/**
 * Take out what an earlier `create` of the same bundle put in.
 *
 * @param program - absolute path of our hook program.
 */
export function withoutOwnHooks<Config extends Hooked>(config: Config, program: string): Config {
  // Nobody has looked yet whether it is an object.
  const hooks = (config as Config | null)?.hooks;
  if (typeof hooks !== 'object' || hooks === null) {
    return config;
  }
  const isOwn = (hook: unknown) => (hook as { path?: unknown } | null)?.path === program;
  if (!Object.values(hooks).some((list) => Array.isArray(list) && list.some(isOwn))) {
    return config;
  }
  const kept = Object.entries(hooks).map(([stage, list]) => [
    stage,
    Array.isArray(list) ? list.filter((hook) => !isOwn(hook)) : list,
  ]);
  return { ...config, hooks: Object.fromEntries(kept) };
}

/**
 * Add ours: `poststart` before everybody else's, because a veto is to be heard first, and `poststop` last.
 *
 * @param state - path of the run's state file, which the program is told.
 */
export function withOwnHooks<Config extends Hooked>(config: Config, program: string, state: string): Config {
  const hook = (stage: string) => ({ path: program, args: ['wasm-plugin-hook', stage, state] });
  const list = (stage: string) => (config.hooks?.[stage] ?? []) as readonly unknown[];
  return {
    ...config,
    hooks: {
      ...config.hooks,
      poststart: [hook('poststart'), ...list('poststart')],
      poststop: [...list('poststop'), hook('poststop')],
    },
  };
}
