import type { Instance } from '../../engine/index.js';
import { findInstance } from '../../engine/index.js';
import { quote } from '../../errors/index.js';
import { instanceBase } from '../container/detach.js';
import { CommandFailure } from '../failure.js';
import type { CliIo } from '../io.js';

/** @throws CommandFailure if there is no detached container of this name. */
export function instanceNamed(io: CliIo, name: string): Instance {
  const instance = findInstance(instanceBase(io), name);
  if (instance === undefined) {
    throw new CommandFailure(`There is no detached container ${quote(name)}`, {
      hint: 'See which there are: wasm-plugin ps --all',
    });
  }
  return instance;
}
