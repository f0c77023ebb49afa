/** Any operations on a new root file system: nothing outside changes, and inside stands what a tree in memory says. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createRootfs, type Rootfs } from '../../host/capability/index.js';
import { fuzz } from '../support/bounded.js';
import { actors, besideCanary, outcome } from '../support/rootfs.js';
import { type Operation, RootfsModel } from '../support/rootfs-model.js';
import { listTree } from '../support/tree.js';

const RUNS = 150;
const MOST_OPERATIONS = 40;

const name = fc.constantFrom('a', 'b', 'c');
const path = fc.array(name, { minLength: 1, maxLength: 4 }).map((names) => names.join('/'));
/** `OUTSIDE` becomes the canary's path. */
const target = fc.oneof(
  path,
  path.map((inside) => `/${inside}`),
  fc.constantFrom(
    '..',
    '.',
    '/',
    '../..',
    'OUTSIDE',
    'OUTSIDE/secret',
    '../outside',
    '../../../outside/folder',
    'a/../../b//.',
  ),
);
const mode = fc.constantFrom(0, 0o500, 0o644, 0o755, 0o1777);
const index = fc.nat({ max: 4 });
const text = fc.constantFrom('', 'x', 'yy');

const operation: fc.Arbitrary<Operation> = fc.oneof(
  { weight: 3, arbitrary: fc.record({ op: fc.constant('directory' as const), path, mode }) },
  { weight: 3, arbitrary: fc.record({ op: fc.constant('file' as const), path, mode, text }) },
  { weight: 2, arbitrary: fc.record({ op: fc.constant('openFile' as const), path, mode }) },
  { weight: 2, arbitrary: fc.record({ op: fc.constant('write' as const), index, text }) },
  { weight: 1, arbitrary: fc.record({ op: fc.constant('finish' as const), index }) },
  { weight: 5, arbitrary: fc.record({ op: fc.constant('symlink' as const), path, target }) },
  { weight: 2, arbitrary: fc.record({ op: fc.constant('hardlink' as const), path, existing: path }) },
  { weight: 1, arbitrary: fc.record({ op: fc.constant('setMeta' as const), path, mode }) },
  { weight: 1, arbitrary: fc.record({ op: fc.constant('remove' as const), path }) },
  { weight: 1, arbitrary: fc.record({ op: fc.constant('clear' as const), path }) },
);

describe.each(actors())('as $name', (actor) => {
  test('operations stay inside and do what they say', () => {
    fuzz(RUNS, fc.array(operation, { maxLength: MOST_OPERATIONS }), (operations) => {
      besideCanary(
        actor,
        ({ dir, outside }) => {
          const root = createRootfs(dir, { maxOpenFiles: MOST_OPERATIONS });
          const model = new RootfsModel();
          const numbers: number[] = [];
          for (const each of operations) {
            const done = 'target' in each ? { ...each, target: each.target.replace('OUTSIDE', outside) } : each;
            expect([done, outcome(() => run(root, done, numbers))]).toEqual([done, model.apply(done)]);
          }
          for (const [at, { open }] of model.files.entries()) {
            if (open) {
              model.apply({ op: 'finish', index: at });
              root.finish(numbers[at] as number);
            }
          }
          root.close();
          return [dir, model.list()] as const;
        },
        ([dir, list]) => expect(listTree(dir)).toEqual(list),
      );
    });
  });
});

function run(root: Rootfs, operation: Operation, numbers: number[]): void {
  switch (operation.op) {
    case 'directory':
      root.directory(operation.path, operation);
      break;
    case 'file':
      root.file(operation.path, operation, Buffer.from(operation.text));
      break;
    case 'openFile':
      numbers.push(root.openFile(operation.path, operation));
      break;
    case 'write':
      root.write(numbers[operation.index] ?? 0, Buffer.from(operation.text));
      break;
    case 'finish':
      root.finish(numbers[operation.index] ?? 0);
      break;
    case 'symlink':
      root.symlink(operation.path, operation.target);
      break;
    case 'hardlink':
      root.hardlink(operation.path, operation.existing);
      break;
    case 'setMeta':
      root.setMeta(operation.path, operation);
      break;
    case 'remove':
      root.remove(operation.path);
      break;
    case 'clear':
      root.clear(operation.path);
      break;
  }
}
