import { PluginError } from '../../errors/index.js';
import type { LinkParts } from '../instantiate.js';
import type { InstanceOptions, ThreadInstance } from '../options.js';

export async function startThreadInstance(_parts: LinkParts, _options: InstanceOptions): Promise<ThreadInstance> {
  throw new PluginError('THREAD_FAILED', 'Cannot start a thread: this version has none');
}
