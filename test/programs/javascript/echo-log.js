// The echo program in JavaScript, with one capability: see ../README.md.
import { call as log } from 'wasm-plugin:host/log@1.0.0';

const startsWith = (bytes, text) => [...text].every((char, i) => bytes[i] === char.charCodeAt(0));

// A throw of bytes is the error arm; a failing capability throws its own error arm as `payload`.
export const echo = {
  handle(request) {
    if (startsWith(request, 'fail:')) {
      throw request.slice('fail:'.length);
    }
    if (startsWith(request, 'log:')) {
      return log(request.slice('log:'.length));
    }
    return request;
  },
};
