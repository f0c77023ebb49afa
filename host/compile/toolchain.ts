import { PluginError } from '../errors/index.js';

/**
 * Load a part of a toolchain, which is an optional peer: whoever only runs plugins does not install compilers.
 *
 * @param packageName - what to install, for the error.
 * @param load - the dynamic import.
 * @throws PluginError `TOOLCHAIN_MISSING` when the package is not there; another failure of the import goes through.
 */
export async function loadToolchain<T>(packageName: string, load: () => Promise<T>): Promise<T> {
  try {
    return await load();
  } catch (error) {
    const code: unknown = error instanceof Error ? Reflect.get(error, 'code') : undefined;
    if (code !== 'ERR_MODULE_NOT_FOUND' && code !== 'ERR_PACKAGE_PATH_NOT_EXPORTED') {
      throw error;
    }
    throw new PluginError('TOOLCHAIN_MISSING', `Cannot compile: the npm package ${packageName} is not installed`, {
      hint: `Run: npm install --save-dev ${packageName}`,
      details: { package: packageName },
      cause: error,
    });
  }
}
