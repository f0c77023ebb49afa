import type { CommandContext, RunCommand } from '../context.js';
import { EXIT_OK } from '../exit-code.js';
import { failed } from '../failure.js';
import type { ParsedBuiltin } from '../program/parsed.js';
import { readVersion } from '../version.js';
import { printJson } from './print-json.js';

/** `version`: the bare number, as upstream. Plugins that take part in it come before and after. */
export const run: RunCommand = async (context, parsed) => {
  const concerned = context.stores
    .summaries()
    .plugins.some(({ enabled, contributes }) => enabled && takesPart(contributes.phases, contributes.flags));
  if (!concerned) {
    print(context, parsed);
    return EXIT_OK;
  }
  const { withPhases } = await import('./phases.js');
  return withPhases(context, parsed, {}, async () => {
    print(context, parsed);
    return EXIT_OK;
  }).catch((error: unknown) => {
    throw failed('Failed to print the version', error);
  });
};

function takesPart(
  phases: readonly { readonly command: string }[],
  flags: readonly { readonly commands?: readonly string[] | undefined }[],
): boolean {
  return (
    phases.some(({ command }) => command === 'version' || command === '*') ||
    flags.some(({ commands }) => commands?.includes('version') === true)
  );
}

function print({ io }: CommandContext, { options }: ParsedBuiltin): void {
  if (options.has('json')) printJson(io, { version: readVersion(), node: process.version });
  else io.stdout.write(`${readVersion()}\n`);
}
