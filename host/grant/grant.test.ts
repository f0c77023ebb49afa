import { describe, expect, test } from 'vitest';
import { PluginError } from '../errors/index.js';
import { covers, effectiveGrants, formatGrant, type Grant, groupGrants, missingGrants, parseGrant } from './index.js';

const accepted = [
  { text: 'kv' },
  { text: 'image' },
  { text: 'rootfs' },
  { text: 'process:signal' },
  { text: 'env:HOME' },
  { text: 'env:SLURM_*' },
  { text: 'env:*' },
  { text: 'fs:/:ro' },
  { text: 'fs:/etc/slurm:rw' },
  { text: 'fs:/dev/bus/usb:1:ro' },
  { text: 'fs:/a b/ü:ro' },
  { text: 'fs:/..a/b..:ro' },
  { text: 'fs://etc//slurm/./:ro', want: 'fs:/etc/slurm:ro' },
  { text: 'http:api.example.com:443' },
  { text: 'http:API.Example.com:443', want: 'http:api.example.com:443' },
  { text: 'http:localhost:65535' },
  { text: 'http:10.0.0.1:80' },
  { text: 'http:[2001:DB8:0:0::1]:80', want: 'http:[2001:db8::1]:80' },
  { text: 'config:mounts' },
  { text: 'config:ociHooks' },
  { text: 'config:/linux/seccomp' },
  { text: 'config:/annotations/a~1b~0c~01' },
  { text: 'config:/' },
];

const refused = [
  { name: 'an empty text', text: '' },
  { name: 'an unknown kind', text: 'gpu:0' },
  { name: 'a kind of another case', text: 'KV' },
  { name: 'a kind with white space', text: ' kv' },
  { name: 'a kind that is a property of every object', text: 'constructor' },
  { name: 'kv with a rest', text: 'kv:' },
  { name: 'env without a name', text: 'env' },
  { name: 'env with an empty name', text: 'env:' },
  { name: 'a star at the start', text: 'env:*_ID' },
  { name: 'a star inside', text: 'env:A*B' },
  { name: 'two stars', text: 'env:A**' },
  { name: 'a name that starts with a digit', text: 'env:1A' },
  { name: 'a name with =', text: 'env:A=B' },
  { name: 'fs without a mode', text: 'fs:/etc' },
  { name: 'fs with another mode', text: 'fs:/etc:wo' },
  { name: 'an empty path', text: 'fs::ro' },
  { name: 'a relative path', text: 'fs:etc:ro' },
  { name: 'a path with ..', text: 'fs:/etc/../root:ro' },
  { name: 'a path that ends in ..', text: 'fs:/etc/..:ro' },
  { name: 'a path with NUL', text: 'fs:/etc\0/x:ro' },
  { name: 'a path with an escape', text: 'fs:/\u001b[2J:ro' },
  { name: 'a path with a right-to-left override', text: 'fs:/\u202egnp:ro' },
  { name: 'a path with half a character', text: 'fs:/a\ud800:ro' },
  { name: 'http without a port', text: 'http:example.com' },
  { name: 'port 0', text: 'http:example.com:0' },
  { name: 'port 65536', text: 'http:example.com:65536' },
  { name: 'a port with a leading zero', text: 'http:example.com:0443' },
  { name: 'a wildcard host', text: 'http:*.example.com:443' },
  { name: 'a host with a user', text: 'http:a@example.com:443' },
  { name: 'a host with a path', text: 'http:example.com/x:443' },
  { name: 'a host that ends in a dot', text: 'http:example.com.:443' },
  { name: 'an address in short form', text: 'http:127.1:80' },
  { name: 'an address in hexadecimal', text: 'http:0x7f000001:80' },
  { name: 'an address with a leading zero', text: 'http:127.0.0.01:80' },
  { name: 'a bare IPv6 address', text: 'http:::1:80' },
  { name: 'an IPv6 address with a zone', text: 'http:[fe80::1%eth0]:80' },
  { name: 'config without a name', text: 'config:' },
  { name: 'the whole config', text: 'config' },
  { name: 'an unknown adjustment', text: 'config:secrets' },
  { name: 'an adjustment that is a property of every object', text: 'config:toString' },
  { name: 'a pointer with a bare ~', text: 'config:/a~' },
  { name: 'a pointer with ~2', text: 'config:/a~2' },
  { name: 'another process grant', text: 'process:kill' },
  { name: 'a text of 4097 characters', text: `fs:/${'a'.repeat(4090)}:ro` },
];

describe('parseGrant() then formatGrant()', () => {
  for (const { text, want } of accepted) {
    test(text, () => expect(formatGrant(parseGrant(text))).toBe(want ?? text));
  }
});

describe('parseGrant() refuses', () => {
  for (const { name, text } of refused) {
    test(name, () => expect(() => parseGrant(text)).toThrow(expect.objectContaining({ code: 'GRANT_INVALID' })));
  }

  test('an unknown kind in a way that an older host can tell', () => {
    const unknownKind = (text: string): unknown => {
      try {
        parseGrant(text);
      } catch (error) {
        return error instanceof PluginError ? error.details.unknownKind : error;
      }
    };
    expect([unknownKind('gpu:0'), unknownKind('env:1')]).toEqual([true, false]);
  });
});

const covering = [
  { granted: 'kv', wanted: 'kv', want: true },
  { granted: 'kv', wanted: 'image', want: false },
  { granted: 'env:*', wanted: 'env:A', want: true },
  { granted: 'env:A*', wanted: 'env:A', want: true },
  { granted: 'env:A*', wanted: 'env:AB*', want: true },
  { granted: 'env:AB*', wanted: 'env:A*', want: false },
  { granted: 'env:A', wanted: 'env:A*', want: false },
  { granted: 'env:A', wanted: 'env:AB', want: false },
  { granted: 'env:a', wanted: 'env:A', want: false },
  { granted: 'fs:/:ro', wanted: 'fs:/etc:ro', want: true },
  { granted: 'fs:/etc:ro', wanted: 'fs:/etc:ro', want: true },
  { granted: 'fs:/etc/:ro', wanted: 'fs:/etc//slurm:ro', want: true },
  { granted: 'fs:/etc:ro', wanted: 'fs:/etcetera:ro', want: false },
  { granted: 'fs:/etc/slurm:ro', wanted: 'fs:/etc:ro', want: false },
  { granted: 'fs:/etc:ro', wanted: 'fs:/etc:rw', want: false },
  { granted: 'fs:/etc:rw', wanted: 'fs:/etc:ro', want: true },
  { granted: 'http:a.b:443', wanted: 'http:A.B:443', want: true },
  { granted: 'http:a.b:443', wanted: 'http:a.b:80', want: false },
  { granted: 'http:b:443', wanted: 'http:a.b:443', want: false },
  { granted: 'config:mounts', wanted: 'config:mounts', want: true },
  { granted: 'config:mounts', wanted: 'config:/mounts', want: false },
  { granted: 'config:/mounts', wanted: 'config:mounts', want: false },
  { granted: 'config:/linux', wanted: 'config:/linux/seccomp', want: true },
  { granted: 'config:/linux', wanted: 'config:/linuxx', want: false },
  { granted: 'config:/linux/seccomp', wanted: 'config:/linux', want: false },
  { granted: 'config:/a~1b', wanted: 'config:/a/b', want: false },
  { granted: 'config:/', wanted: 'config:/linux', want: false },
];

describe('covers()', () => {
  for (const { granted, wanted, want } of covering) {
    test(`${granted} ${want ? 'covers' : 'does not cover'} ${wanted}`, () => {
      expect(covers(parseGrant(granted), parseGrant(wanted))).toBe(want);
    });
  }
});

const all = (texts: readonly string[]) => texts.map(parseGrant);

const effective = [
  { name: 'is nothing when nothing is granted', requested: ['kv'], granted: [], want: [] },
  { name: 'is nothing when nothing is requested', requested: [], granted: ['kv', 'env:*'], want: [] },
  {
    name: 'takes the narrower variable',
    requested: ['env:SLURM_*'],
    granted: ['env:SLURM_JOB_ID'],
    want: ['env:SLURM_JOB_ID'],
  },
  { name: 'takes the narrower request', requested: ['env:A'], granted: ['env:*'], want: ['env:A'] },
  {
    name: 'takes the inner folder and the lesser mode',
    requested: ['fs:/etc:ro'],
    granted: ['fs:/etc/a:rw'],
    want: ['fs:/etc/a:ro'],
  },
  { name: 'keeps folders apart', requested: ['fs:/etc:ro'], granted: ['fs:/var:ro'], want: [] },
  {
    name: 'names nothing twice',
    requested: ['env:A', 'env:A*'],
    granted: ['env:A', 'env:*'],
    want: ['env:A', 'env:A*'],
  },
];

describe('effectiveGrants()', () => {
  for (const { name, requested, granted, want } of effective) {
    test(name, () => expect(effectiveGrants(all(requested), all(granted)).map(formatGrant)).toEqual(want));
  }
});

test('missingGrants() names what an upgrade asks for in addition', () => {
  const missing = missingGrants(all(['env:A*', 'kv']), all(['env:AB', 'env:B', 'kv', 'config:env']));
  expect(missing.map(formatGrant)).toEqual(['env:B', 'config:env']);
});

const described = [
  { name: 'nothing', grants: [], want: ['may change    nothing', 'may read      nothing'] },
  {
    name: 'mounts',
    grants: ['config:mounts'],
    want: ['may change    mounts of the container', 'may read      nothing'],
  },
  {
    name: 'a pointer to programs of the host as what it is',
    grants: ['config:/hooks/poststop', 'config:/annotations'],
    want: [
      "may change    /hooks/poststop of the container's config (programs that the container engine runs on the host (OCI hooks)), /annotations of the container's config",
      'may read      nothing',
    ],
  },
  {
    name: 'hosts that are closer than they look',
    grants: ['localhost', 'db.localhost', '127.0.0.2', '[::1]', '[::ffff:127.0.0.1]', '0.0.0.0', '169.254.169.254'].map(
      (host) => `http:${host}:80`,
    ),
    want: [
      'may change    nothing',
      'may read      nothing',
      `may connect   ${[
        ...['localhost', 'db.localhost', '127.0.0.2', '[::1]', '[::ffff:7f00:1]', '0.0.0.0'].map(
          (host) => `to ${host}:80 (services of this machine)`,
        ),
        'to 169.254.169.254:80 (in a cloud: what hands out credentials of this machine)',
      ].join(', ')}`,
    ],
  },
  {
    name: 'everything',
    grants: [
      ...['kv', 'env:HOME', 'env:A*', 'env:*', 'fs:/:ro', 'fs:/etc:rw', 'http:a.b:1'],
      ...['config:ociHooks', 'config:/linux', 'process:signal', 'image', 'rootfs', 'kv'],
    ],
    want: [
      "may change    programs that the container engine runs on the host (OCI hooks), /linux of the container's config (devices of the container; namespaces of the container)",
      'may read      environment variable HOME, environment variables A*, every environment variable of the host, every file of the host, files under /etc, the container image',
      'may write     files under /etc, the root file system of a new container',
      'may connect   to a.b:1',
      'may signal    its own container',
      'may store     data of its own',
    ],
  },
];

const lines = (grants: readonly Grant[]): string[] =>
  groupGrants(grants).map(({ label, items }) => `${label.padEnd(14)}${items.join(', ')}`);

describe('groupGrants()', () => {
  for (const { name, grants, want } of described) {
    test(name, () => expect(lines(all(grants))).toEqual(want));
  }
});
