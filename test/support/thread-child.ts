/**
 * A process with instances in threads, to see how it ends. Bundled by test/contract/thread-life.test.ts, as an embedder may do.
 *
 * Its arguments are a component's file, and what to do:
 *   idle       make an instance and leave it: the process must end by itself
 *   call       call it, and write the answer; nothing else keeps the process alive meanwhile
 *   hang       call one that does not answer, and write the error's code
 *   close      close it, and write when it is gone
 *   exit       exit while a call runs
 *   many       start 20 one after the other, close them, and write what still keeps the process alive
 */
import { readFileSync } from 'node:fs';
import type { InstanceOptions, ThreadInstance } from '../../host/sandbox/index.js';
import { compileComponent } from '../../host/sandbox/index.js';

const SCORE = 'acme:score/score@1.0.0';
const [file = '', what] = process.argv.slice(2);

/** Its capability answers after a while, with a timer that keeps no process alive. */
const options: InstanceOptions = {
  capabilities: new Map([
    [
      'wasm-plugin:host/log',
      () =>
        new Promise<{ ok: boolean; payload: Uint8Array }>((resolve) => {
          setTimeout(() => resolve({ ok: true, payload: new Uint8Array() }), 200).unref();
        }),
    ],
  ]),
  missing: () => new Uint8Array(),
  wasi: {
    onLine: () => {},
    wallClock: () => ({ seconds: 0n, nanoseconds: 0 }),
    monotonicNow: () => 0n,
    random: (length) => new Uint8Array(length),
    env: new Map(),
    args: [],
  },
};
const compiled = await compileComponent(readFileSync(file), {}, undefined, 'thread');
const start = (): Promise<ThreadInstance> => compiled.startThread(options);

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

switch (what) {
  case 'idle':
    await start();
    break;
  case 'call': {
    const instance = await start();
    say(Buffer.from((await instance.call(SCORE, Buffer.from('answered'))).payload).toString());
    break;
  }
  case 'hang': {
    const instance = await start();
    await instance.call(SCORE, new Uint8Array(), { deadlineMs: 100 }).catch(({ code }) => say(code));
    break;
  }
  case 'close': {
    const instance = await start();
    await instance.close();
    say('closed');
    break;
  }
  case 'exit': {
    const instance = await start();
    setTimeout(() => process.exit(7), 50);
    await instance.call(SCORE, new Uint8Array());
    break;
  }
  case 'many':
    for (let i = 0; i < 20; i++) {
      const instance = await start();
      await instance.call(SCORE, new Uint8Array(64));
      await instance.close();
    }
    say(JSON.stringify(process.getActiveResourcesInfo().filter((name) => /Worker|Message|Timeout/.test(name))));
}
