/** The official JSON schema of OCI runtime configs, as Debian packages it, behind a validator of JSON schemas. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv, type ErrorObject } from 'ajv';

const FOLDER = '/usr/share/gocode/src/github.com/opencontainers/runtime-spec/schema';
const PACKAGE = 'golang-github-opencontainers-specs-dev';

type Schema = Readonly<Record<string, unknown>>;

export interface OciSchema {
  /** What it finds wrong: `path keyword`, the path as in `process.args[0]`. Empty for a valid config. */
  problems(config: unknown): string[];
  /** Every property that it names outside of the sections of other systems, `[]` for any entry of a list. */
  readonly properties: readonly string[];
}

/** @returns undefined where the schema is not installed, which is an error with `CI=true`. */
export function loadOciSchema(): OciSchema | undefined {
  if (!existsSync(join(FOLDER, 'config-schema.json'))) {
    if (process.env.CI === 'true') throw new Error(`This test needs ${PACKAGE}, which .ci/run must install`);
    console.warn(`Skipping what needs ${PACKAGE}: it is not installed`);
    return undefined;
  }
  const files = new Map(readdirSync(FOLDER).map((name) => [name, readSchema(name)]));
  // The schema says draft 4, whose own schema the validator does not carry; it uses nothing that a later draft changed.
  const ajv = new Ajv({ strict: false, allErrors: true, logger: false });
  for (const [name, schema] of files) ajv.addSchema(schema, name);
  const validate = ajv.getSchema('config-schema.json')!;
  return {
    problems: (config) => (validate(config) === true ? [] : (validate.errors ?? []).map(problem)),
    properties: propertiesOf(files),
  };
}

function readSchema(name: string): Schema {
  const { $schema: _draft, ...schema } = JSON.parse(readFileSync(join(FOLDER, name), 'utf8'));
  return schema;
}

function problem({ instancePath, keyword, params }: ErrorObject): string {
  const path = instancePath
    .replace(/\/(\d+)(?=\/|$)/g, '[$1]')
    .replaceAll('/', '.')
    .replace(/^\./, '');
  const field = keyword === 'required' ? `.${params.missingProperty}` : '';
  return `${path}${field} ${keyword}`.replace(/^\./, '');
}

const OTHER_SYSTEMS = ['windows', 'solaris', 'vm', 'zos', 'freebsd'];

function propertiesOf(files: ReadonlyMap<string, Schema>): string[] {
  const found = new Set<string>();

  function walk(schema: Schema, file: string, path: string): void {
    if (typeof schema.$ref === 'string') {
      const [name, pointer] = schema.$ref.split('#') as [string, string];
      const target = name === '' ? file : name;
      const steps = pointer.split('/').filter((step) => step !== '');
      const inner = steps.reduce<unknown>((value, step) => (value as Schema)[step], files.get(target));
      walk(inner as Schema, target, path);
    }
    for (const one of [...list(schema.allOf), ...list(schema.anyOf), ...list(schema.oneOf)]) walk(one, file, path);
    if (schema.items !== undefined) walk(schema.items as Schema, file, `${path}[]`);
    for (const [name, property] of Object.entries((schema.properties ?? {}) as Record<string, Schema>)) {
      if (path === '' && OTHER_SYSTEMS.includes(name)) continue;
      const at = path === '' ? name : `${path}.${name}`;
      found.add(at);
      walk(property, file, at);
    }
  }

  walk(files.get('config-schema.json') as Schema, 'config-schema.json', '');
  return [...found];
}

const list = (value: unknown): Schema[] => (value ?? []) as Schema[];
