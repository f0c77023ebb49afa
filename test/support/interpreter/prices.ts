/**
 * What the operators that an interpreter runs cost, in units of work. What depends on immediates, arities and lengths is written down
 * here a second time, so that the tests notice when the meter charges something else.
 */
import { costOf } from '../../../host/sandbox/meter/costs.js';
import { CHECK, type DecodedModule, type FunctionType, type Instruction } from './module.js';

const CALL = 0x10;
const CALL_INDIRECT = 0x11;
const RETURN_CALL = 0x12;
const RETURN_CALL_INDIRECT = 0x13;

const several = (values: number): number => (values > 1 ? values : 0);

/** Entering a function: a unit, and one for sixteen locals. */
export function priceOfEntry(locals: number): number {
  return 1 + Math.floor(locals / 16);
}

/**
 * One operator.
 *
 * @param arity - of a branch or return: values that it carries.
 */
export function priceOf({ code, index, targets }: Instruction, module: DecodedModule, arity: number): number {
  if (code === CHECK) {
    return 0;
  }
  const units = costOf(code);
  switch (code) {
    case 0x02:
    case 0x03:
    case 0x04:
    case 0x06:
    case 0x1f: {
      const type = blockType(index, module);
      return units + several(type.parameters.length) + several(type.results.length);
    }
    case 0x0e:
      return units + targets.length.toString(2).length + several(arity);
    case 0x0b:
    case 0x0c:
    case 0x0d:
    case 0x0f:
      return units + several(arity);
    case CALL:
    case RETURN_CALL:
      return units + arityOf(module.types[module.functionTypes[index]!]!);
    case CALL_INDIRECT:
    case RETURN_CALL_INDIRECT:
      return units + arityOf(module.types[index]!);
    default:
      return units;
  }
}

/** What a bulk operation of this length costs beyond its operator: 64 bytes of memory for a unit, 16 units for an entry of a table. */
export function priceOfLength(code: number, length: number): number {
  switch (code) {
    case 0xfc0008:
    case 0xfc000a:
    case 0xfc000b:
      return Math.floor(length / 64);
    case 0xfc000c:
    case 0xfc000e:
    case 0xfc0011:
      return length * 16;
    default:
      return 0;
  }
}

/** What a helper charges for it: on the way in, and for each chunk but the last; nothing where no helper is needed. */
export function priceOfHelper(code: number, length: number, segment: number): number {
  const entry = 16;
  const chunkUnits = 1024;
  const units = priceOfLength(code, length);
  const unitsOfSegment = priceOfLength(code, segment);
  if ((code === 0xfc0008 || code === 0xfc000c) && unitsOfSegment <= chunkUnits) {
    return unitsOfSegment;
  }
  const chunk = code <= 0xfc000b ? 65_536 : 64;
  const chunks = length > chunk ? Math.ceil(length / chunk) - 1 : 0;
  return units + entry * (1 + chunks);
}

export function blockType(index: number, module: DecodedModule): FunctionType {
  if (index >= 0) {
    return module.types[index]!;
  }
  return { parameters: [], results: index === -0x40 ? [] : [index] };
}

function arityOf({ parameters, results }: FunctionType): number {
  return parameters.length + results.length;
}
