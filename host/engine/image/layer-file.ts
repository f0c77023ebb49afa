import { createHash, type Hash } from 'node:crypto';
import { read } from 'node:fs';
import { promisify } from 'node:util';
import { Refusal } from '../../capability/index.js';

/** A layer in a file that is open for reading; its owner closes it. */
export interface LayerFile {
  readonly fd: number;
  /** Where it begins in the file. Default 0. */
  readonly offset?: number;
  /** In bytes, as the manifest says. */
  readonly size: number;
  /** Of the layer as it is, `sha256:…`. */
  readonly digest: string;
}

const readFrom = promisify(read);
const READ_BYTES = 1024 * 1024;
const HASHES: ReadonlyMap<string, number> = new Map([
  ['sha256', 64],
  ['sha512', 128],
]);

/** Reads a layer once, for who unpacks it and for its digest. */
export class LayerReader {
  readonly #layer: LayerFile;
  readonly #hash: Hash;
  readonly #hex: string;
  #done = 0;
  #isVerifying = false;

  /** @throws Refusal `unsupported` for a digest that cannot be compared: nothing is to be read then. */
  constructor(layer: LayerFile) {
    const [algorithm = '', hex = '', ...rest] = layer.digest.split(':');
    const digits = HASHES.get(algorithm);
    if (digits === undefined || rest.length > 0 || hex.length !== digits || !/^[0-9a-f]+$/.test(hex)) {
      throw new Refusal('unsupported', 'its digest is none that is known here');
    }
    this.#layer = layer;
    this.#hash = createHash(algorithm);
    this.#hex = hex;
  }

  /**
   * The bytes, piece by piece; once. Not a stream of `node:fs`, which closes the descriptor, whoever's it is, when it is stopped early.
   *
   * @param onRead - told how many came so far.
   */
  async *pieces(onRead: (done: number) => void = () => undefined): AsyncGenerator<Uint8Array, void> {
    for (;;) {
      const piece = await this.#next();
      // Who stopped early does not wait for a piece that was under way.
      if (piece === undefined || this.#isVerifying) return;
      this.#take(piece);
      yield piece;
      onRead(this.#done);
    }
  }

  /**
   * Read what is left, and compare the whole with its digest. Afterwards there are no more pieces.
   *
   * @throws Refusal `invalid` if it is not what the manifest means.
   */
  async verify(signal: AbortSignal | undefined): Promise<void> {
    this.#isVerifying = true;
    for (let piece = await this.#next(); piece !== undefined; piece = await this.#next()) {
      signal?.throwIfAborted();
      this.#take(piece);
    }
    const { size } = this.#layer;
    if (this.#done !== size) {
      throw new Refusal('invalid', `it has ${this.#done} bytes, where the manifest says ${size}`);
    }
    if (this.#hash.digest('hex') !== this.#hex) {
      throw new Refusal('invalid', 'its content is not what the manifest says', 'Copy the image again.');
    }
  }

  async #next(): Promise<Uint8Array | undefined> {
    const { fd, offset = 0, size } = this.#layer;
    // A new one each time: what decompresses may still hold the last. It is filled before it is looked at.
    const room = Buffer.allocUnsafeSlow(Math.min(READ_BYTES, size - this.#done));
    if (room.byteLength === 0) return undefined;
    const { bytesRead } = await readFrom(fd, room, 0, room.byteLength, offset + this.#done);
    return bytesRead === 0 ? undefined : room.subarray(0, bytesRead);
  }

  #take(piece: Uint8Array): void {
    this.#hash.update(piece);
    this.#done += piece.byteLength;
  }
}
