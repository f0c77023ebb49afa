/** What podman needs: a drop-in of containers.conf that names the runtime, or a hook file for `--hooks-dir`. */
import { join } from 'node:path';
import { MARK } from '../../shim/index.js';
import type { Plan, SetupFacts } from './plan.js';
import { HOOK_NAME, hookProgram, PRECREATE_NAME, programs, READABLE, RUNTIME_NAME } from './plan.js';

/** podman's own lists (4.3); a drop-in replaces a list, so ours has to hold what was there. */
const SUPPORTS = {
  json: ['crun', 'runc', 'kata', 'runsc', 'youki', 'krun'],
  nocgroup: ['crun', 'krun'],
} as const;

/**
 * @param existing - texts of the configuration that podman reads before the drop-in, in its order.
 */
export function planPodman(facts: SetupFacts, existing: readonly string[]): Plan {
  const [entry, hook] = programs(facts);
  const list = (name: 'json' | 'nocgroup') => {
    const before = existing
      .map((text) => listIn(text, `runtime_supports_${name}`))
      .findLast((one) => one !== undefined);
    return [...new Set([...(before ?? SUPPORTS[name]), RUNTIME_NAME])].map(tomlText).join(', ');
  };
  const text = `${MARK}
[engine]
runtime_supports_json = [${list('json')}]
runtime_supports_nocgroup = [${list('nocgroup')}]

[engine.runtimes]
${RUNTIME_NAME} = [${tomlText(entry.path)}]
`;
  return {
    files: [entry, hook, { path: join(facts.config, `${RUNTIME_NAME}.conf`), text, mode: READABLE }],
    next: [`podman --runtime ${RUNTIME_NAME} run --rm IMAGE COMMAND`],
  };
}

/** The way that leaves the runtime as it is: podman lets a program change the config of every container it creates. */
export function planPrecreate(facts: SetupFacts): Plan {
  const hook = hookProgram(facts, PRECREATE_NAME);
  const file = {
    version: '1.0.0',
    hook: { path: hook.path, args: [HOOK_NAME, 'precreate'] },
    when: { always: true },
    stages: ['precreate'],
  };
  const folder = join(facts.folder, 'hooks.d');
  return {
    files: [
      hook,
      { path: join(folder, `${RUNTIME_NAME}.json`), text: `${JSON.stringify(file, null, 2)}\n`, mode: READABLE },
    ],
    next: [`podman --hooks-dir ${folder} run --rm IMAGE COMMAND`],
  };
}

/** A string of TOML, which takes JSON's escapes. */
export function tomlText(text: string): string {
  return JSON.stringify(text);
}

/** A list of strings in a file of TOML, as far as one can tell without a parser; undefined if it has none. */
function listIn(text: string, key: string): string[] | undefined {
  const body = new RegExp(`^[ \\t]*${key}[ \\t]*=[ \\t]*\\[([^\\]]*)\\]`, 'm').exec(text)?.[1];
  if (body === undefined) return undefined;
  const items = body.replace(/#.*$/gm, '').matchAll(/"([^"\\]*)"|'([^']*)'/g);
  return [...items].map(([, double, single]) => double ?? single ?? '');
}
