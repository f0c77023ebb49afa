import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { PluginError } from '../errors/index.js';
import { makeConfig } from './index.js';
import { parseOciConfig } from './parse-oci-config.js';

const good = makeConfig({ rootfs: '/image', command: ['true'] });

describe('parseOciConfig()', () => {
  test('takes what makeConfig() makes, and returns it', () => {
    expect(parseOciConfig(good)).toBe(good);
    expect(parseOciConfig({ ociVersion: '1.0.0' })).toEqual({ ociVersion: '1.0.0' });
  });

  const bad = [
    { name: 'no object', value: 7, says: 'it must be an object' },
    { name: 'no version', value: {}, says: 'ociVersion is missing' },
    { name: 'another version', value: { ociVersion: '2.0.0' }, says: 'ociVersion' },
    { name: 'an argument that is no text', value: { ...good, process: { args: ['a', 1] } }, says: 'process.args[1]' },
    { name: 'a variable without a name', value: { ...good, process: { env: ['=x'] } }, says: 'process.env[0]' },
    {
      name: 'a relative destination',
      value: { ...good, mounts: [{ destination: 'x' }] },
      says: 'mounts[0].destination',
    },
    {
      name: 'an id that no kernel has',
      value: { ...good, process: { user: { uid: 2 ** 32 - 1, gid: 0 } } },
      says: 'process.user.uid',
    },
    { name: 'a host name of 65 letters', value: { ...good, hostname: 'a'.repeat(65) }, says: 'hostname' },
    {
      name: 'an unknown namespace',
      value: { ...good, linux: { namespaces: [{ type: 'x' }] } },
      says: 'linux.namespaces[0].type',
    },
  ];
  for (const { name, value, says } of bad) {
    test(`refuses ${name}`, () => {
      expect(() => parseOciConfig(value)).toThrow(
        expect.objectContaining({ code: 'CONFIG_INVALID', message: expect.stringContaining(says) }),
      );
    });
  }

  test('names every problem at once, up to twenty', () => {
    const args = Array.from({ length: 100 }, () => 1);
    const message = (value: unknown) => {
      try {
        parseOciConfig(value);
        return '';
      } catch (error) {
        return (error as Error).message;
      }
    };
    expect(message({ process: { args, cwd: 'x' } }).split(';')).toHaveLength(20);
    expect(message({ hostname: '', process: { cwd: 'x' } }).split(';')).toHaveLength(3);
  });

  test('answers any JSON with the value or a PluginError', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.constantFrom('process', 'root', 'mounts', 'hooks', 'linux'), (value, key) => {
        const config = { ...good, [key]: value };
        try {
          expect(parseOciConfig(config)).toBe(config);
        } catch (error) {
          expect(error).toBeInstanceOf(PluginError);
        }
      }),
    );
  });
});

describe('makeConfig()', () => {
  test('makes a closed container by default', () => {
    expect(good.process).toMatchObject({ noNewPrivileges: true, capabilities: { bounding: [], ambient: [] } });
    expect(good.linux?.namespaces?.map(({ type }) => type)).toEqual(['mount', 'pid', 'uts', 'ipc']);
  });

  test('shares nothing between two configs, since plugins edit them', () => {
    const [a, b] = [0, 1].map(() => makeConfig({ rootfs: '/image', command: ['true'] }));
    expect(a).toEqual(b);
    expect(a?.mounts?.[0]).not.toBe(b?.mounts?.[0]);
    expect(a?.linux?.maskedPaths).not.toBe(b?.linux?.maskedPaths);
    expect(a?.process?.capabilities?.bounding).not.toBe(a?.process?.capabilities?.ambient);
  });

  test('adds what it is asked for', () => {
    const config = makeConfig({
      rootfs: '/image',
      command: ['true'],
      binds: [{ source: '/a', destination: '/b', readOnly: true }],
      env: new Map([['PATH', '/x']]),
      rootless: true,
      network: 'none',
    });
    expect(config.mounts?.at(-1)).toEqual({
      destination: '/b',
      type: 'bind',
      source: '/a',
      options: ['rbind', 'ro', 'nosuid', 'nodev', 'rprivate'],
    });
    expect(config.process?.env?.filter((entry) => entry.startsWith('PATH='))).toEqual(['PATH=/x']);
    expect(config.linux?.namespaces).toContainEqual({ type: 'user' });
    expect(config.linux?.namespaces).toContainEqual({ type: 'network' });
  });
});
