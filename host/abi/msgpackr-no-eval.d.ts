/** msgpackr ships no types for this build; these are the parts that codec files use (msgpackr 2.1.3, pack.js and unpack.js). */
declare module 'msgpackr/index-no-eval' {
  export interface Options {
    readonly useRecords: boolean;
    readonly mapsAsObjects?: boolean;
    readonly int64AsType?: 'bigint' | 'number' | 'string';
    readonly copyBuffers?: boolean;
    readonly useToJSON?: boolean;
    readonly structuredClone?: boolean;
    readonly moreTypes?: boolean;
    readonly bundleStrings?: boolean;
  }

  export class Unpackr {
    constructor(options: Options);
    unpack(bytes: Uint8Array, options?: { readonly end: number }): unknown;
  }

  export class Packr extends Unpackr {
    pack(value: unknown, encodeOptions?: number): Uint8Array;
    /** A Buffer, which has the writer of UTF-8 that msgpackr looked for when it was loaded. */
    useBuffer(buffer: Buffer): void;
  }

  export interface Allocated {
    readonly target: Uint8Array;
    readonly targetView: DataView;
    readonly position: number;
  }

  export function addExtension<T>(extension: {
    readonly Class: new (...args: never[]) => T;
    readonly type: number;
    pack(value: T, allocateForWrite: (byteCount: number) => Allocated): void;
  }): void;

  export const RESET_BUFFER_MODE: number;
  export const isNativeAccelerationEnabled: boolean;
}
