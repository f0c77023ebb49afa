/**
 * What a core module may look like before V8 validates it.
 *
 * Validating is one call that nothing can interrupt, and it takes more than its input's size: for each block it makes a list of the
 * values that the block takes and leaves, and for each function a list of its locals. A function of 256 KiB with blocks of a
 * thousand values each kept it busy for 8 s and took 2.8 GB; 800 KB of functions that declare 49,000 locals each took 5 s. So
 * numbers that no compiler comes near are refused first, from the few bytes that declare them.
 * WebAssembly core specification, "Binary Format", section "Modules".
 */
import { Reader } from '../../component/index.js';
import { PluginError } from '../../errors/index.js';
import { unsupported } from '../meter/failures.js';
import { SECTION } from '../meter/sections/ids.js';

/** Of one function or block type. The largest that LLVM, StarlingMonkey and jco need: 28 and 1. */
export const MAX_PARAMETERS = 64;
export const MAX_RESULTS = 16;
/** Declared by all functions of a module together; the 130,000 functions of LLVM's 75 MB declare 460,000. */
export const MAX_LOCALS = 8_000_000;

const PREAMBLE_SIZE = 8;
const FUNC_TYPE = 0x60;
const REF = 0x64;
const REF_NULL = 0x63;
const CONTINUE = 0x80;

/**
 * Refuse what would make validating costly.
 *
 * @param module - bytes that nobody has looked at; not modified. Whether they are a module at all is for V8 to say.
 * @param functionBytes - the most that the body of one function may have.
 * @throws PluginError `LIMIT_EXCEEDED`; `COMPONENT_UNSUPPORTED` for types that are not functions; `COMPONENT_MALFORMED` if
 *   a section ends too early.
 */
export function admitShape(module: Uint8Array, functionBytes: number): void {
  const budget = { left: module.byteLength, limit: module.byteLength };
  const reader = new Reader(module, budget, module.byteLength, PREAMBLE_SIZE);
  while (!reader.done) {
    const id = reader.u8();
    const body = reader.range(reader.u32(), `section ${id}`);
    if (id === SECTION.type) {
      admitTypes(body);
    } else if (id === SECTION.code) {
      admitBodies(body, functionBytes);
    }
  }
}

function admitTypes(body: Reader): void {
  for (let left = body.u32(); left > 0; left--) {
    const offset = body.offset;
    if (body.u8() !== FUNC_TYPE) {
      throw unsupported(offset, 'struct, array or recursive types: their objects live outside the memory limit');
    }
    skipValues(body, offset, MAX_PARAMETERS, 'parameters');
    skipValues(body, offset, MAX_RESULTS, 'results');
  }
}

function skipValues(body: Reader, offset: number, most: number, what: string): void {
  const count = body.u32();
  if (count > most) {
    throw above(`a type at byte ${offset} has ${count} ${what}`, most);
  }
  for (let i = 0; i < count; i++) {
    skipValueType(body);
  }
}

function skipValueType(body: Reader): void {
  const type = body.u8();
  if (type === REF || type === REF_NULL) {
    while (body.u8() >= CONTINUE) {
      // A heap type's continuation bytes.
    }
  }
}

function admitBodies(body: Reader, functionBytes: number): void {
  let locals = 0;
  for (let left = body.u32(); left > 0; left--) {
    const offset = body.offset;
    const size = body.u32();
    if (size > functionBytes) {
      throw above(`the function at byte ${offset} has ${size} bytes of code`, functionBytes);
    }
    const code = body.range(size, 'a function body');
    for (let groups = code.u32(); groups > 0; groups--) {
      locals += code.u32();
      skipValueType(code);
    }
    if (locals > MAX_LOCALS) {
      throw above('its functions declare too many local variables', MAX_LOCALS);
    }
  }
}

function above(what: string, limit: number): PluginError {
  return new PluginError('LIMIT_EXCEEDED', `Cannot load a core module: ${what}, the limit is ${limit}`, {
    hint: 'Build it with less inlining, or in smaller functions.',
    details: { limit },
  });
}
