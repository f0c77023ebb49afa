import { clock } from './clock.js';
import { env } from './env.js';
import { fs } from './fs.js';
import { http } from './http.js';
import { image } from './image.js';
import { kv } from './kv.js';
import { log } from './log.js';
import { random } from './random.js';
import { rootfs } from './rootfs.js';

/** The capabilities of `wasm-plugin:host@1.0.0`, which a plugin imports. */
export const capabilities = Object.freeze({ log, clock, random, env, kv, fs, http, image, rootfs });
