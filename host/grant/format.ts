import { formatPointer } from './pointer.js';
import type { Grant } from './types.js';

/** The one text of a grant; `parseGrant` gives the same grant back. */
export function formatGrant(grant: Grant): string {
  switch (grant.kind) {
    case 'kv':
    case 'image':
    case 'rootfs':
      return grant.kind;
    case 'env':
      return `env:${grant.name}${grant.prefix ? '*' : ''}`;
    case 'fs':
      return `fs:${grant.path}:${grant.mode}`;
    case 'http':
      return `http:${grant.host}:${grant.port}`;
    case 'config':
      return `config:${grant.adjustment}`;
    case 'config-pointer':
      return `config:${formatPointer(grant.segments)}`;
    case 'process':
      return `process:${grant.action}`;
  }
}
