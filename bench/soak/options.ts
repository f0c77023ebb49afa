import { parseArgs } from 'node:util';
import { PARTS, type PartName, type PartOptions } from './part.js';

/** Options of the soak. */
export interface SoakOptions {
  readonly parts: readonly PartOptions[];
  readonly output: 'text' | 'json' | 'markdown';
}

const DEFAULTS = { calls: 10_000_000, instances: 100_000, minutes: 60 };

const HELP = `Hours of work for one process each, to see that nothing grows and nothing is left.

  --part NAME      calls, instances or crashing; may be given again (default: all, one after the other)
  --calls N        calls on one instance (default ${DEFAULTS.calls})
  --instances N    instances made and dropped (default ${DEFAULTS.instances})
  --minutes N      minutes of plugins that crash, in a pool (default ${DEFAULTS.minutes})
  --json           everything, as JSON
  --markdown       the tables as Markdown

An interrupt ends the part that runs, and what it has until then is reported.
`;

/** Read the command line; print the usage and end the process where it cannot be read. */
export function readSoakOptions(args: readonly string[]): SoakOptions {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        part: { type: 'string', multiple: true, default: [...PARTS] },
        calls: { type: 'string', default: String(DEFAULTS.calls) },
        instances: { type: 'string', default: String(DEFAULTS.instances) },
        minutes: { type: 'string', default: String(DEFAULTS.minutes) },
        json: { type: 'boolean', default: false },
        markdown: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    });
    if (values.help) {
      process.stdout.write(HELP);
      process.exit(0);
    }
    const amounts = {
      calls: positive('calls', values.calls),
      instances: positive('instances', values.instances),
      crashing: positive('minutes', values.minutes),
    };
    return {
      parts: values.part.map(partName).map((part) => ({ part, amount: amounts[part] })),
      output: values.json ? 'json' : values.markdown ? 'markdown' : 'text',
    };
  } catch (error) {
    process.stderr.write(`ERROR:   ${error instanceof Error ? error.message : String(error)}\n${HELP}`);
    process.exit(2);
  }
}

function partName(name: string): PartName {
  const known = PARTS.find((part) => part === name);
  if (known === undefined) {
    throw new TypeError(`--part must be one of ${PARTS.join(', ')}, not ${name}`);
  }
  return known;
}

function positive(name: string, text: string): number {
  const value = Number(text);
  if (!(value > 0 && Number.isFinite(value))) {
    throw new TypeError(`--${name} must be a number above 0, not ${text}`);
  }
  return value;
}
