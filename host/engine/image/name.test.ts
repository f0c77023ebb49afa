import { describe, expect, test } from 'vitest';
import { absoluteImageName, parseImageName } from './name.js';

const there = new Set(['dir', 'a.tar', 'with:colon', 'oci:odd', '/abs/dir', '/cwd/dir', '/cwd/oci:odd']);
const exists = (path: string): boolean => there.has(path);

describe('parseImageName()', () => {
  const cases = [
    { name: 'dir', path: 'dir' },
    { name: 'dir:1.0', path: 'dir', reference: '1.0' },
    { name: 'a.tar:localhost/x:1', path: 'a.tar', reference: 'localhost/x:1' },
    { name: 'with:colon', path: 'with:colon' },
    { name: 'with:colon:tag', path: 'with:colon', reference: 'tag' },
    { name: 'oci:dir', path: 'dir', transport: 'oci' },
    { name: 'oci:dir:tag', path: 'dir', reference: 'tag', transport: 'oci' },
    { name: 'oci:odd', path: 'oci:odd' },
    { name: 'oci:odd:tag', path: 'odd:tag', transport: 'oci' },
    { name: 'oci-archive:a.tar:t', path: 'a.tar', reference: 't', transport: 'oci-archive' },
    { name: 'docker-archive:a.tar', path: 'a.tar', transport: 'docker-archive' },
    { name: 'oci:///abs/dir:t', path: '/abs/dir', reference: 't', transport: 'oci' },
    { name: 'dir:', path: 'dir:' },
    { name: ':tag', path: ':tag' },
    { name: 'gone:tag', path: 'gone:tag' },
    { name: 'oci:', path: 'oci:' },
    { name: 'docker://alpine', path: 'docker://alpine' },
  ];
  for (const { name, path, reference, transport } of cases) {
    test(name, () => expect(parseImageName(name, exists)).toEqual({ path, reference, transport }));
  }
});

describe('absoluteImageName()', () => {
  const cases = [
    { name: 'dir', want: '/cwd/dir' },
    { name: 'dir:tag', want: '/cwd/dir:tag' },
    { name: 'oci:dir:tag', want: 'oci:/cwd/dir:tag' },
    { name: 'oci:/abs/dir', want: 'oci:/abs/dir' },
    { name: 'oci:///abs/dir', want: 'oci:///abs/dir' },
    { name: 'oci:odd', want: '/cwd/oci:odd' },
    { name: '/abs/dir', want: '/abs/dir' },
  ];
  for (const { name, want } of cases) {
    test(name, () => expect(absoluteImageName(name, '/cwd', exists)).toBe(want));
  }
});
