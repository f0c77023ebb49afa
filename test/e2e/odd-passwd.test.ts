/** Images whose /etc/passwd or /etc/group is something else than a file: a container starts, or is refused, and never hangs. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { buildTinyRootfs } from '../../host/engine/index.js';
import type { Workshop } from '../support/container.js';
import { createWorkshop, eventually, giveTo } from '../support/container.js';
import type { DriverOrder } from '../support/container-driver.js';
import { combinations, leftOf, NOTHING } from '../support/engines.js';

let workshop: Workshop;

beforeAll(() => {
  workshop = createWorkshop();
});

afterAll(() => workshop.dispose());

/** Longer than any start takes, and shorter than the limit of a test. */
const PATIENCE_MS = 180_000;

const make = (...command: [string, ...string[]]) => {
  expect(spawnSync(command[0], command.slice(1)).status).toBe(0);
};
const isRoot = process.getuid?.() === 0;

interface Kind {
  readonly name: string;
  readonly possible?: boolean;
  /** Where it is read. */
  readonly refused?: boolean;
  put(path: string, image: string): void;
}

const kinds: readonly Kind[] = [
  { name: 'missing', put: () => undefined },
  { name: 'a named pipe', refused: true, put: (path) => make('mkfifo', path) },
  {
    name: 'a link to a named pipe',
    refused: true,
    put(path, image) {
      make('mkfifo', join(image, 'pipe'));
      symlinkSync('../pipe', path);
    },
  },
  { name: 'a device', refused: true, possible: isRoot, put: (path) => make('mknod', path, 'c', '1', '5') },
  { name: 'a link to a device', refused: true, put: (path) => symlinkSync('/dev/zero', path) },
  { name: 'a link to the standard input', refused: true, put: (path) => symlinkSync('/dev/stdin', path) },
  { name: 'a link to a descriptor', refused: true, put: (path) => symlinkSync('/proc/self/fd/0', path) },
  { name: 'a link to itself', put: (path) => symlinkSync('passwd', path) },
  { name: 'a folder', put: (path) => mkdirSync(path) },
  {
    name: 'a file without an end in sight',
    refused: true,
    put(path) {
      writeFileSync(path, '');
      truncateSync(path, 2 ** 42);
    },
  },
];

for (const { engine, identity, possible } of combinations()) {
  describe.skipIf(!possible)(`${engine} as ${identity}`, () => {
    for (const file of ['passwd', 'group']) {
      for (const { name, put, possible: makeable = true, refused = false } of kinds) {
        test.skipIf(!makeable)(`/etc/${file} is ${name}`, async () => {
          const image = join(workshop.folder, `image-${engine}-${identity}`);
          rmSync(image, { recursive: true, force: true });
          buildTinyRootfs(image, ['echo']);
          const path = join(image, 'etc', file);
          rmSync(path);
          put(path, image);
          giveTo(identity, image);
          // crun looks for the home of the user where the config does not name one.
          const order: DriverOrder = {
            ...{ engine, rootfs: image, options: { command: ['echo', 'ran'] } },
            edit: { process: { env: ['PATH=/bin'] } },
          };
          const { process: driver, events } = workshop.launch(identity, order);
          // Its standard input stays open: nothing comes from there, and no end.
          const timer = setTimeout(() => driver.kill('SIGKILL'), PATIENCE_MS);
          await new Promise((resolve) => driver.once('close', resolve));
          clearTimeout(timer);
          const end = events.at(-1);
          const isRead = engine === 'runc' || (engine === 'crun' && file === 'passwd');
          if (isRead && refused) {
            const message = expect.stringContaining(`its /etc/${file} `);
            expect(end).toMatchObject({ event: 'failed', code: 'IMAGE_UNSUPPORTED', message });
          } else if (engine === 'runc' && name === 'a folder') {
            const message = expect.stringMatching(/unable to find .* is a directory/);
            expect(end).toMatchObject({ event: 'failed', code: 'ENGINE_FAILED', message });
          } else {
            expect(end).toMatchObject({ event: 'exited', exitCode: 0 });
          }
        });
      }
    }

    test.skipIf(engine === 'builtin')('a named pipe of the host bound over it is refused as well', async () => {
      const [image, pipe] = ['bound', 'pipe'].map((name) => join(workshop.folder, `${name}-${engine}-${identity}`));
      buildTinyRootfs(image as string, ['echo']);
      make('mkfifo', pipe as string);
      const { failed } = await workshop.run(identity, {
        ...{ engine, rootfs: image as string },
        options: { command: ['echo'], binds: [{ source: pipe as string, destination: '/etc/passwd' }] },
        edit: { process: { env: ['PATH=/bin'] } },
      });
      expect(failed).toMatchObject({
        code: 'IMAGE_UNSUPPORTED',
        message: expect.stringContaining('/etc/passwd is not'),
      });
    });

    test.skipIf(engine === 'builtin')('a runtime that hangs for another reason is ended', async () => {
      const image = join(workshop.folder, `hung-${engine}-${identity}`);
      const runtime = join(workshop.folder, `runtime-${engine}-${identity}`);
      const mark = `hung-${process.pid}-`;
      buildTinyRootfs(image, ['echo']);
      mkdirSync(`${runtime}.runs`);
      giveTo(identity, `${runtime}.runs`);
      const runBase = join(`${runtime}.runs`, 'base');
      writeFileSync(runtime, `#!/bin/sh\nsleep 60; : ${mark}\n`, { mode: 0o755 });
      const { failed } = await workshop.run(identity, {
        ...{ engine, enginePath: runtime, stepTimeoutMs: 500, rootfs: image, runBase, id: `${mark}1` },
        options: { command: ['echo'] },
      });
      expect(failed).toMatchObject({
        code: 'ENGINE_FAILED',
        message: `Cannot start the container with ${engine}: it is not created after 500 ms`,
      });
      expect(await eventually(() => isDeepStrictEqual(leftOf(runBase, mark), NOTHING))).toBe(true);
    });
  });
}
