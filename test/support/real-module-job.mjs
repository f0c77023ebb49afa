/**
 * One job of a real program that is itself WebAssembly, with or without the meter under it.
 *
 *   node real-module-job.mjs JOB METER      METER: none, epoch, slices, fuel or epoch+fuel
 *
 * Prints JSON: what came out, and how many modules were rewritten.
 */
import { createHash } from 'node:crypto';

const [job = '', meterName = ''] = process.argv.slice(2);

/** @type {Readonly<Record<string, { deadline: 'none' | 'epoch' | 'slices', fuel: boolean }>>} */
const METERS = {
  epoch: { deadline: 'epoch', fuel: false },
  slices: { deadline: 'slices', fuel: false },
  fuel: { deadline: 'none', fuel: true },
  'epoch+fuel': { deadline: 'epoch', fuel: true },
};

const JOBS = {
  'print a component': printComponent,
  'compile a C file': compileC,
  'compile AssemblyScript': compileScript,
};

const C_SOURCE = `
static unsigned table[256];
unsigned crc(const unsigned char *at, unsigned n) {
  for (unsigned i = 0; i < 256; i++) {
    unsigned c = i;
    for (int k = 0; k < 8; k++) c = c & 1 ? 0xedb88320u ^ (c >> 1) : c >> 1;
    table[i] = c;
  }
  unsigned c = ~0u;
  while (n--) c = table[(c ^ *at++) & 255] ^ (c >> 8);
  return ~c;
}
double dot(const double *a, const double *b, int n) { double s = 0; for (int i = 0; i < n; i++) s += a[i] * b[i]; return s; }
`;

const SCRIPT_SOURCE = `
export function words(text: string): i32 {
  const seen = new Map<string, i32>();
  const parts = text.split(" ");
  for (let i = 0; i < parts.length; i++) seen.set(parts[i], seen.has(parts[i]) ? seen.get(parts[i]) + 1 : 1);
  return seen.size;
}
`;

const work = JOBS[/** @type {keyof typeof JOBS} */ (job)];
const meter = METERS[meterName];
const counts =
  meter === undefined ? { modules: 0, ticks: 0 } : (await import('./meter-everything.mjs')).meterEverything(meter);
const bytes = await work();
console.log(
  JSON.stringify({ bytes: bytes.length, digest: createHash('sha256').update(bytes).digest('hex'), ...counts }),
);

/** jco: parse text to a component, and print that as text again. */
async function printComponent() {
  const { parse, print } = await import('@bytecodealliance/jco');
  const component = await parse(`(component
    (core module $m
      (memory (export "memory") 1)
      (func (export "add") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1)))
      (data (i32.const 8) "${'text '.repeat(200)}"))
    (core instance $i (instantiate $m))
    (func (export "add") (param "a" s32) (param "b" s32) (result s32) (canon lift (core func $i "add"))))`);
  return Buffer.from(await print(component));
}

async function compileC() {
  const { commands, runLLVM } = await import('@yowasp/clang');
  await runLLVM(undefined, {}, { fetchProgress: () => {} });
  const files = await commands.clang(['--target=wasm32', '-O2', '-ffreestanding', '-c', 'a.c', '-o', 'a.o'], {
    'a.c': C_SOURCE,
  });
  return /** @type {Uint8Array} */ (files?.['a.o']);
}

/** asc is JavaScript; its optimiser and code generator is binaryen. */
async function compileScript() {
  const { default: asc } = await import('assemblyscript/asc');
  /** @type {Uint8Array | undefined} */
  let output;
  const { error, stderr } = await asc.main(['a.ts', '-O3', '-o', 'a.wasm'], {
    readFile: (name) => (name === 'a.ts' ? SCRIPT_SOURCE : null),
    writeFile: (_name, contents) => {
      output = /** @type {Uint8Array} */ (contents);
    },
    listFiles: () => [],
  });
  if (error !== null || output === undefined) throw new Error(stderr.toString());
  return output;
}
