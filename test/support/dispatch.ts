import { type CommandCall, createDispatcher, type Dispatcher, type PluginEntry } from '../../host/dispatch/index.js';
import { createHost, type LogLine } from '../../host/index.js';

/** A dispatcher over these plugins, with all that it told anybody in `lines`. */
export interface TestDispatcher extends Dispatcher {
  /** Log lines as `level text`, and warnings as `warning text`. */
  readonly lines: string[];
}

export async function dispatcherOver(
  plugins: readonly PluginEntry[],
  env: Readonly<Record<string, string>> = {},
): Promise<TestDispatcher> {
  const lines: string[] = [];
  const host = await createHost({
    env: (name) => (Object.hasOwn(env, name) ? env[name] : undefined),
    log: ({ level, text }: LogLine) => lines.push(`${level} ${text}`),
  });
  const dispatcher = createDispatcher({
    source: { plugins: () => plugins },
    host,
    runId: 'run-1',
    image: './rootfs',
    warn: (text) => lines.push(`warning ${text}`),
  });
  return { ...dispatcher, lines };
}

/** A command line as the CLI hands it over; what plugins print goes to `printed` as `stream: text`. */
export function commandCall(
  path: string,
  {
    args = [],
    flags = {},
  }: { args?: readonly string[]; flags?: Readonly<Record<string, string | number | boolean>> } = {},
): CommandCall & { readonly printed: string[] } {
  const printed: string[] = [];
  return {
    path,
    args,
    cwd: '/home/ada',
    user: { uid: 1000, gid: 100, name: 'ada' },
    flagsOf: () => flags,
    print: (stream, text) => printed.push(`${stream}: ${text}`),
    printed,
  };
}

/** A config that every engine could run. */
export const baseConfig = {
  ociVersion: '1.0.2',
  root: { path: 'rootfs' },
  process: { args: ['/bin/true'], env: ['PATH=/bin'], cwd: '/', user: { uid: 0, gid: 0 } },
  mounts: [{ destination: '/proc', type: 'proc', source: 'proc' }],
  linux: {},
};

export const engine = { name: 'builtin', image: '/rootfs', id: 'c1', rootless: true };
