import { describe, expect, test } from 'vitest';
import type { OwnedChange } from '../../dispatch/index.js';
import { PluginError } from '../../errors/index.js';
import { withOwner } from './with-owner.js';

const change = (plugin: string, thing: string): OwnedChange => ({
  plugin,
  thing,
  pointer: '/mounts/5',
  area: 'mounts',
  before: undefined,
  after: { destination: '/data' },
  appended: false,
});
const changes = [change('a/first', 'mounts[/data]'), change('b/last', 'mounts[/data]'), change('c/other', 'env[A]')];
const failure = (mount?: string) =>
  new PluginError('CONFIG_INVALID', 'Cannot mount', mount === undefined ? {} : { details: { mount } });

describe('withOwner()', () => {
  test('names the plugin that changed the mount last, under the same code', () => {
    const error = withOwner(failure('/data'), changes);
    expect(error).toMatchObject({ code: 'CONFIG_INVALID', hint: expect.stringContaining('config b/last') });
    expect((error as Error).message).toBe('Cannot mount; plugin "b/last" asked for this mount');
  });
  const untouched = [
    { name: 'a mount of the user', error: failure('/other') },
    { name: 'a failure about something else', error: failure() },
    { name: 'an error of nobody’s', error: new Error('boom') },
  ];
  for (const { name, error } of untouched) test(`leaves ${name}`, () => expect(withOwner(error, changes)).toBe(error));
});
