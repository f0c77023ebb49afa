import { describe, expect, test } from 'vitest';
import { type Diagnostic, formatDiagnostic } from './diagnostics.js';

const SOURCE = 'first\r\n\tlet x: Nope;\nlast';
const sourceOf = (path: string) => (path === 'a.ts' ? SOURCE : undefined);

function at(path: string, text: string): Diagnostic['range'] {
  const start = SOURCE.indexOf(text);
  return { start, end: start + text.length, source: { normalizedPath: path } };
}

function diagnostic(fields: Partial<Diagnostic>): Diagnostic {
  return { message: "Cannot find name 'Nope'.", code: 2304, category: 3, range: null, relatedRange: null, ...fields };
}

describe('formatDiagnostic()', () => {
  const cases = [
    {
      name: 'shows the line, tabs as spaces',
      fields: { range: at('a.ts', 'Nope') },
      want: "a.ts:2:9: Cannot find name 'Nope'. (AS2304)\n      let x: Nope;\n             ^^^^",
    },
    {
      name: 'keeps the mark within the first line of a long range',
      fields: { range: at('a.ts', 'Nope;\nlast') },
      want: "a.ts:2:9: Cannot find name 'Nope'. (AS2304)\n      let x: Nope;\n             ^^^^^",
    },
    {
      name: 'names the file where its text is not known',
      fields: { range: at('~lib/array.ts', 'Nope') },
      want: "~lib/array.ts: Cannot find name 'Nope'. (AS2304)",
    },
    {
      name: 'shows the other half of a problem',
      fields: { range: at('~lib/array.ts', 'first'), relatedRange: at('a.ts', 'first') },
      want: "~lib/array.ts: Cannot find name 'Nope'. (AS2304)\n  see a.ts:1:1\n    first\n    ^^^^^",
    },
    { name: 'works without a place', fields: {}, want: "Cannot find name 'Nope'. (AS2304)" },
    {
      name: 'drops the prefix of our own',
      fields: { code: 102, message: 'User-defined: A hook must be exported' },
      want: 'A hook must be exported',
    },
    {
      name: 'names types of the library by their names',
      fields: { message: "Type '~lib/@a/b-c/d.generated/E<~lib/string/String>' is not 'i32'." },
      want: "Type 'E<String>' is not 'i32'. (AS2304)",
    },
    {
      name: 'escapes what could move a cursor',
      fields: { message: 'a\u001b[2J' },
      want: 'a\\u{1b}[2J (AS2304)',
    },
  ];
  for (const { name, fields, want } of cases) {
    test(name, () => {
      expect(formatDiagnostic(diagnostic(fields), sourceOf)).toBe(want);
    });
  }
});
