import type { EngineFacts, ImageWayFacts, LimitFacts } from '../../engine/index.js';
import { ENGINE_NAMES } from '../../engine/index.js';
import { escapeControls, quote } from '../../errors/index.js';
import type { SetupCheck } from '../setup/check.js';
import type { FakerootFacts, Report, StoreFacts } from './doctor.js';

const MAX_PATH = 4096;
const TITLE_COLUMNS = 13;

/** The report for people: a line for each thing, and below it what is wrong with it. */
export function formatReport(report: Report): string {
  const { version, node, meter, fakeroot, limits, contributions } = report;
  const lines = [
    line('wasm-plugin', version),
    line('node', node),
    line('meter', meter),
    ...report.engines.flatMap(engineLines),
    ...report.images.flatMap(imageLines),
    ...(fakeroot === undefined ? [] : fakerootLines(fakeroot)),
    ...(limits === undefined ? [] : limitLines(limits)),
    ...report.setups.flatMap(setupLines),
    ...report.stores.flatMap(storeLines),
    ...contributions.map((warning) => line('plugins', warning)),
  ];
  return lines.map((text) => `${escapeControls(text)}\n`).join('');
}

function line(title: string, text: string): string {
  return `${title.padEnd(TITLE_COLUMNS)}${text}`;
}

function below(texts: readonly string[]): string[] {
  return texts.map((text) => line('', text));
}

function engineLines({ name, usable, version, problems }: EngineFacts): string[] {
  // Other engines are looked for, not tried.
  const ours = ENGINE_NAMES.some((one) => one === name);
  const good = `${ours ? 'ok' : 'installed'}${version === undefined ? '' : `, version ${version}`}`;
  return [line('engine', `${name}: ${usable ? good : ours ? 'not usable' : 'not there'}`), ...below(problems)];
}

const WAYS = { mount: 'loop mount', FUSE: 'FUSE', unpack: 'unpacking' } as const;

function imageLines({ way, fileSystem, problems }: ImageWayFacts): string[] {
  const state = problems.length === 0 ? 'has what it needs' : problems.join(', ');
  return [line('images', `${fileSystem} by ${WAYS[way]}: ${state}`)];
}

function fakerootLines({ uids, gids, problems }: FakerootFacts): string[] {
  const ids = `${uids} user ids and ${gids} group ids beside your own`;
  return [line('fakeroot', problems.length === 0 ? `ok, ${ids}` : 'not usable'), ...below(problems)];
}

function limitLines({ cgroups, applied, problems }: LimitFacts): string[] {
  const versions = cgroups.length === 0 ? 'no cgroups' : `cgroups ${cgroups.join(' and ')}`;
  return [
    line('limits', `${versions}: ${applied.length === 0 ? 'none works' : applied.join(', ')}`),
    ...below(problems),
  ];
}

function setupLines({ engine, path, runtime, store, problems, notes }: SetupCheck): string[] {
  const good = `ok, with ${quote(runtime ?? '', MAX_PATH)} and the plugins of ${quote(store ?? '', MAX_PATH)}`;
  const state = problems.length === 0 ? good : 'broken';
  return [line('setup', `${engine}, ${quote(path, MAX_PATH)}: ${state}`), ...below([...problems, ...notes])];
}

function storeLines({ kind, root, plugins, enabled, problems }: StoreFacts): string[] {
  const state = `${plugins} installed, ${enabled} enabled${problems.length === 0 ? ', ok' : ''}`;
  return [line('store', `${kind} ${quote(root, MAX_PATH)}: ${state}`), ...below(problems)];
}
