import type { InstalledPlugin, StoreProblem } from '../../store/index.js';
import type { RunCommand } from '../context.js';
import { EXIT_OK } from '../exit-code.js';
import { failed } from '../failure.js';
import type { CliIo } from '../io.js';
import type { StoresContent, StoresSummaries } from '../stores.js';
import { formatPluginList, formatTable } from '../terminal/table.js';
import { shortHook } from './hook-names.js';
import { printJson } from './print-json.js';
import { recordJson } from './record-json.js';

/** `list`: upstream's table; `--long` and `--json` say more, those hidden behind another store's at the end. */
export const run: RunCommand = async ({ io, stores, log }, { options }) => {
  try {
    const detailed = options.has('json') || options.has('long');
    const problems = detailed
      ? printDetails(io, stores.read(), options.has('json'))
      : printTable(io, stores.summaries());
    for (const { error } of problems) log.warning(error.message);
    return EXIT_OK;
  } catch (error) {
    throw failed('Failed to get a list of installed plugins', error);
  }
};

function printTable(io: CliIo, { plugins, problems }: StoresSummaries): readonly StoreProblem[] {
  io.stdout.write(formatPluginList(plugins));
  return problems;
}

function printDetails(
  io: CliIo,
  { plugins, shadowed, problems }: StoresContent,
  json: boolean,
): readonly StoreProblem[] {
  if (json) {
    const hidden = shadowed.map((plugin) => recordJson(plugin, true));
    printJson(io, [...plugins.map((plugin) => recordJson(plugin, false)), ...hidden]);
  } else {
    io.stdout.write(plugins.length === 0 ? formatPluginList([]) : longList(plugins, shadowed));
  }
  return problems;
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
