import { expect, test } from 'vitest';
import { formatJson } from './print-json.js';

test('formatJson() leaves nothing that a terminal would obey, and means the same', () => {
  const value = { 'a\u001b[2J': '\u009b2J \u202e\u007f', plain: 'naïve' };
  const text = formatJson(value);
  expect(text).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/);
  expect(JSON.parse(text)).toEqual(value);
});
