import { expect, test } from 'vitest';
import { podmanFacts } from './podman-facts.js';

const [ID, OTHER] = ['a'.repeat(64), 'b'.repeat(64)];
const at = (id: string, driver = 'overlay') => `/run/x/${driver}-containers/${id}/userdata`;
const UNKNOWN = { id: expect.stringMatching(/^[0-9a-f-]{36}$/), bundle: '' };

const cases = [
  {
    name: 'podman’s own mounts tell',
    config: { mounts: [{ destination: '/proc' }, { destination: '/etc/hosts', source: `${at(ID)}/hosts` }] },
    want: { id: ID, bundle: at(ID) },
  },
  {
    name: 'under another storage driver too',
    config: { mounts: [{ destination: '/run/.containerenv', source: `${at(ID, 'vfs')}/.containerenv` }] },
    want: { id: ID, bundle: at(ID, 'vfs') },
  },
  {
    name: 'an argument or variable of an image does not',
    config: {
      process: { args: [`${at(OTHER)}/x`], env: [`A="${at(OTHER)}/x`] },
      mounts: [{ destination: '/etc/hosts', source: `${at(ID)}/hosts` }],
    },
    want: { id: ID, bundle: at(ID) },
  },
  {
    name: 'nor does a volume elsewhere',
    config: { mounts: [{ destination: '/data', source: `${at(OTHER)}/x` }] },
    want: UNKNOWN,
  },
  {
    name: 'a volume in the place of one makes it unknown',
    config: {
      mounts: [
        { destination: '/etc/hosts', source: `${at(OTHER)}/hosts` },
        { destination: '/dev/shm', source: `${at(ID)}/shm` },
      ],
    },
    want: UNKNOWN,
  },
  {
    name: 'mounts that are none',
    config: { mounts: [null, 7, { destination: '/etc/hosts', source: 7 }] },
    want: UNKNOWN,
  },
  {
    name: 'a very long path',
    config: { mounts: [{ destination: '/dev/shm', source: '/a'.repeat(4e6) }] },
    want: UNKNOWN,
  },
  { name: 'no mounts', config: {}, want: UNKNOWN },
];
for (const { name, config, want } of cases) {
  test(`whose config it is: ${name}`, () => expect(podmanFacts(config)).toEqual(want));
}
