import { PluginError, quote } from '../errors/index.js';

/** Do what may fail for reasons of the system. @throws PluginError `IO_FAILED` with its code, or what `act` throws as one of ours. */
export function attempt<T>(what: string, path: string, act: () => T): T {
  try {
    return act();
  } catch (cause) {
    if (cause instanceof PluginError) {
      throw cause;
    }
    const { code } = cause as NodeJS.ErrnoException;
    throw new PluginError('IO_FAILED', `Cannot ${what} ${quote(path, 4096)}: ${code ?? String(cause)}`, { cause });
  }
}
