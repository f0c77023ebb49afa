import type { ChildProcess } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { escapeControls, PluginError } from '../../errors/index.js';
import type { ExitStatus } from '../engine.js';

const MAX_CHARS = 8192;
const LAST_WORDS_MS = 500;
/** What fails first is the reason; all else that is mounted fails after it. */
const MAX_LINES = 3;

/** What the tools of a container's setup say on their standard error. */
export interface SetupWords {
  /** So far; the beginning, where it is much. */
  text(): string;
  /** Wait until no more can come, or half a second: a failing tool's words may still be in the pipe when it has ended. */
  complete(): Promise<void>;
}

export function collectSetupWords({ stderr }: ChildProcess): SetupWords {
  let words = '';
  stderr?.setEncoding('utf8').on('data', (text: string) => {
    words = (words + text).slice(0, MAX_CHARS);
  });
  const ended = new Promise<void>((resolve) => {
    stderr?.once('close', resolve);
  });
  return {
    text: () => words,
    complete: () => Promise.race([ended, sleep(LAST_WORDS_MS, undefined, { ref: false })]),
  };
}

/** Whether the container was killed: only KILL takes its first process, and unshare of util-linux 2.38 then fails on a signal mask. */
export function tellsOfKill(words: string): boolean {
  return words.includes('sigprocmask unblock failed');
}

/** What was said first, in one line and without control characters. */
export function firstWords(words: string): string {
  const lines = words.trim().split('\n').filter(Boolean).map(escapeControls);
  const more = lines.length - MAX_LINES;
  return [...lines.slice(0, MAX_LINES), ...(more > 0 ? [`and ${more} more lines`] : [])].join('; ');
}

/** What to do about it, if the words tell. */
export function setupHint(words: string): string | undefined {
  return /unshare(?: failed|:).*(?:Operation not permitted|No space left)/.test(words)
    ? 'Allow user namespaces (sysctl user.max_user_namespaces, AppArmor), or run it as root.'
    : undefined;
}

/** For a container that ended before its command ran, where nobody said why. @param engine - its name, where that tells the reader more. */
export function endedBeforeCommand({ exitCode, signal }: ExitStatus, engine?: string): PluginError {
  const by = engine === undefined ? '' : ` with ${engine}`;
  const how = signal ?? `exit code ${exitCode}`;
  return new PluginError('ENGINE_FAILED', `Cannot start the container${by}: it ended before its command ran (${how})`);
}
