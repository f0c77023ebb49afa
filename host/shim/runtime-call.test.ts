import { describe, expect, test } from 'vitest';
import { parseRuntimeCall, type RuntimeCall } from './index.js';

const cases: readonly { name: string; line: string; want: Partial<RuntimeCall> }[] = [
  {
    name: 'podman’s create',
    line: '--log-format=json --log /r/oci-log --cgroup-manager disabled create --bundle /b --pid-file /p abc',
    want: { command: 'create', log: '/r/oci-log', logFormat: 'json', bundle: '/b', id: 'abc', root: undefined },
  },
  {
    name: 'containerd’s create',
    line: '--root /run/c/default --log /t/log.json --log-format json create --bundle /t --pid-file /t/init.pid x1',
    want: { command: 'create', root: '/run/c/default', log: '/t/log.json', logFormat: 'json', bundle: '/t', id: 'x1' },
  },
  {
    name: 'podman’s exec',
    line: '--log-format=json --log F exec --pid-file F --process /e/process --detach abc',
    want: { command: 'exec', process: '/e/process', id: 'abc' },
  },
  {
    name: 'a switch before the command',
    line: '--debug --systemd-cgroup create a',
    want: { command: 'create', id: 'a' },
  },
  {
    name: 'values that look like commands',
    line: '--root create --log run state a',
    want: { command: 'state', root: 'create' },
  },
  { name: 'a value that is no option’s start', line: '--log - create a', want: { command: 'create', log: '-' } },
  { name: 'short options', line: 'run -b /b -d x', want: { command: 'run', bundle: '/b', id: 'x' } },
  { name: 'a short option with its value', line: 'run -b/b x', want: { command: 'run', bundle: '/b', id: 'x' } },
  {
    name: 'one dash for two, as Go takes it',
    line: '-root /r create -bundle /b x',
    want: { root: '/r', bundle: '/b', id: 'x' },
  },
  { name: 'the end of options', line: 'create --bundle /b -- x', want: { bundle: '/b', id: 'x' } },
  { name: 'crun’s other name for the config', line: 'create -f other.json x', want: { config: 'other.json', id: 'x' } },
  {
    name: 'what is left out',
    line: 'create x',
    want: { bundle: '.', config: 'config.json', logFormat: 'text', log: undefined },
  },
  { name: 'nothing', line: '', want: { command: undefined, id: undefined } },
  { name: 'an option without its value', line: '--log', want: { command: undefined, log: '' } },
  {
    name: 'names of an object’s own',
    line: '--__proto__ --constructor create --toString x',
    want: { command: 'create', id: 'x' },
  },
];

describe('parseRuntimeCall() reads', () => {
  for (const { name, line, want } of cases) {
    test(name, () => {
      expect(parseRuntimeCall(line.split(' ').filter(Boolean))).toMatchObject(want);
    });
  }
});
