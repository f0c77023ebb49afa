/** One sample of bench/memory.ts: a task in, bytes for each instance out. */
import { HOLDERS, type MemoryTask, memoryGuest } from '../memory/holders.js';

const { holder, guest, count }: MemoryTask = JSON.parse(process.argv[2]!);
const hold = await HOLDERS[holder](await memoryGuest(guest));
/** Memory is given back late: a collection, a turn of the event loop, a collection. */
async function resident(): Promise<number> {
  for (let i = 0; i < 3; i++) {
    globalThis.gc?.();
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return process.memoryUsage.rss();
}

await hold();
const before = await resident();
for (let i = 0; i < count; i++) {
  await hold();
}
const grown = ((await resident()) - before) / count;
process.stdout.write(String(grown), () => {
  // Threads are still there, and held: nothing of them matters any more.
  process.exit(0);
});
