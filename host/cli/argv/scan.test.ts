import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { scanArgv } from './scan.js';

const cases = [
  { argv: '', command: undefined },
  { argv: 'list', command: 'list' },
  { argv: '--debug list', command: 'list', debug: true },
  { argv: '-dq list', command: 'list', debug: true },
  { argv: 'plugin list', command: 'list', grouped: true },
  { argv: 'plugins -d list', command: 'list', grouped: true, debug: true },
  { argv: 'plugin', command: undefined, grouped: true },
  { argv: '--help', command: undefined },
  { argv: '--store S list', command: 'list', store: 'S' },
  { argv: '--store=S list', command: 'list', store: 'S' },
  { argv: 'list --store S', command: 'list', store: 'S' },
  { argv: 'run --bind a --store S img', command: 'run', store: 'S' },
  { argv: 'run -Ba --store S img', command: 'run', store: 'S' },
  { argv: 'run -B a --store S img', command: 'run', store: 'S' },
  { argv: 'run img --store S', command: 'run', store: undefined },
  { argv: 'run --contributed x --store S img', command: 'run', store: undefined },
  { argv: 'run -- --store S', command: 'run', store: undefined },
  { argv: 'run --bind --store S', command: 'run', store: undefined },
  { argv: 'test-cmd --store S', command: 'test-cmd', store: 'S' },
  { argv: 'inspect x --store S', command: 'inspect', store: 'S' },
  { argv: 'site show x --store S', command: 'site', store: 'S' },
  { argv: 'site show --contributed x --store S', command: 'site', store: undefined },
  { argv: 'site show x -- --store S', command: 'site', store: undefined },
  { argv: 'run plugin', command: 'run' },
  { argv: '--store', command: undefined, store: '' },
  { argv: '- list', command: '-' },
];

describe('scanArgv()', () => {
  for (const { argv, command, grouped = false, debug = false, store } of cases) {
    test(`"${argv}"`, () => {
      const scan = scanArgv(argv.split(' ').filter(Boolean));
      expect({
        command: scan.command,
        grouped: scan.grouped,
        debug: scan.globals.debug,
        store: scan.globals.store,
      }).toEqual({
        command,
        grouped,
        debug,
        store,
      });
    });
  }
  test('never throws', () => {
    const token = fc.oneof(fc.string(), fc.constantFrom('--store', '-d', '--', '-', 'run', 'plugin', '--bind', '-B'));
    fc.assert(fc.property(fc.array(token), (argv) => void scanArgv(argv)));
  });
});
