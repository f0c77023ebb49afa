/** Makes a root with owners as root of a user namespace that has one id; prints the refusal. */
import { createRootfs } from '../../host/capability/index.js';

const root = createRootfs(process.argv[2] as string);
try {
  root.file('mine', {}, new Uint8Array(0));
  root.file('other', { uid: 42 }, new Uint8Array(0));
} catch (error) {
  console.log((error as Error).message);
}
root.abort();
