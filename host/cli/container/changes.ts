import type { OwnedChange } from '../../dispatch/index.js';
import { escapeControls } from '../../errors/index.js';

const MAX_VALUE_CHARS = 200;

/** Who changed what, one line each: `example.com/foo: mounts[/etc/slurm]: nothing -> {…}`. */
export function formatChanges(changes: readonly OwnedChange[]): string[] {
  return changes.map(({ plugin, thing, before, after, appended }) => {
    const what = appended ? `adds ${shown(after)}` : `${shown(before)} -> ${shown(after)}`;
    return escapeControls(`${plugin}: ${thing}: ${what}`);
  });
}

function shown(value: unknown): string {
  if (value === undefined) return 'nothing';
  const text = JSON.stringify(value);
  return text.length > MAX_VALUE_CHARS ? `${text.slice(0, MAX_VALUE_CHARS)}…` : text;
}
