import { describe, expect, test } from 'vitest';
import type { FuncType, ValueType } from './types.js';
import {
  flags,
  handle,
  isPlainFunction,
  list,
  loweredSignature,
  primitive,
  product,
  result,
  variant,
} from './types.js';

const U8 = primitive(0x7d)!;
const U64 = primitive(0x77)!;
const F32 = primitive(0x76)!;
const F64 = primitive(0x75)!;
const STRING = primitive(0x73)!;
const func = (parameters: ValueType[], answer?: ValueType): FuncType => ({ kind: 'func', parameters, result: answer });

/** Core signatures worked out by hand from CanonicalABI.md, "Flattening". */
const cases = [
  { name: 'nothing', type: func([]), parameters: [], results: [] },
  { name: 'numbers', type: func([U8, U64, F32], F64), parameters: ['i32', 'i64', 'f32'], results: ['f64'] },
  {
    name: 'a list and a string',
    type: func([list(U64), STRING]),
    parameters: ['i32', 'i32', 'i32', 'i32'],
    results: [],
  },
  { name: 'a result in memory', type: func([], STRING), parameters: ['i32'], results: [] },
  { name: 'a record', type: func([product([U8, F64])]), parameters: ['i32', 'f64'], results: [] },
  { name: 'a record as result', type: func([], product([U8, F64])), parameters: ['i32'], results: [] },
  { name: 'a record of one field as result', type: func([], product([F64])), parameters: [], results: ['f64'] },
  { name: 'an option', type: func([variant([undefined, U64])]), parameters: ['i32', 'i64'], results: [] },
  { name: 'an enum', type: func([], variant([undefined, undefined])), parameters: [], results: ['i32'] },
  { name: 'flags and a handle', type: func([flags()], handle()), parameters: ['i32'], results: ['i32'] },
  { name: 'i32 joined with f32', type: func([result(U8, F32)]), parameters: ['i32', 'i32'], results: [] },
  { name: 'f32 joined with f64', type: func([result(F32, F64)]), parameters: ['i32', 'i64'], results: [] },
  {
    name: 'cases of different lengths',
    type: func([result(STRING, U64)]),
    parameters: ['i32', 'i64', 'i32'],
    results: [],
  },
  { name: '16 parameters', type: func(Array(16).fill(U8)), parameters: Array(16).fill('i32'), results: [] },
  { name: '17 parameters, which go through memory', type: func(Array(17).fill(U8)), parameters: ['i32'], results: [] },
  {
    name: 'a variant of 17 core values',
    type: func([variant([product(Array(16).fill(U8))])]),
    parameters: ['i32'],
    results: [],
  },
  {
    name: 'a tuple of a type that is too long',
    type: func([product([product(Array(17).fill(U8))])]),
    parameters: ['i32'],
    results: [],
  },
  {
    name: 'many parameters and a result in memory',
    type: func(Array(17).fill(U8), STRING),
    parameters: ['i32', 'i32'],
    results: [],
  },
];

describe('loweredSignature()', () => {
  for (const { name, type, parameters, results } of cases) {
    test(`flattens ${name}`, () => {
      expect(loweredSignature(type)).toEqual({ parameters, results });
    });
  }
});

describe('isPlainFunction()', () => {
  const plain = [
    { name: 'numbers', type: func([U8, U64], F32), want: true },
    { name: 'no result', type: func([variant([undefined, U8])]), want: true },
    { name: 'a string', type: func([STRING]), want: false },
    { name: 'a handle, which is another number on the other side', type: func([handle()]), want: false },
    { name: 'a handle inside an option', type: func([], variant([undefined, handle()])), want: false },
    { name: 'a result in memory', type: func([], product([U8, U8])), want: false },
    { name: 'parameters in memory', type: func(Array(17).fill(U8)), want: false },
  ];
  for (const { name, type, want } of plain) {
    test(`is ${want} for ${name}`, () => {
      expect(isPlainFunction(type)).toBe(want);
    });
  }
});
