import { spawn } from 'node:child_process';
import { escapeControls } from '../../errors/index.js';
import { coverInheritedFds, findTool, TOOLS_PATH } from '../common/index.js';

/** The descriptor under which a tool finds the image. */
const IMAGE_FD = 3;
/** What a tool opens in place of a path: the same file, whatever the path means by now. */
export const IMAGE_PATH = `/proc/self/fd/${IMAGE_FD}`;
const MAX_TEXT = 4096;
const LAST_WORDS_MS = 500;

export interface ToolRun {
  /** Given to the tool as `IMAGE_PATH`. */
  readonly fd?: number;
  /** An exit code that means success too, of which `onPartly` is told with what was printed on stderr, at most some kilobytes. */
  readonly partly?: number;
  readonly onPartly?: (stderr: string) => void;
  readonly signal?: AbortSignal;
  /** The tool ends when we do. Not for one that goes on in the background. */
  readonly tied?: boolean;
}

/**
 * Run one of the system's tools to its end.
 *
 * @param name - looked up where system tools live, never in the caller's PATH.
 * @returns what it printed on stdout, at most some kilobytes.
 * @throws Error with the tool's words, on one line and escaped.
 */
export async function runTool(name: string, args: readonly string[], options: ToolRun = {}): Promise<string> {
  const path = findTool(name);
  if (path === undefined) throw new Error(`${name} is not installed`);
  const { fd, partly, onPartly, signal, tied = false } = options;
  const [file, ...all] = tied ? ['setpriv', '--pdeathsig', 'KILL', '--', path, ...args] : [path, ...args];
  const child = spawn(file as string, all, {
    cwd: '/',
    // A Ctrl-C is for us, who then end it.
    detached: true,
    env: { PATH: TOOLS_PATH, LC_ALL: 'C' },
    stdio: ['ignore', 'pipe', 'pipe', fd ?? 'ignore', ...coverInheritedFds(IMAGE_FD + 1)],
    ...(signal === undefined ? {} : { signal, killSignal: 'SIGKILL' as const }),
  });
  const texts = [child.stdout, child.stderr].map((stream) => {
    const seen = { text: '' };
    stream?.setEncoding('utf8').on('data', (text: string) => {
      seen.text = (seen.text + text).slice(0, MAX_TEXT);
    });
    return seen;
  });
  const how = await new Promise<number | NodeJS.Signals | Error>((resolve) => {
    child.once('error', resolve);
    child.once('exit', (code, ended) => {
      const outcome = code ?? ended ?? 1;
      child.once('close', () => resolve(outcome));
      // A tool that goes on in the background may keep our pipes.
      setTimeout(() => resolve(outcome), LAST_WORDS_MS).unref();
    });
  });
  child.stdout?.destroy();
  child.stderr?.destroy();
  if (how !== 0 && how === partly) onPartly?.(texts[1]?.text ?? '');
  if (how === 0 || how === partly) return texts[0]?.text ?? '';
  const said = escapeControls((texts[1]?.text ?? '').trim().split('\n').filter(Boolean).join('; '));
  const code = how instanceof Error ? how.message : typeof how === 'number' ? `exit code ${how}` : how;
  throw new Error(`${name}: ${said === '' ? code : said.replace(`${name}: `, '')}`);
}
