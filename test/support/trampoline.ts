/** The simplest OCI runtime of ours: a script that notes how it was called, and becomes a real one. */
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { findTool } from '../../host/engine/common/index.js';
import { needs } from './need.js';

export interface Trampoline {
  /** What an engine is given as its runtime. */
  readonly path: string;
  /** The arguments of every call so far, in order. */
  calls(): string[][];
  /** The config that each created container got, by its id. */
  configs(): Map<string, Record<string, unknown>>;
}

export type RealRuntime = 'crun' | 'runc';

/** The runtimes that are installed here, to make tests of. */
export function realRuntimes(): RealRuntime[] {
  return (['crun', 'runc'] as const).filter(needs);
}

/** Write a trampoline to a real runtime in a new folder. Engines call it with any environment, and perhaps without PATH. */
export function writeTrampoline(folder: string, real: RealRuntime): Trampoline {
  const notes = join(folder, 'notes');
  mkdirSync(notes, { recursive: true });
  const path = join(folder, 'runtime');
  // Without a program of its own but `cp`: an entry must be one exec for whatever does not create.
  writeFileSync(
    path,
    `#!/bin/sh
bundle=.
id=
previous=
creates=
printf '%s\\n' "$#" "$@" >> '${notes}/calls'
for argument in "$@"; do
  case $previous in --bundle | -b) bundle=$argument ;; esac
  case $argument in create | run) creates=1 ;; esac
  previous=$argument
  id=$argument
done
[ -z "$creates" ] || /bin/cp "$bundle/config.json" '${notes}/'"$id.json"
exec ${findTool(real)} "$@"
`,
  );
  chmodSync(path, 0o755);

  return {
    path,
    calls: () => (existsSync(join(notes, 'calls')) ? splitCalls(readFileSync(join(notes, 'calls'), 'utf8')) : []),
    configs: () =>
      new Map(
        readdirSync(notes)
          .filter((name) => name.endsWith('.json'))
          .map((name) => [name.slice(0, -'.json'.length), JSON.parse(readFileSync(join(notes, name), 'utf8'))]),
      ),
  };
}

/** A count of lines, then as many lines: no argument of an engine's holds a line break. */
function splitCalls(text: string): string[][] {
  const lines = text.split('\n');
  const calls: string[][] = [];
  for (let at = 0; at < lines.length - 1; at += 1 + Number(lines[at])) {
    calls.push(lines.slice(at + 1, at + 1 + Number(lines[at])));
  }
  return calls;
}
