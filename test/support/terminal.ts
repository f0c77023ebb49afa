/** A real terminal for tests, through `terminal.py`. */
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

export interface TerminalOrder {
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
  /** Become this user first. */
  readonly uid?: number | undefined;
  readonly rows?: number;
  readonly columns?: number;
}

export interface TestTerminal {
  /** Of the program in it. */
  readonly pid: number;
  send(text: string): Promise<void>;
  /** Wait for output. @returns it, from where the last one ended. @throws Error with what came instead. */
  until(pattern: string): Promise<string>;
  resize(rows: number, columns: number): Promise<void>;
  /** Its settings, to compare. */
  modes(): Promise<string>;
  /** Wait for the end. @returns exit code, negative for a signal, null if it still runs after two minutes; and the rest of the output. */
  ended(): Promise<{ readonly status: number | null; readonly text: string }>;
  /** Take it away, as closing its window does. */
  hangUp(): void;
  close(): void;
}

export async function openTerminal(order: TerminalOrder): Promise<TestTerminal> {
  const script = fileURLToPath(new URL('terminal.py', import.meta.url));
  const python = spawn('python3', [script, JSON.stringify(order)], { stdio: ['pipe', 'pipe', 'inherit'] });
  const lines = createInterface({ input: python.stdout })[Symbol.asyncIterator]();
  const next = async () => JSON.parse((await lines.next()).value ?? '{"missing":"an answer"}');
  const ask = async (step: object) => {
    python.stdin.write(`${JSON.stringify(step)}\n`);
    return next();
  };
  const { pid } = (await next()) as { pid: number };
  return {
    pid,
    send: async (text) => void (await ask({ send: text })),
    async until(pattern) {
      const { missing, text } = (await ask({ until: pattern })) as { missing?: string; text: string };
      if (missing !== undefined) throw new Error(`The terminal does not show ${missing}: ${JSON.stringify(text)}`);
      return text;
    },
    resize: async (rows, columns) => void (await ask({ resize: [rows, columns] })),
    modes: async () => ((await ask({ modes: true })) as { modes: string }).modes,
    ended: async () => ask({ wait: true }) as Promise<{ status: number | null; text: string }>,
    hangUp: () => void python.kill('SIGKILL'),
    close: () => void python.stdin.end(),
  };
}
