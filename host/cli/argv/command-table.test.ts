import { describe, expect, test } from 'vitest';
import { COMMANDS, findCommand, GLOBAL_OPTION_NAMES, optionNames, TAKEN_WORDS } from './command-table.js';

describe('every command', () => {
  for (const command of COMMANDS) {
    test(`${command.name} has options of its own only, each once`, () => {
      const names = command.options.flatMap(({ long, short }) => (short === undefined ? [long] : [long, short]));
      expect(new Set(names).size).toBe(names.length);
      for (const name of optionNames(command.options)) expect(GLOBAL_OPTION_NAMES.has(name), name).toBe(false);
    });
  }
});

test('the eight inherited commands answer under the group too', () => {
  for (const name of ['create', 'compile', 'inspect', 'install', 'list', 'enable', 'disable', 'uninstall']) {
    expect(findCommand(name)?.grouped, name).toBe(true);
  }
});

test('only run and version take what plugins add', () => {
  expect(COMMANDS.filter(({ extensible }) => extensible === true).map(({ name }) => name)).toEqual(['run', 'version']);
});

test('names of later commands are kept free', () => {
  expect(TAKEN_WORDS.has('upgrade')).toBe(true);
  expect(findCommand('upgrade')).toBeUndefined();
});
