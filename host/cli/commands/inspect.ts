import type { InstalledPlugin } from '../../store/index.js';
import type { CommandContext, RunCommand } from '../context.js';
import { EXIT_OK } from '../exit-code.js';
import { fourLines, inspectFailed } from './inspect-lines.js';
import type { Found } from './plugin-file.js';
import { findPlugin } from './plugin-file.js';

/**
 * `inspect`: upstream's four lines, from the record alone for an installed plugin. `--long` and `--json` read the package too.
 * Nothing is run.
 */
export const run: RunCommand = async (context, { args, options }) => {
  const word = args[0]!;
  try {
    const found = await findPlugin(context, word);
    const detailed = options.has('long') || options.has('json');
    if (found.kind === 'installed' && !detailed) context.io.stdout.write(fourLines(found.plugin.record));
    else await inspectPackage(context, found, options.has('json'), options.has('long'));
    return EXIT_OK;
  } catch (error) {
    throw inspectFailed(word, error);
  }
};

async function inspectPackage({ io }: CommandContext, found: Found, json: boolean, long: boolean): Promise<void> {
  const [{ readPackage }, details] = await Promise.all([
    import('../../package/index.js'),
    import('./inspect-details.js'),
  ]);
  const plugin: InstalledPlugin | undefined = found.kind === 'installed' ? found.plugin : undefined;
  const bytes = found.kind === 'file' ? found.bytes : found.plugin.store.readPackage(found.plugin.record);
  const content = readPackage(bytes);
  if (json) {
    const { printJson } = await import('./print-json.js');
    printJson(io, details.packageJson(content, bytes.byteLength, plugin));
    return;
  }
  io.stdout.write(fourLines(content.manifest));
  if (long) io.stdout.write(details.longLines(content, bytes.byteLength, plugin));
}
