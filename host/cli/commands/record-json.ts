import type { InstalledPlugin } from '../../store/index.js';

/**
 * One installed plugin for `--json`. Keys are API: add, never rename.
 *
 * @param shadowed - hidden behind a plugin of the same name in another store.
 */
export function recordJson({ record, store }: InstalledPlugin, shadowed: boolean): object {
  return {
    name: record.name,
    version: record.version,
    enabled: record.enabled,
    description: record.description,
    author: record.author,
    digest: record.digest,
    hooks: record.hooks,
    grants: record.grants,
    order: record.order,
    optional: record.optional,
    overrides: record.overrides,
    ...(record.monitor === undefined ? {} : { monitor: record.monitor }),
    contributes: record.contributes,
    settings: record.settings,
    installed: record.installed,
    previous: record.previous,
    store: { kind: store.kind, root: store.root },
    shadowed,
  };
}
