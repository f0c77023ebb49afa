/**
 * Values of contributed flags from the environment (upstream's env keys).
 *
 * A flag with the key `FOO` reads `WASM_PLUGIN_FOO`, then upstream's own `APPTAINER_FOO`, then, if it asks for bare keys, `FOO`.
 * The first name is ours and made for this. The other two may hold anything of the user's, passwords included
 * (`APPTAINER_DOCKER_PASSWORD`), so a plugin gets them only with a grant `env:NAME`: a flag must not be a way around grants.
 */
import type { FlagContribution } from '../../package/index.js';

export const ENV_PREFIX = 'WASM_PLUGIN_';
export const INHERITED_ENV_PREFIX = 'APPTAINER_';

export interface EnvironmentValue {
  readonly name: string;
  readonly text: string;
  /** What the user should know, such as two variables that disagree. */
  readonly warning?: string;
}

/**
 * Look a flag's keys up, in the order of its manifest; blank values count as unset.
 *
 * @param mayRead - whether the plugin that contributes the flag was granted this variable.
 * @returns the first hit, or undefined.
 */
export function flagFromEnvironment(
  flag: Pick<FlagContribution, 'env' | 'envBare'>,
  env: Readonly<Record<string, string | undefined>>,
  mayRead: (name: string) => boolean,
): EnvironmentValue | undefined {
  for (const key of flag.env ?? []) {
    const own = `${ENV_PREFIX}${key}`;
    const others = [`${INHERITED_ENV_PREFIX}${key}`, ...(flag.envBare === true ? [key] : [])].filter(mayRead);
    const [first, ...rest] = [own, ...others].flatMap((name) => hit(env, name));
    if (first === undefined) continue;
    const differs = rest.find(({ text }) => text !== first.text);
    return differs === undefined
      ? first
      : { ...first, warning: `${first.name} and ${differs.name} differ; ${first.name} is used` };
  }
  return undefined;
}

function hit(env: Readonly<Record<string, string | undefined>>, name: string): EnvironmentValue[] {
  const text = Object.hasOwn(env, name) ? env[name] : undefined;
  return text === undefined || text.trim() === '' ? [] : [{ name, text }];
}

/** What to parse for a flag of this kind: items of comma lists lose the spaces around them, as upstream trims them. */
export function trimForKind(kind: FlagContribution['type'], text: string): string {
  return kind === 'string-list'
    ? text
        .split(',')
        .map((item) => item.trim())
        .join(',')
    : text;
}
