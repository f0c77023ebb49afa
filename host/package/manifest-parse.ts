import { PluginError } from '../errors/index.js';
import { formatGrant, parseGrant } from '../grant/index.js';
import { readContributes } from './contributions.js';
import { type Fields, present, readFields, type TextRule } from './fields.js';
import { findJsonMistake } from './json-mistake.js';
import type { Manifest } from './manifest-types.js';
import { nameProblem } from './name.js';
import { createReport, failOnProblems, type Report } from './report.js';
import { readSettingsSchema } from './settings-schema.js';

/** Of the whole manifest object. */
export const MAX_MANIFEST_BYTES = 256 * 1024;
const MAX_REQUESTS = 128;

/** Semantic Versioning 2.0.0, "Backus-Naur Form Grammar for Valid SemVer Versions". */
const SEMVER =
  /^(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(-(0|[1-9]\d*|\d*[A-Za-z-][0-9A-Za-z-]*)(\.(0|[1-9]\d*|\d*[A-Za-z-][0-9A-Za-z-]*))*)?(\+[0-9A-Za-z-]+(\.[0-9A-Za-z-]+)*)?$/;

const NAME: TextRule = { maxChars: 1000, problem: nameProblem };
const LINE: TextRule = { maxChars: 2000 };
const SHORT: TextRule = { maxChars: 200, minChars: 1 };
const VERSION: TextRule = {
  maxChars: 100,
  problem: (text) => (SEMVER.test(text) ? undefined : 'it must be a semantic version like 1.2.3'),
};
const HOMEPAGE: TextRule = {
  maxChars: 500,
  problem: (text) =>
    /^https?:\/\//.test(text) && URL.canParse(text) ? undefined : 'it must be an http or https address',
};

export interface ParseManifestOptions {
  /**
   * Takes notes of keys and grants that this version does not know, which are then left out: a plugin made for a newer
   * host degrades on this one. Without it they are errors, which is right for an author, whose unknown key is misspelt.
   */
  readonly onIgnored?: (note: string) => void;
}

/**
 * Read a manifest: UTF-8 JSON with the keys of `Manifest`.
 *
 * @param bytes - not kept.
 * @returns with every default filled in and the grants in normal form.
 * @throws PluginError `MANIFEST_INVALID`, whose message names every problem.
 */
export function parseManifest(bytes: Uint8Array, options: ParseManifestOptions = {}): Manifest {
  const report = createReport(options.onIgnored);
  const manifest = readManifest(parseJson(bytes), report);
  failOnProblems(report, 'MANIFEST_INVALID', 'Cannot use plugin manifest');
  // Nothing was reported, so there is one.
  return manifest as Manifest;
}

function parseJson(bytes: Uint8Array): unknown {
  const invalid = (reason: string, cause?: unknown): PluginError =>
    new PluginError('MANIFEST_INVALID', `Cannot use plugin manifest: ${reason}`, { cause });
  if (bytes.length > MAX_MANIFEST_BYTES) {
    throw invalid(`it has ${bytes.length} bytes, the limit is ${MAX_MANIFEST_BYTES}`);
  }
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (error) {
    throw invalid('it is not valid UTF-8', error);
  }
  try {
    return JSON.parse(text);
  } catch (error) {
    // The parser's own message quotes the text, which is not ours to print.
    const place = findJsonMistake(text);
    throw invalid(`it is not valid JSON${place === undefined ? '' : `, see ${place}`}`, error);
  }
}

function readManifest(value: unknown, report: Report): Manifest | undefined {
  const fields = readFields(value, '', report);
  if (fields === undefined) return undefined;
  fields.require('name', 'author', 'version', 'description');
  const settings = fields.raw('settings');
  const manifest = present({
    name: fields.text('name', NAME) ?? '',
    author: fields.text('author', LINE) ?? '',
    version: fields.text('version', VERSION) ?? '',
    description: fields.text('description', LINE) ?? '',
    license: fields.text('license', SHORT),
    homepage: fields.text('homepage', HOMEPAGE),
    requests: readRequests(fields, report),
    contributes: readContributes(fields.raw('contributes'), 'contributes', report),
    settings: settings === undefined ? undefined : readSettingsSchema(settings, 'settings', report),
    monitor: fields.oneOf('monitor', ['observe', 'exclusive']),
    sdk: readSdk(fields.raw('sdk'), report),
  });
  fields.done();
  return manifest;
}

function readRequests(fields: Fields, report: Report): string[] {
  const requests = fields.list('requests', MAX_REQUESTS, (item, path) => {
    if (typeof item !== 'string') return void report.problem(path, 'is not a text');
    try {
      return formatGrant(parseGrant(item));
    } catch (error) {
      if (!(error instanceof PluginError)) throw error;
      // An unknown kind is a newer host's.
      const tell = error.details.unknownKind === true ? report.unknown : report.problem;
      return void tell(path, `is no grant: ${error.message}`);
    }
  });
  return [...new Set(requests)];
}

function readSdk(value: unknown, report: Report): Manifest['sdk'] {
  if (value === undefined) return undefined;
  const fields = readFields(value, 'sdk', report);
  fields?.require('lang', 'version');
  const sdk = { lang: fields?.text('lang', SHORT) ?? '', version: fields?.text('version', SHORT) ?? '' };
  fields?.done();
  return sdk;
}
