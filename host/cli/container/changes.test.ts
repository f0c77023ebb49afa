import { describe, expect, test } from 'vitest';
import type { OwnedChange } from '../../dispatch/index.js';
import { formatChanges } from './changes.js';

function change(plugin: string, thing: string, before: unknown, after: unknown, appended = false): OwnedChange {
  return { plugin, thing, pointer: '', area: undefined, before, after, appended } as OwnedChange;
}

describe('formatChanges()', () => {
  test('aligns what was, what is, and who did it', () => {
    expect(
      formatChanges([
        change('example.com/site', 'env[SITE]', undefined, 'SITE=north'),
        change('a', 'mounts[/etc/slurm]', { destination: '/etc/slurm' }, undefined),
        change('a', '/hooks/poststop', undefined, [{ path: '/x' }], true),
      ]),
    ).toEqual([
      'env[SITE]           example.com/site  nothing                       -> "SITE=north"',
      'mounts[/etc/slurm]  a                 {"destination":"/etc/slurm"}  -> nothing',
      '/hooks/poststop     a                 (appended)                    -> [{"path":"/x"}]',
    ]);
  });

  test('has one line for a thing that several changed, and one for each addition', () => {
    expect(
      formatChanges([
        change('a', 'env[A]', undefined, 'A=1'),
        change('a', '/x', undefined, [1], true),
        change('b', 'env[A]', 'A=1', 'A=2'),
        change('b', '/x', undefined, [2], true),
      ]),
    ).toEqual([
      'env[A]  b over a  nothing     -> "A=2"',
      '/x      a         (appended)  -> [1]',
      '/x      b         (appended)  -> [2]',
    ]);
  });

  test('shows of long values the part that differs', () => {
    const mount = (option: string): unknown => ({ destination: `/${'d'.repeat(100)}`, options: ['rbind', option] });
    const [line] = formatChanges([change('a', 'mounts[/d]', mount('ro'), mount('rw'))]);
    expect(line).toMatch(/ …\S*"options":\["rbind","ro"\]\} +-> …\S*"options":\["rbind","rw"\]\}$/);
  });

  test('cuts what has no end', () => {
    const [line] = formatChanges([change('p'.repeat(500), 't'.repeat(1e6), undefined, 'v'.repeat(1e6))]);
    expect(line!.length).toBeLessThan(300);
    const many = Array.from({ length: 1000 }, (_, i) => change('a', `/${i}`, undefined, i));
    expect(formatChanges(many)).toHaveLength(201);
    expect(formatChanges(many).at(-1)).toBe('and 800 more, see --json');
  });

  test('lets nothing reach the terminal as it is', () => {
    const evil = '\u001b[2J\n\u202e\u009b';
    const [line] = formatChanges([change(evil, evil, [evil], evil)]);
    expect(line).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u202e]/);
  });

  test('has no line where nobody changed anything', () => expect(formatChanges([])).toEqual([]));
});
