import { spawn } from 'node:child_process';
import { escapeControls, PluginError, quote } from '../../errors/index.js';
import type { OciHook } from '../../oci/index.js';

/** State of a container as OCI hooks read it on stdin (runtime-spec, "State"). */
export interface OciState {
  readonly ociVersion: string;
  readonly id: string;
  readonly status: 'creating' | 'created' | 'running' | 'stopped';
  readonly pid?: number;
  readonly bundle: string;
  readonly annotations: Readonly<Record<string, string>>;
}

const MAX_STDERR_CHARS = 4096;
const DEFAULT_TIMEOUT_S = 60;
/** A timer of Node that should wait longer fires at once. */
const MAX_TIMER_MS = 2 ** 31 - 1;
/** How long a failed hook's last words may take to arrive: a process that it left behind may hold the pipe open. */
const LAST_WORDS_MS = 200;

/**
 * Run the hooks of one stage on the host, in order.
 *
 * Hooks are programs of whoever wrote the config and run with our rights; a plugin can only add one with a grant for it.
 * A hook without `env` gets ours, as with the other runtimes. Without `timeout` it has 60 seconds.
 *
 * @throws PluginError `ENGINE_FAILED` naming the first hook that cannot be run, fails, or takes too long; later ones do not run.
 */
export async function runHooks(stage: string, hooks: readonly OciHook[] | undefined, state: OciState): Promise<void> {
  for (const hook of hooks ?? []) {
    const problem = await runHook(hook, JSON.stringify(state));
    if (problem !== undefined) {
      throw new PluginError('ENGINE_FAILED', `Cannot run the ${stage} hook ${quote(hook.path)}: ${problem}`);
    }
  }
}

/** @returns why it failed, or undefined. */
function runHook(hook: OciHook, state: string): Promise<string | undefined> {
  return new Promise((resolve) => {
    const [argv0, ...args] = hook.args ?? [];
    const timeoutSeconds = hook.timeout ?? DEFAULT_TIMEOUT_S;
    const child = spawn(hook.path, args, {
      argv0: argv0 ?? hook.path,
      stdio: ['pipe', 'ignore', 'pipe'],
      ...(hook.env === undefined ? {} : { env: environment(hook.env) }),
    });
    let stderr = '';
    const settle = (problem: string | undefined): void => {
      clearTimeout(timer);
      // A process that the hook left behind may hold it open, and would keep ours alive.
      child.stderr.destroy();
      resolve(problem);
    };
    const timer = setTimeout(
      () => {
        child.kill('SIGKILL');
        settle(`it took longer than ${timeoutSeconds} s`);
      },
      Math.min(timeoutSeconds * 1000, MAX_TIMER_MS),
    );
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr = (stderr + text).slice(0, MAX_STDERR_CHARS);
    });
    // A hook may ignore its stdin.
    child.stdin.on('error', () => undefined);
    child.stdin.end(state);
    child.on('error', (error) => settle((error as NodeJS.ErrnoException).code ?? error.message));
    child.on('exit', (code, signal) => {
      if (code === 0) {
        settle(undefined);
        return;
      }
      clearTimeout(timer);
      const fail = (): void => {
        const said = stderr.trim() === '' ? '' : `: ${escapeControls(stderr.trim())}`;
        settle(`it ended with ${code ?? signal}${said}`);
      };
      const patience = setTimeout(fail, LAST_WORDS_MS);
      child.once('close', () => {
        clearTimeout(patience);
        fail();
      });
    });
  });
}

function environment(entries: readonly string[]): Record<string, string> {
  const env: Record<string, string> = Object.create(null);
  for (const entry of entries) {
    const at = entry.indexOf('=');
    env[entry.slice(0, at)] = entry.slice(at + 1);
  }
  return env;
}
