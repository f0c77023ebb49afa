import { PluginError } from '../errors/index.js';

/** The bytes break the binary format or its validation rules. `offset` counts from the component's first byte. */
export function malformed(offset: number, what: string): PluginError {
  return new PluginError('COMPONENT_MALFORMED', `Cannot decode the component: ${what}, at byte ${offset}`, {
    hint: 'Build the component again; the file looks damaged.',
    details: { offset },
  });
}

/** Legal perhaps, but outside the profile that this host links. */
export function unsupported(offset: number, what: string): PluginError {
  return new PluginError('COMPONENT_UNSUPPORTED', `Cannot link the component: ${what}, at byte ${offset}`, {
    details: { offset },
  });
}

/** One of the decoder's own bounds. */
export function tooMany(offset: number, what: string, limit: number): PluginError {
  return new PluginError(
    'LIMIT_EXCEEDED',
    `Cannot decode the component: ${what}, the limit is ${limit}, at byte ${offset}`,
    {
      details: { offset, limit },
    },
  );
}
