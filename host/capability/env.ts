import { capabilities } from '../abi/index.js';
import { quote } from '../errors/index.js';
import { covers, type Grant } from '../grant/index.js';
import type { SyncCapability } from '../sandbox/index.js';
import { Refusal } from './answer.js';
import { capability } from './define.js';

/** Looks up one variable of the host; undefined when it is not set. */
export type EnvSource = (name: string) => string | undefined;

/** `wasm-plugin:host/env`: the variables that an `env:` grant names, one at a time; there is no way to list them. */
export function envCapability(grants: readonly Grant[], lookUp: EnvSource): SyncCapability {
  return capability(capabilities.env, ({ name }) => {
    // The guest's text is only ever one name here, so that a `*` in it cannot become a pattern.
    const wanted: Grant = { kind: 'env', name, prefix: false };
    if (!grants.some((grant) => covers(grant, wanted))) {
      throw new Refusal('denied', `Cannot read variable ${quote(name)}: it was not granted`);
    }
    const value = lookUp(name);
    // A source that is an object's keys also has what objects inherit, such as `constructor`.
    return typeof value === 'string' ? { value } : {};
  });
}
