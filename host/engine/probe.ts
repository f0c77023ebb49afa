import { execFileSync } from 'node:child_process';
import { findTool, NEEDED_TOOLS, TOOLS_PATH } from './common/index.js';

export interface ToolFact {
  readonly name: string;
  /** Undefined if it is not installed. */
  readonly path: string | undefined;
}

export interface EngineFacts {
  readonly name: 'builtin' | 'crun' | 'runc' | 'podman' | 'containerd';
  /** Whether containers can be run with it here, as this user; for engines of others: whether it is installed. */
  readonly usable: boolean;
  readonly version: string | undefined;
  readonly tools: readonly ToolFact[];
  /** What is missing or does not work, as sentences; empty if usable. */
  readonly problems: readonly string[];
}

const OTHER_ENGINES = ['crun', 'runc', 'podman', 'containerd'] as const;
const PROBE_TIMEOUT_MS = 10_000;

/**
 * Look at the engines of this machine, for `doctor`.
 *
 * It tries rather than reads settings: whether namespaces can be made hangs on sysctls, seccomp filters and security
 * modules that no list covers. Takes some tens of milliseconds.
 */
export function probeEngines(): EngineFacts[] {
  return [probeBuiltin(), ...OTHER_ENGINES.map(probeOther)];
}

function probeBuiltin(): EngineFacts {
  const tools = NEEDED_TOOLS.map((name) => ({ name, path: findTool(name) }));
  const missing = tools.filter(({ path }) => path === undefined).map(({ name }) => `${name} is not installed`);
  const problems = missing.length > 0 ? missing : tryNamespaces();
  return {
    name: 'builtin',
    usable: problems.length === 0,
    version: versionOf(findTool('unshare')),
    tools,
    problems,
  };
}

// The namespaces and the file systems that every container has.
function tryNamespaces(): string[] {
  const user = process.getuid?.() === 0 ? [] : ['--user', '--map-root-user'];
  const namespaces = ['--mount', '--uts', '--ipc', '--pid', '--fork', '--kill-child', '--propagation', 'private'];
  try {
    const script =
      'mount -t tmpfs tmpfs /tmp && mkdir /tmp/l /tmp/u /tmp/w /tmp/p /tmp/m && mount -t proc proc /tmp/p && cd /tmp && mount -t overlay -o "lowerdir=l,upperdir=u,workdir=w$0" overlay /tmp/m';
    const attributes = user.length > 0 ? ',userxattr' : '';
    run('unshare', [...user, ...namespaces, '--', 'sh', '-c', script, attributes]);
    return [];
  } catch (error) {
    const said = (error as { stderr?: string }).stderr?.trim() ?? '';
    return [`namespaces or overlays cannot be made here: ${said === '' ? (error as Error).message : said}`];
  }
}

function probeOther(name: (typeof OTHER_ENGINES)[number]): EngineFacts {
  const path = findTool(name);
  return {
    name,
    usable: path !== undefined,
    version: versionOf(path),
    tools: [{ name, path }],
    problems: path === undefined ? [`${name} is not installed`] : [],
  };
}

function versionOf(path: string | undefined): string | undefined {
  try {
    return path === undefined ? undefined : /\d+\.\d+(\.\d+)?/.exec(run(path, ['--version']))?.[0];
  } catch {
    return undefined;
  }
}

function run(file: string, args: readonly string[]): string {
  return execFileSync(file, args, {
    encoding: 'utf8',
    env: { PATH: TOOLS_PATH, LC_ALL: 'C' },
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: PROBE_TIMEOUT_MS,
  });
}
