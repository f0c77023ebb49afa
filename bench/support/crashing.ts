/** The guest of the soak that dies in every way. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from '@bytecodealliance/jco';
import { ROOT } from './root.js';

/** Its hook: bytes that start with a letter of {@link WAYS} in, the same bytes out if it lives that long. */
export const CRASH = 'bench:crash/crash@1.0.0';
/** Its capability. */
export const ASK = 'bench:crash/ask@1.0.0';

/** What the first letter of a request does. */
export const WAYS = {
  echo: 'e',
  trap: 't',
  loop: 'l',
  recurse: 'r',
  exit: 'x',
  /** Takes all memory that it gets, and lives. */
  hoard: 'm',
  /** Calls the capability for ever. */
  flood: 'c',
  /** Calls the capability once. */
  ask: 'a',
  /** Answers with 4 GiB. */
  huge: 'h',
} as const;
export type Way = keyof typeof WAYS;

export async function buildCrashing(): Promise<Uint8Array> {
  return parse(readFileSync(join(ROOT, 'bench/guests/crashing.wat'), 'utf8'));
}

/** A request that goes a way; the rest of it tells calls apart. */
export function crashRequest(way: Way, tag: number): Uint8Array {
  return new TextEncoder().encode(`${WAYS[way]}${tag}`);
}
