import { expect, test } from 'vitest';
import { loadToolchain } from './toolchain.js';

test('loadToolchain() names the npm package that is missing', async () => {
  // A variable: the type checker would look for the module.
  const missing = 'a-compiler-that-is-not-installed';
  const load = () => loadToolchain('a-compiler', () => import(missing));
  await expect(load()).rejects.toMatchObject({
    code: 'TOOLCHAIN_MISSING',
    hint: 'Run: npm install --save-dev a-compiler',
    details: { package: 'a-compiler' },
  });
});

test('loadToolchain() lets a broken toolchain speak for itself', async () => {
  const broken = new SyntaxError('Unexpected token');
  await expect(loadToolchain('a-compiler', () => Promise.reject(broken))).rejects.toBe(broken);
});
