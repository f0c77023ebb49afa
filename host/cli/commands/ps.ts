import { join } from 'node:path';
import type { Instance } from '../../engine/index.js';
import { LOG_NAME, listInstances, statusOf } from '../../engine/index.js';
import { instanceBase } from '../container/detach.js';
import type { RunCommand } from '../context.js';
import { EXIT_OK } from '../exit-code.js';
import { failed } from '../failure.js';
import { formatTable } from '../terminal/table.js';
import { printJson } from './print-json.js';

/** Of the command in the table; JSON has it all. */
const MAX_COMMAND_COLUMNS = 40;

/** `ps`: this user's detached containers. */
export const run: RunCommand = async ({ io }, { options }) => {
  try {
    const all = listInstances(instanceBase(io));
    const shown = options.has('all') ? all : all.filter(({ record }) => record.exit === undefined);
    if (options.has('json')) printJson(io, shown.map(asJson));
    else io.stdout.write(asTable(shown));
    return EXIT_OK;
  } catch (error) {
    throw failed('Failed to list containers', error);
  }
};

function asJson({ folder, record }: Instance) {
  const { id, image, command, engine, init, supervisor, createdAt, exit } = record;
  return {
    name: id,
    image,
    command,
    engine: engine ?? null,
    pid: init?.pid ?? null,
    supervisor: supervisor.pid,
    started: new Date(createdAt).toISOString(),
    status: statusOf(record),
    exitCode: exit?.code ?? null,
    ended: exit === undefined ? null : new Date(exit.at).toISOString(),
    log: join(folder, LOG_NAME),
  };
}

function asTable(instances: readonly Instance[]): string {
  return formatTable(
    [
      { title: 'NAME' },
      { title: 'IMAGE' },
      { title: 'COMMAND' },
      { title: 'ENGINE' },
      { title: 'PID', align: 'right' },
      { title: 'STARTED' },
      { title: 'STATUS' },
    ],
    instances.map(({ record }) => {
      const { id, image, command, engine = '', init, createdAt, exit } = record;
      const status = statusOf(record);
      return [
        id,
        image,
        shorten(command.join(' ')),
        engine,
        status === 'running' ? String(init?.pid) : '',
        `${new Date(createdAt).toISOString().slice(0, 19)}Z`,
        exit === undefined ? status : `${status} (${exit.code})`,
      ];
    }),
  );
}

function shorten(text: string): string {
  return text.length > MAX_COMMAND_COLUMNS ? `${text.slice(0, MAX_COMMAND_COLUMNS - 1)}…` : text;
}
