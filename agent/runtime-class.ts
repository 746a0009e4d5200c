/** Which engine a pod asks for: its RuntimeClass names a handler, and the handlers of this agent are engines. */
import type { Pod } from '../control/kinds/pod.ts';
import type { Engine } from '../runtime/sandbox.ts';
import { SetupError } from './config-error.ts';
import type { ObjectCache } from './object-cache.ts';

/** Undefined: the runtime chooses by what the module is. */
const ENGINES: Readonly<Record<string, Engine | undefined>> = { wasm: undefined, 'wasmer-wasi': 'wasmer-wasi' };

/** The node tells the scheduler. */
export const RUNTIME_HANDLERS: readonly string[] = Object.keys(ENGINES);

/** Throws SetupError for a class that does not exist, or whose handler is none of ours. */
export async function engineOf({ spec }: Pod, objects: Pick<ObjectCache, 'runtimeClass'>): Promise<Engine | undefined> {
  const name = spec.runtimeClassName;
  if (!name) return undefined;
  const found = await objects.runtimeClass(name);
  if (!found) throw refused(`RuntimeClass "${name}" not found`);
  if (Object.hasOwn(ENGINES, found.handler)) return ENGINES[found.handler];
  const offered = RUNTIME_HANDLERS.map(handler => `"${handler}"`).join(', ');
  throw refused(`no runtime handler "${found.handler}" (of RuntimeClass "${name}"); this node has ${offered}`);
}

const refused = (why: string): SetupError =>
  new SetupError('FailedCreatePodSandBox', `Failed to create pod sandbox: ${why}`);
