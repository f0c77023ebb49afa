import { escapeControls, PluginError, quote } from '../errors/index.js';
import { parseHostPort } from './host-port.js';
import { normalizePath } from './path.js';
import { parsePointer } from './pointer.js';
import { ADJUSTMENT_KEYS, type AdjustmentKey, type Grant } from './types.js';

const MAX_GRANT_CHARS = 4096;
const ENV_NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;

/**
 * Parse one grant as manifests and `--grant` spell it: `kv`, `env:SLURM_*`, `fs:/etc/slurm:ro`, `http:api.example.com:443`,
 * `config:mounts`, `config:/linux/seccomp`, `process:signal`, `image`, `rootfs`.
 *
 * Normalises while parsing, so that nothing later compares spellings. What could be read in two ways is refused rather
 * than guessed: relative paths, `..`, globs other than a variable's trailing `*`, control characters.
 *
 * @throws PluginError `GRANT_INVALID`. `details.unknownKind` is true if this version does not know the kind at all, which
 *   is no reason to refuse a plugin that was made for a newer host: it only will not get it.
 */
export function parseGrant(text: string): Grant {
  if (text.length > MAX_GRANT_CHARS) {
    throw invalid(text, `it has ${text.length} characters, the limit is ${MAX_GRANT_CHARS}`);
  }
  if (escapeControls(text) !== text) throw invalid(text, 'it holds control characters');
  if (/\p{Surrogate}/u.test(text)) throw invalid(text, 'it holds half a character');
  const colon = text.indexOf(':');
  const kind = colon === -1 ? text : text.slice(0, colon);
  const rest = colon === -1 ? undefined : text.slice(colon + 1);
  switch (kind) {
    case 'kv':
    case 'image':
    case 'rootfs':
      if (rest !== undefined) throw invalid(text, `${kind} takes nothing after it`);
      return { kind };
    case 'env':
      return parseEnv(text, rest ?? '');
    case 'fs':
      return parseFs(text, rest ?? '');
    case 'http': {
      const place = parseHostPort(rest ?? '');
      if (typeof place === 'string') throw invalid(text, place, 'Write it like http:api.example.com:443');
      return { kind: 'http', ...place };
    }
    case 'config':
      return parseConfig(text, rest ?? '');
    case 'process':
      if (rest !== 'signal') throw invalid(text, 'the only process grant is process:signal');
      return { kind: 'process', action: 'signal' };
    default:
      throw new PluginError('GRANT_INVALID', `Cannot use grant ${quote(text)}: ${quote(kind)} is not a kind of grant`, {
        hint: 'Use one of kv, env, fs, http, config, process, image, rootfs.',
        details: { grant: text, unknownKind: true },
      });
  }
}

function parseEnv(text: string, rest: string): Grant {
  const prefix = rest.endsWith('*');
  const name = prefix ? rest.slice(0, -1) : rest;
  if (!ENV_NAME.test(name) && !(prefix && name === '')) {
    throw invalid(text, 'it needs a variable name of letters, digits and _', 'Write it like env:HOME or env:SLURM_*');
  }
  return { kind: 'env', name, prefix };
}

function parseFs(text: string, rest: string): Grant {
  // The last colon: a path may hold others.
  const colon = rest.lastIndexOf(':');
  const mode = rest.slice(colon + 1);
  const hint = 'Write it like fs:/etc/slurm:ro';
  if (colon === -1 || (mode !== 'ro' && mode !== 'rw')) throw invalid(text, 'it does not end in :ro or :rw', hint);
  const path = normalizePath(rest.slice(0, colon));
  if (path === undefined) throw invalid(text, 'the path is not absolute, or holds ".."', hint);
  return { kind: 'fs', path, mode };
}

function parseConfig(text: string, rest: string): Grant {
  if (rest.startsWith('/')) {
    const segments = parsePointer(rest);
    if (segments === undefined) throw invalid(text, 'it is not a JSON pointer: ~ must be followed by 0 or 1');
    return { kind: 'config-pointer', segments };
  }
  if (!isAdjustmentKey(rest)) {
    throw invalid(text, `it names neither an adjustment (${ADJUSTMENT_KEYS.join(', ')}) nor a JSON pointer`);
  }
  return { kind: 'config', adjustment: rest };
}

function isAdjustmentKey(text: string): text is AdjustmentKey {
  return (ADJUSTMENT_KEYS as readonly string[]).includes(text);
}

function invalid(text: string, reason: string, hint?: string): PluginError {
  return new PluginError('GRANT_INVALID', `Cannot use grant ${quote(text)}: ${reason}`, {
    hint: hint === undefined ? undefined : `${hint}.`,
    details: { grant: text, unknownKind: false },
  });
}
