import { mkdirSync, mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { makeFolders } from './make-folders.js';

let root: string;
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'wasm-plugin-folders-'));
  mkdirSync(join(root, 'there'));
  writeFileSync(join(root, 'file'), '');
  symlinkSync('there', join(root, 'link'));
  symlinkSync('nowhere', join(root, 'dangling'));
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

describe('makeFolders()', () => {
  test.each([
    { name: 'one that is there', path: 'there', first: undefined },
    { name: 'a link to one', path: 'link', first: undefined },
    { name: 'one below a link', path: 'link/a', first: 'link/a' },
    { name: 'several', path: 'x/y/z', first: 'x' },
    { name: 'a slash at the end', path: 'slash/', first: 'slash/' },
  ])('$name', ({ path, first }) => {
    expect(makeFolders(`${root}/${path}`, 0o700)).toBe(first === undefined ? undefined : `${root}/${first}`);
    expect(statSync(`${root}/${path}`).isDirectory()).toBe(true);
  });

  test('the mode is that of all that are made', () => {
    makeFolders(join(root, 'm/n'), 0o700);
    expect(['m', 'm/n'].map((path) => statSync(join(root, path)).mode & 0o777)).toEqual([0o700, 0o700]);
  });

  test.each([
    { name: 'a file', path: () => join(root, 'file'), code: 'EEXIST' },
    { name: 'below a file', path: () => join(root, 'file/a/b'), code: 'ENOTDIR' },
    { name: 'a link to nothing', path: () => join(root, 'dangling'), code: 'EEXIST' },
    { name: 'an empty path', path: () => '', code: 'ENOENT' },
    // Where Node's own goes round for ever.
    { name: 'in a folder that says there is no such file', path: () => '/proc/wasm-plugin', code: 'ENOENT' },
    { name: 'below that', path: () => '/proc/wasm-plugin/a/b', code: 'ENOENT' },
  ])('$name', ({ path, code }) => {
    expect(() => makeFolders(path(), 0o700)).toThrow(expect.objectContaining({ code }));
  });
});
