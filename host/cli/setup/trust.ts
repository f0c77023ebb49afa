import { changeableByOthers } from '../../engine/index.js';
import { quote } from '../../errors/index.js';
import type { SetupFacts } from './plan.js';

/**
 * What of a setup other users could change: they would decide what every container's start runs, with the rights of whoever starts it.
 *
 * @returns a sentence for each file or folder.
 */
export function othersCanChange({
  program,
  runtime,
  folder,
  config,
}: Pick<SetupFacts, 'program' | 'runtime' | 'folder' | 'config'>): string[] {
  const found = [...program, runtime, folder, config].flatMap(find);
  return [...new Set(found)].map((path) => `other users can change ${quote(path, 4096)}, and so what containers start`);
}

/** What cannot be looked at is not there for us: whoever starts it will say so. */
function find(path: string): string[] {
  try {
    const found = changeableByOthers(path);
    return found === undefined ? [] : [found];
  } catch {
    return [];
  }
}
