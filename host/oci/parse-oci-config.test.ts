/** What is refused, and in which words; that the rules are those of the specification is test/contract/oci-schema.test.ts. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { thrown } from '../../test/support/thrown.js';
import { PluginError } from '../errors/index.js';
import { parseOciConfig, parseRunnableConfig } from './index.js';

const good = {
  ociVersion: '1.0.2',
  process: { args: ['true'], env: ['PATH=/bin'], cwd: '/', user: { uid: 0, gid: 0 } },
  root: { path: 'rootfs' },
  hostname: 'box',
  mounts: [{ destination: '/proc', type: 'proc', source: 'proc' }],
  linux: { namespaces: [{ type: 'mount' }] },
};

describe('parseOciConfig()', () => {
  test('returns what it is given, with what it does not know', () => {
    const value = { ...good, 'x-mine': [null], windows: { odd: 1 }, process: { ...good.process, later: 'field' } };
    expect(parseOciConfig(value)).toBe(value);
    expect(parseOciConfig({ ociVersion: '1.0.0' })).toEqual({ ociVersion: '1.0.0' });
  });

  const process = (fields: object): object => ({ ...good, process: { ...good.process, ...fields } });
  const linux = (fields: object): object => ({ ...good, linux: fields });
  const bad = [
    // Go's JSON, and so runc, does not tell them apart: none may get around what was looked at.
    {
      name: 'hooks under another spelling',
      value: { ...good, Hooks: { poststart: [{ path: '/bin/sh' }] } },
      says: 'it has "Hooks", which runtimes take for hooks',
    },
    {
      name: 'a second source, of a mount',
      value: { ...good, mounts: [{ destination: '/x', type: 'tmpfs', Type: 'ext4', ſource: '/dev/sda1' }] },
      says: 'mounts[0] has "Type", which runtimes take for type; mounts[0] has "ſource", which runtimes take for source',
    },
    {
      name: 'arguments and an annotation that end at a NUL',
      value: { ...good, annotations: { 'a\0b': 'x' }, process: { ...good.process, 'args\0x': ['/bin/sh'] } },
      says: 'process has the key "args\\u{0}x", with a NUL; annotations has the key "a\\u{0}b", with a NUL',
    },
    {
      name: 'devices, with the letter of Kelvin’s unit in a name',
      value: { ...good, linux: { MAS\u212aEDPATHS: [] } },
      says: 'linux has "MAS\u212aEDPATHS", which runtimes take for maskedPaths',
    },
    { name: 'no object', value: 7, says: 'it must be an object' },
    { name: 'a list', value: [], says: 'it must be an object' },
    { name: 'no version', value: {}, says: 'ociVersion is missing' },
    { name: 'another version', value: { ociVersion: '2.0.0' }, says: 'ociVersion must be a version 1.x.y' },
    {
      name: 'an argument that is no text',
      value: process({ args: ['a', 1] }),
      says: 'process.args[1] must be a string',
    },
    { name: 'a variable without a name', value: process({ env: ['=x'] }), says: 'process.env[0] must be NAME=value' },
    { name: 'no working directory', value: { ...good, process: {} }, says: 'process.cwd is missing' },
    {
      name: 'a relative destination',
      value: { ...good, mounts: [{ destination: 'x' }] },
      says: 'mounts[0].destination must be an absolute path',
    },
    {
      name: 'the id that leaves a process its own',
      value: process({ user: { uid: 2 ** 32 - 1 } }),
      says: 'process.user.uid must be an integer from 0 to 4294967294',
    },
    { name: 'a host name of 65 letters', value: { ...good, hostname: 'a'.repeat(65) }, says: 'hostname must be' },
    {
      name: 'an unknown namespace',
      value: linux({ namespaces: [{ type: 'x' }] }),
      says: 'linux.namespaces[0].type must be one of mount,',
    },
    {
      name: 'a limit above 64 bits',
      value: process({ rlimits: [{ type: 'RLIMIT_CPU', soft: 0, hard: 2 ** 65 }] }),
      says: 'process.rlimits[0].hard must be an integer from 0 to 18446744073709551615',
    },
    {
      name: 'a system call without a name',
      value: linux({ seccomp: { defaultAction: 'SCMP_ACT_ALLOW', syscalls: [{ names: [], action: 'SCMP_ACT_LOG' }] } }),
      says: 'linux.seccomp.syscalls[0].names must have at least 1 entry',
    },
    {
      name: 'a null, which no field may be',
      value: { ...good, mounts: null },
      says: 'mounts must be a list',
    },
  ];
  for (const { name, value, says } of bad) {
    test(`refuses ${name}`, () => {
      const error = thrown(() => parseOciConfig(value));
      expect(error.code).toBe('CONFIG_INVALID');
      expect(error.message).toContain(`Cannot use the container config: ${says}`);
    });
  }

  test('takes the largest numbers of 64 bits as JSON gives them', () => {
    const text = `{"ociVersion":"1.0.2","linux":{"resources":{"pids":{"limit":9223372036854775807}}},"process":{"cwd":"/",
      "rlimits":[{"type":"RLIMIT_NOFILE","soft":18446744073709551615,"hard":18446744073709551615}]}}`;
    expect(() => parseOciConfig(JSON.parse(text))).not.toThrow();
  });

  test('names every problem at once, up to twenty', () => {
    const args = Array.from({ length: 100 }, () => 1);
    const problems = (value: unknown): string[] => thrown(() => parseOciConfig(value)).message.split(';');
    expect(problems({ process: { args, cwd: 'x' } })).toHaveLength(20);
    expect(problems({ hostname: '/', process: { cwd: 'x' } })).toHaveLength(3);
  });

  test('keeps a foreign key short and off the terminal', () => {
    const { message } = thrown(() =>
      parseOciConfig({ ...good, annotations: { [`\u001b[2J${'k'.repeat(1_000_000)}`]: 1 } }),
    );
    expect(message).toMatch(/annotations\["\\u\{1b\}\[2Jk+…"\] must be a string/);
    expect(message.length).toBeLessThan(300);
  });

  test('finds keys that every object has only where they were set', () => {
    const value = JSON.parse('{"ociVersion":"1.0.2","annotations":{"__proto__":"x","constructor":"y"}}');
    expect(parseOciConfig(value)).toBe(value);
    expect(thrown(() => parseOciConfig(JSON.parse('{"__proto__":{"ociVersion":"1.0.2"}}'))).code).toBe(
      'CONFIG_INVALID',
    );
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

describe('parseRunnableConfig()', () => {
  const { root: _root, ...rootless } = good;
  const { process: _process, ...idle } = good;
  const cases = [
    { name: 'takes a whole config', value: good, says: undefined },
    { name: 'needs a root', value: rootless, says: 'root is missing' },
    { name: 'needs a process', value: idle, says: 'process is missing' },
    { name: 'needs a program', value: { ...good, process: { cwd: '/', args: [] } }, says: 'process.args must name a' },
    { name: 'asks for no more where the shape is wrong', value: { ...idle, mounts: 1 }, says: 'mounts must be a list' },
  ];
  for (const { name, value, says } of cases) {
    test(name, () => {
      if (says === undefined) expect(parseRunnableConfig(value)).toBe(value);
      else expect(thrown(() => parseRunnableConfig(value)).message).toContain(says);
    });
  }
});
