import type { InstanceOptions, SandboxLimits, ThreadInstance } from '../../host/sandbox/index.js';
import { compileComponent } from '../../host/sandbox/index.js';
import { quietOptions, type TextPlugin, textPlugin } from './text-plugin.js';

/** Assemble, compile and start in a thread. The caller closes it. */
export async function startTextThread(
  parts: TextPlugin = {},
  options: Partial<InstanceOptions> = {},
  limits: Partial<SandboxLimits> = {},
): Promise<ThreadInstance> {
  const compiled = await compileComponent(await textPlugin(parts), limits, undefined, 'thread');
  return compiled.startThread(quietOptions(options));
}
