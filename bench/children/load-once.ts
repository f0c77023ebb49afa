/** One sample of bench/load.ts: the contender's name and the plugin in, nanoseconds out. */
import { LOADERS, type LoaderName } from '../load/loaders.js';

const [name, task] = process.argv.slice(2);
const built = JSON.parse(task!);
const { load, close } = await LOADERS[name as LoaderName]();
const nanoseconds = await load({ ...built, request: new Uint8Array(Buffer.from(built.request, 'base64')) });
await close();
process.stdout.write(String(nanoseconds));
