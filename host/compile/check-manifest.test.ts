import { describe, expect, test } from 'vitest';
import { capabilities, hooks } from '../abi/index.js';
import { parseManifest } from '../package/index.js';
import { checkManifest } from './check-manifest.js';

const command = { path: 'hello', summary: 'Say hello' };
const flag = { commands: ['run'], name: 'x', type: 'bool', usage: 'do x' };
const phase = { command: 'run', phases: ['before'] };

interface Case {
  readonly name: string;
  readonly manifest?: object;
  readonly imports?: readonly string[];
  readonly exports?: readonly string[];
  readonly warns?: RegExp;
}

const cases: readonly Case[] = [
  { name: 'a command with its hook', manifest: { contributes: { commands: [command] } }, exports: [hooks.command.id] },
  {
    name: 'a command with a later hook of the same major',
    manifest: { contributes: { commands: [command] } },
    exports: ['wasm-plugin:hook/command@1.9.0'],
  },
  {
    name: 'a command without its hook',
    manifest: { contributes: { commands: [command] } },
    exports: [hooks.lifecycle.id],
    warns: /^plugin\.json has commands, .*"command"/,
  },
  {
    name: 'a phase without its hook',
    manifest: { contributes: { phases: [phase] } },
    warns: /^plugin\.json has phases/,
  },
  { name: 'a flag that nobody reads', manifest: { contributes: { flags: [flag] } }, warns: /^plugin\.json has flags/ },
  {
    name: 'a flag for the config',
    manifest: { contributes: { flags: [flag] } },
    exports: [hooks.engineConfig.id],
  },
  { name: 'a monitor without its hook', manifest: { monitor: 'exclusive' }, warns: /"monitorContainer"/ },
  { name: 'a capability that was not requested', imports: [capabilities.env.id], warns: /uses env, .*"env:NAME"/ },
  { name: 'a capability that was', manifest: { requests: ['env:A_*'] }, imports: [capabilities.env.id] },
  {
    name: 'a change of the environment is no reading of it',
    manifest: { requests: ['config:env'] },
    imports: [capabilities.env.id],
    warns: /uses env/,
  },
  { name: 'capabilities that need no grant', imports: [capabilities.log, capabilities.image].map(({ id }) => id) },
  { name: 'interfaces of others', imports: ['acme:db/kv@1.0.0', 'wasi:io/poll@0.2.3', 'f'] },
];

describe('checkManifest()', () => {
  for (const { name, manifest = {}, imports = [], exports = [], warns } of cases) {
    test(warns === undefined ? `says nothing of ${name}` : `warns of ${name}`, () => {
      const text = JSON.stringify({ name: 'a.b/c', author: 'A', version: '1.0.0', description: 'd', ...manifest });
      const warnings = checkManifest(parseManifest(new TextEncoder().encode(text)), { imports, exports });
      expect(warnings).toEqual(warns === undefined ? [] : [expect.stringMatching(warns)]);
    });
  }
});
