export type { Deadline } from './deadline.js';
export { INLINE_DEADLINE_METER, threadDeadline } from './this-thread.js';
