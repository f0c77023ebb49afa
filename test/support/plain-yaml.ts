/**
 * Reader of the part of YAML that manifests of ours are written in, for their tests.
 *
 * Maps and lists in block form, plain and quoted words, `[a, b]` of plain words, `|` texts, comments of whole lines, several
 * documents. Anything else is an error, and so is what people and parsers read differently: a tab, a key twice, a plain word such as `yes`.
 */
export type Yaml = string | number | boolean | null | readonly Yaml[] | { readonly [key: string]: Yaml };

interface Line {
  readonly indent: number;
  readonly text: string;
  /** As it stands in the file, for texts. */
  readonly raw: string;
  readonly number: number;
}

/** @returns one value for each document. @throws SyntaxError with the line's number. */
export function parsePlainYaml(text: string): Yaml[] {
  const documents: Line[][] = [[]];
  for (const [index, raw] of text.split('\n').entries()) {
    if (raw === '---') {
      documents.push([]);
    } else {
      const content = raw.trimStart();
      documents.at(-1)?.push({ indent: raw.length - content.length, text: content.trimEnd(), raw, number: index + 1 });
    }
  }
  return documents.filter((lines) => lines.some(isContent)).map((lines) => new Reader(lines).document());
}

function isContent({ text }: Line): boolean {
  return text !== '' && !text.startsWith('#');
}

class Reader {
  readonly #lines: Line[];
  #at = 0;

  constructor(lines: Line[]) {
    this.#lines = lines;
  }

  document(): Yaml {
    const value = this.#block(0);
    const line = this.#next();
    return line === undefined ? value : fail(line, 'what belongs to nothing');
  }

  /** The next line with content, which stays. */
  #next(): Line | undefined {
    while (this.#at < this.#lines.length && !isContent(this.#lines[this.#at] as Line)) {
      this.#at++;
    }
    const line = this.#lines[this.#at];
    return line?.raw.includes('\t') ? fail(line, 'a tab') : line;
  }

  #block(minIndent: number): Yaml {
    const first = this.#next();
    if (first === undefined || first.indent < minIndent) {
      return null;
    }
    return isItem(first) ? this.#list(first.indent) : this.#map(first.indent);
  }

  #list(indent: number): Yaml[] {
    const items: Yaml[] = [];
    for (let line = this.#next(); line?.indent === indent && isItem(line); line = this.#next()) {
      const rest = line.text.slice(2).trimStart();
      const inner = line.indent + line.text.length - rest.length;
      if (keyOf(rest) !== undefined) {
        // A map that begins behind the dash: its first line is read as if the dash were a space.
        this.#lines[this.#at] = { ...line, indent: inner, text: rest };
        items.push(this.#map(inner));
      } else {
        this.#at++;
        items.push(this.#value(line, rest));
      }
    }
    return items;
  }

  #map(indent: number): Yaml {
    const entries = new Map<string, Yaml>();
    for (let line = this.#next(); line?.indent === indent && !isItem(line); line = this.#next()) {
      const key = keyOf(line.text) ?? fail(line, 'no key');
      if (entries.has(key)) {
        fail(line, 'a key twice');
      }
      this.#at++;
      entries.set(key, this.#value(line, line.text.slice(line.text.indexOf(':') + 1).trimStart()));
    }
    return Object.fromEntries(entries);
  }

  /** What stands behind a key or a dash of `line`, or below it. */
  #value(line: Line, rest: string): Yaml {
    if (rest === '|') {
      return this.#text(line);
    }
    if (rest !== '') {
      return rest.startsWith('[') ? flow(line, rest) : scalar(line, rest);
    }
    // A list may stand at the indent of its key.
    const below = this.#next();
    return this.#block(below !== undefined && isItem(below) ? line.indent : line.indent + 1);
  }

  #text(head: Line): string {
    const rows: string[] = [];
    const first = this.#lines.slice(this.#at).find(({ text }) => text !== '');
    const indent = first?.indent ?? 0;
    for (; this.#at < this.#lines.length; this.#at++) {
      const line = this.#lines[this.#at] as Line;
      if (line.text !== '' && line.indent < indent) break;
      rows.push(line.raw.slice(indent));
    }
    return indent > head.indent ? `${rows.join('\n').trimEnd()}\n` : fail(head, 'a text without lines');
  }
}

function isItem({ text }: Line): boolean {
  return text.startsWith('- ');
}

function keyOf(text: string): string | undefined {
  return /^([A-Za-z0-9_./-]+):(?: |$)/.exec(text)?.[1];
}

function flow(line: Line, text: string): Yaml[] {
  const inside = /^\[(.*)\]$/.exec(text)?.[1] ?? fail(line, 'a list without an end');
  return inside.trim() === '' ? [] : inside.split(',').map((word) => scalar(line, word.trim()));
}

function scalar(line: Line, text: string): Yaml {
  if (text.startsWith('"')) {
    return JSON.parse(text) as string;
  }
  if (/^(?:true|false|null|0|[1-9]\d{0,9})$/.test(text)) {
    return JSON.parse(text) as Yaml;
  }
  const isPlain = /^[A-Za-z0-9/.$(][^#[\]{},&*!|>'"%@`]*$/.test(text) && !text.includes(': ');
  const isAmbiguous = /^(?:yes|no|on|off|y|n|\.?\d[\d.eE_+-]*)$/i.test(text);
  return isPlain && !isAmbiguous ? text : fail(line, 'a word that must be quoted');
}

function fail(line: Line, what: string): never {
  throw new SyntaxError(`Line ${line.number} has ${what}: ${line.raw}`);
}
