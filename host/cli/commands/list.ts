import type { InstalledPlugin } from '../../store/index.js';
import type { RunCommand } from '../context.js';
import { EXIT_OK } from '../exit-code.js';
import { failed } from '../failure.js';
import type { Stores, StoresContent } from '../stores.js';
import { formatPluginList, formatTable } from '../terminal/table.js';
import { shortHook } from './hook-names.js';
import { printJson } from './print-json.js';
import { recordJson } from './record-json.js';

/** `list`: upstream's table; `--long` and `--json` say more, those hidden behind another store's at the end. */
export const run: RunCommand = async (context, { options }) => {
  const { io, stores, log } = context;
  const { plugins, shadowed, problems } = read(stores);
  for (const { error } of problems) log.warning(error.message);
  if (options.has('json')) {
    printJson(io, [
      ...plugins.map((plugin) => recordJson(plugin, false)),
      ...shadowed.map((plugin) => recordJson(plugin, true)),
    ]);
  } else if (options.has('long') && plugins.length > 0) {
    io.stdout.write(longList(plugins, shadowed));
  } else {
    io.stdout.write(formatPluginList(plugins.map(({ record }) => record)));
  }
  return EXIT_OK;
};

function read(stores: Stores): StoresContent {
  try {
    return stores.read();
  } catch (error) {
    throw failed('Failed to get a list of installed plugins', error);
  }
}

function longList(plugins: readonly InstalledPlugin[], shadowed: readonly InstalledPlugin[]): string {
  return formatTable(
    [
      { title: 'ENABLED', align: 'right' },
      { title: 'NAME' },
      { title: 'VERSION' },
      { title: 'ORDER', align: 'right' },
      { title: 'STORE' },
      { title: 'HOOKS' },
    ],
    [...plugins, ...shadowed].map((plugin, index) => row(plugin, index >= plugins.length)),
  );
}

function row({ record, store }: InstalledPlugin, hidden: boolean): string[] {
  return [
    record.enabled ? 'yes' : 'no',
    record.name,
    record.version,
    String(record.order),
    hidden ? `${store.kind}, hidden` : store.kind,
    record.hooks.map(shortHook).join(', '),
  ];
}
