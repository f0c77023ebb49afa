import { DEFAULT_COMPONENT_LIMITS, decodeComponent } from '../../host/component/index.js';
import { bareHook, linkBare } from '../support/bare-link.js';
import { wasm } from '../support/web-assembly.js';
import { checkAnswer, type Hold, type MemoryGuest } from './holders.js';

export function holdBare(guest: MemoryGuest): Hold {
  const plan = decodeComponent(guest.component, DEFAULT_COMPONENT_LIMITS);
  const modules = plan.modules.map((bytes) => new wasm.Module(bytes));
  const held: unknown[] = [];
  return async () => {
    const call = bareHook(plan, linkBare(plan, modules), guest.hook);
    checkAnswer(call(guest.request), guest);
    held.push(call);
  };
}
