/**
 * Status is written through its own endpoint: the main one ignores changes to it, and the status endpoint ignores changes to
 * everything else but metadata. Kinds with a status use these two.
 */
import type { ApiObject } from '../machinery/meta.ts';

export function dropStatus(object: ApiObject & { status?: unknown }): void {
  delete object.status;
}

export function isolateStatus(
  next: ApiObject & { status?: unknown },
  current: ApiObject & { status?: unknown },
  subresource: string | undefined,
): void {
  if (subresource !== 'status') {
    restore(next, current, 'status');
    return;
  }
  const names = new Set([...Object.keys(next), ...Object.keys(current)]);
  for (const name of names) if (name !== 'status' && name !== 'metadata') restore(next, current, name);
}

function restore(next: object, current: object, name: string): void {
  const was = (current as Record<string, unknown>)[name];
  if (was === undefined) delete (next as Record<string, unknown>)[name];
  else (next as Record<string, unknown>)[name] = was;
}
