import { PluginError, quote } from '../errors/index.js';
import { isObject, type Json, type JsonObject, own } from './json.js';

/** A list of problems that is longer helps nobody. */
const MAX_PROBLEMS = 20;

/**
 * Check that a config is still one that an engine can run: the fields that every engine needs, of the types that
 * runtime-spec 1.0 gives them (config.md, "Mounts" and "Process").
 *
 * @throws PluginError `CONFIG_INVALID` that lists the problems, up to twenty.
 */
export function checkConfigShape(config: JsonObject): void {
  const problems: string[] = [];
  const need = (ok: boolean, problem: string): void => {
    if (!ok && problems.length < MAX_PROBLEMS) problems.push(problem);
  };
  const process = own(config, 'process');
  const args = own(process, 'args');
  const env = own(process, 'env') ?? [];
  const mounts = own(config, 'mounts') ?? [];
  const hostname = own(config, 'hostname');
  need(typeof own(config, 'ociVersion') === 'string', 'ociVersion is not a string');
  need(typeof own(own(config, 'root'), 'path') === 'string', 'root.path is not a string');
  need(
    Array.isArray(args) && args.length > 0 && args.every(isText),
    'process.args is not a list of at least one string',
  );
  need(isAbsolute(own(process, 'cwd')), 'process.cwd is not an absolute path');
  need(
    Array.isArray(env) && env.every((entry) => isText(entry) && /^[^=]+=/.test(String(entry))),
    'process.env is not a list of NAME=value',
  );
  need(
    hostname === undefined || (isText(hostname) && /^[A-Za-z0-9._-]{0,64}$/.test(String(hostname))),
    'hostname is not a host name',
  );
  need(Array.isArray(mounts), 'mounts is not a list');
  for (const mount of Array.isArray(mounts) ? mounts : []) {
    const destination = own(mount, 'destination');
    need(
      isAbsolute(destination),
      `mount destination ${quote(JSON.stringify(destination ?? null))} is not an absolute path`,
    );
    const options = own(mount, 'options') ?? [];
    need(Array.isArray(options) && options.every(isText), 'mount options are not a list of strings');
  }
  for (const field of ['annotations', 'linux', 'hooks'] as const) {
    const value = own(config, field);
    need(value === undefined || isObject(value), `${field} is not an object`);
  }
  for (const [key, value] of Object.entries(own(config, 'annotations') ?? {})) {
    need(isText(value), `annotation ${quote(key)} is not a string`);
  }
  if (problems.length > 0) {
    throw new PluginError('CONFIG_INVALID', `The result is not a valid OCI runtime config: ${problems.join('; ')}`);
  }
}

/** What can become a C string: execve and mount end at the first NUL. */
function isText(value: Json): boolean {
  return typeof value === 'string' && !value.includes('\0');
}

function isAbsolute(value: Json | undefined): boolean {
  return value !== undefined && isText(value) && String(value).startsWith('/');
}
