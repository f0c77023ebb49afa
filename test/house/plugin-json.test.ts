/** docs/plugin-json.md is all that an author has: its example must be a manifest, and no word of the format may lack. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { ADJUSTMENT_KEYS, parseGrant } from '../../host/grant/index.js';
import { FLAG_TYPES, parseManifest } from '../../host/package/index.js';

const document = readFileSync(join(import.meta.dirname, '../../docs/plugin-json.md'), 'utf8');
const example = /```json\n(.*?)```/s.exec(document)?.[1] ?? '';

test('the example is a manifest without unknown keys', () => {
  const manifest = parseManifest(new TextEncoder().encode(example));
  expect(manifest.contributes.commands).toHaveLength(1);
});

describe('every word of the format is named', () => {
  test.each([...FLAG_TYPES, ...ADJUSTMENT_KEYS])('%s', (word) => {
    expect(document).toContain(`\`${word}\``);
  });
});

test('every grant of the table is one', () => {
  const table = /## Grants\n(.*?)\n## /s.exec(document)?.[1] ?? '';
  const grants = [...table.matchAll(/`((?:kv|env|fs|http|config|process|image|rootfs)\b[^`]*)`(?=[,: |])/g)]
    .map((match) => (match[1] as string).replace('HOST:PORT', 'example.com:443').replace('PART', 'mounts'))
    .filter((text) => text !== 'env');
  expect(grants.length).toBeGreaterThan(8);
  for (const grant of grants) {
    expect(() => parseGrant(grant), grant).not.toThrow();
  }
});
