import { describe, expect, test } from 'vitest';
import type { OciConfig } from '../../oci/index.js';
import { makeConfig } from '../make-config.js';
import { admitConfig } from './admit.js';

const base = makeConfig({ rootfs: '/image', command: ['true'] });

function warningsFor(edit: Partial<OciConfig>): string[] {
  const warnings: string[] = [];
  admitConfig({ ...base, ...edit }, { uid: 0, gid: 0 }, (text) => warnings.push(text));
  return warnings;
}

const withDevice = (fields: object): Partial<OciConfig> => ({
  linux: { ...base.linux, devices: [{ type: 'c', path: '/dev/null', ...fields }] },
});

describe('admitConfig() warns of', () => {
  const cases: readonly { name: string; edit: Partial<OciConfig>; want: readonly unknown[] }[] = [
    { name: 'nothing in the base config', edit: {}, want: [] },
    { name: 'a device as the host has it: nothing', edit: withDevice({ fileMode: 0o666, uid: 0, gid: 0 }), want: [] },
    {
      name: 'its mode with the bits of the file type: nothing',
      edit: withDevice({ fileMode: 0o020666 }),
      want: [],
    },
    {
      name: 'another mode and owner of a device',
      edit: withDevice({ fileMode: 0o600, uid: 1000, gid: 0 }),
      want: ['the builtin engine leaves out fileMode, uid of the device "/dev/null": it stays as on the host'],
    },
    { name: 'a domain name', edit: { domainname: 'example.com' }, want: [expect.stringContaining('domainname')] },
    { name: 'an empty domain name: nothing', edit: { domainname: '' }, want: [] },
  ];
  for (const { name, edit, want } of cases) {
    test(name, () => expect(warningsFor(edit)).toEqual(want));
  }
});

describe('admitConfig() refuses', () => {
  const map = [{ containerID: 0, hostID: 1000, size: 1 }];
  const cases: readonly { name: string; edit: Partial<OciConfig>; says: string }[] = [
    { name: 'a host name that is an option', edit: { hostname: '-b' }, says: 'hostname: "-b" starts with a hyphen' },
    {
      name: 'a line end in a destination',
      edit: { mounts: [{ destination: '/a\nb' }] },
      says: 'mounts[0].destination',
    },
    {
      name: 'a mount with ids of its own',
      edit: { mounts: [{ destination: '/a', type: 'bind', source: '/a', uidMappings: map, gidMappings: map }] },
      says: 'the mount "/a": the builtin engine cannot map the ids of one mount',
    },
  ];
  for (const { name, edit, says } of cases) {
    test(name, () => {
      expect(() => warningsFor(edit)).toThrow(
        expect.objectContaining({ code: 'CONFIG_INVALID', message: expect.stringContaining(says) }),
      );
    });
  }
});
