import { expect } from 'vitest';
import { PluginError } from '../../host/errors/index.js';

/** The PluginError that `run` throws; anything else fails the test. */
export function thrown(run: () => unknown): PluginError {
  try {
    run();
  } catch (error) {
    expect(error).toBeInstanceOf(PluginError);
    return error as PluginError;
  }
  throw new Error('It did not throw');
}

/** The PluginError that a promise is rejected with. */
export async function rejected(promise: Promise<unknown>): Promise<PluginError> {
  const outcome = await promise.then(
    () => undefined,
    (error: unknown) => ({ error }),
  );
  return thrown(() => {
    if (outcome !== undefined) {
      throw outcome.error;
    }
  });
}
