import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { readBoundedFile } from './read-file.js';

const folder = mkdtempSync(join(tmpdir(), 'read-file-'));
afterAll(() => rmSync(folder, { recursive: true }));
const file = join(folder, 'file');
writeFileSync(file, 'abc');

const cases = [
  { name: 'takes a file of the limit', path: file, maxBytes: 3, want: 'abc' },
  { name: 'refuses one byte more', path: file, maxBytes: 2, want: /it has 3 bytes, the limit is 2/ },
  { name: 'refuses a folder', path: folder, maxBytes: 3, want: /it is a folder/ },
  { name: 'refuses a device', path: '/dev/zero', maxBytes: 3, want: /it is not a regular file/ },
  { name: 'says what the system said', path: join(folder, 'nope'), maxBytes: 3, want: /ENOENT/ },
];
for (const { name, path, maxBytes, want } of cases) {
  test(`readBoundedFile() ${name}`, () => {
    const read = () => Buffer.from(readBoundedFile(path, maxBytes)).toString();
    if (typeof want === 'string') expect(read()).toBe(want);
    else expect(read).toThrow(want);
  });
}
