/** A plugin that says what the test wants, byte for byte: for answers that no SDK would make. */
import { parse } from '@bytecodealliance/jco';
import type { Manifest } from '../../host/package/index.js';
import { packPlugin } from '../../host/package/index.js';
import { SCORE, type TextPlugin, textPluginSource } from './text-plugin.js';

export interface Puppet {
  /** Full id of the hook that it exports. */
  readonly hook?: string;
  /** What it answers to every call. Default: its body is `handle` of `parts`. */
  readonly answer?: Uint8Array;
  /** Whether the answer is the error arm. */
  readonly failing?: boolean;
  readonly manifest?: Partial<Manifest>;
  readonly parts?: TextPlugin;
}

const PAGE = 65_536;
/** Above what the allocator of the text plugin hands out for requests of a few KiB. */
const ANSWER_AT = 8 * PAGE;

/** @returns the bytes of a package. */
export async function packPuppet({
  hook = SCORE,
  answer,
  failing = false,
  manifest,
  parts,
}: Puppet): Promise<Uint8Array> {
  return packPlugin({
    component: await parse(textPluginSource({ ...speaking(answer, failing), ...parts }).replaceAll(SCORE, hook)),
    manifest: {
      name: 'example.com/puppet',
      author: 'A. Author',
      version: '1.0.0',
      description: 'A test',
      requests: [],
      contributes: { commands: [], flags: [], phases: [] },
      ...manifest,
    },
  });
}

function speaking(answer: Uint8Array | undefined, failing: boolean): TextPlugin {
  if (answer === undefined) {
    return {};
  }
  const text = Array.from(answer, (byte) => `\\${byte.toString(16).padStart(2, '0')}`).join('');
  const pages = ANSWER_AT / PAGE + Math.ceil(answer.byteLength / PAGE) + 1;
  return {
    memory: `(memory (export "memory") ${pages}) (data (i32.const ${ANSWER_AT}) "${text}")`,
    handle: `(call $answer (i32.const ${failing ? 1 : 0}) (i32.const ${ANSWER_AT}) (i32.const ${answer.byteLength}))`,
  };
}
