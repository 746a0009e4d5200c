/**
 * What controllers do to the world. Plans return actions and do nothing; `perform` does them and decides nothing.
 *
 * Always: actions happen in order, and the first that fails stops the rest: the key comes back and the plan is made anew
 * from what is true then. Doing an action a second time changes nothing more.
 */
import type { Client, DeleteOptions } from '../client/client.ts';
import type { EventRecorder } from '../client/event-recorder.ts';
import type { ApiObject, Key, Resource } from '../machinery/meta.ts';
import { isReason } from '../machinery/status.ts';

export type Action = Write | Say;

type Write = Create | Patch | Replace | Delete;

/** What is told once an action has been done, or has failed; `{name}` in a message is the object's name. */
interface Telling {
  about: ApiObject;
  done?: { reason: string; message: string };
  /** `{error}` is what went wrong. */
  failed?: { reason: string; message: string };
}

export interface Create {
  type: 'create';
  resource: Resource;
  object: ApiObject;
  /** Somebody made it already: that is as good. */
  existingIsFine?: boolean;
  tells?: Telling;
}

/** Merge patch unless said otherwise. With metadata.resourceVersion in it, it holds only for that version. */
export interface Patch {
  type: 'patch';
  resource: Resource;
  key: Key;
  patch: unknown;
  patchType?: 'merge' | 'json' | 'strategic';
  subresource?: string;
  /** The object is gone: that is as good. */
  absentIsFine?: boolean;
  tells?: Telling;
}

/** PUT: for subresources that know no patch. */
interface Replace {
  type: 'replace';
  resource: Resource;
  object: ApiObject;
  subresource?: string;
  tells?: Telling;
}

export interface Delete {
  type: 'delete';
  resource: Resource;
  key: Key;
  /** Only this very object, never a later one of the same name. */
  uid: string;
  options?: Pick<DeleteOptions, 'gracePeriodSeconds' | 'propagationPolicy'>;
  tells?: Telling;
}

interface Say {
  type: 'event';
  about: ApiObject;
  level: 'Normal' | 'Warning';
  reason: string;
  message: string;
}

export interface Performer {
  client: Client;
  record: EventRecorder;
  signal: AbortSignal;
}

/** Resolves with the objects that were created. */
export async function perform(actions: readonly Action[], performer: Performer): Promise<ApiObject[]> {
  const created: ApiObject[] = [];
  for (const action of actions) {
    const object = await performOne(action, performer);
    if (object && action.type === 'create') created.push(object);
  }
  return created;
}

export async function performOne(
  action: Action,
  { client, record, signal }: Performer,
): Promise<ApiObject | undefined> {
  if (action.type === 'event') {
    record(action.about, action.level, action.reason, action.message);
    return undefined;
  }
  signal.throwIfAborted();
  try {
    const object = await send(action, client, signal);
    const { about, done } = action.tells ?? {};
    if (about && done) record(about, 'Normal', done.reason, done.message.replace('{name}', nameOf(action, object)));
    return object;
  } catch (error) {
    if (isFine(action, error)) return undefined;
    const { about, failed } = action.tells ?? {};
    if (about && failed && !signal.aborted && !isNamespaceEnding(error)) {
      const message = failed.message.replace('{name}', nameOf(action, undefined)).replace('{error}', messageOf(error));
      record(about, 'Warning', failed.reason, message);
    }
    throw error;
  }
}

async function send(action: Write, client: Client, signal: AbortSignal): Promise<ApiObject | undefined> {
  switch (action.type) {
    case 'create':
      return client.create(action.resource, action.object, { signal });
    case 'patch': {
      const { resource, key, patch, patchType: type = 'merge', subresource } = action;
      return client.patch(resource, key, patch, { type, subresource, signal });
    }
    case 'replace':
      return client.update(action.resource, action.object, { subresource: action.subresource, signal });
    case 'delete': {
      const { resource, key, uid, options } = action;
      await client.delete(resource, key, { ...options, preconditions: { uid }, signal });
      return undefined;
    }
    default:
      return unreachable(action);
  }
}

function isFine(action: Write, error: unknown): boolean {
  if (action.type === 'create') return action.existingIsFine === true && isReason(error, 'AlreadyExists');
  if (action.type === 'patch') return action.absentIsFine === true && isReason(error, 'NotFound');
  // Conflict: the uid is another's; ours has gone.
  return action.type === 'delete' && isReason(error, 'NotFound', 'Conflict');
}

/** Nothing can be made there any more, and nothing has to be: everything in it is about to go. */
export const isNamespaceEnding = (error: unknown): boolean =>
  isReason(error, 'Forbidden') && error.message.endsWith('because it is being terminated');

const nameOf = (action: Write, object: ApiObject | undefined): string =>
  object?.metadata.name ?? ('object' in action ? action.object.metadata.name : action.key.name);

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

function unreachable(action: never): never {
  throw new Error(`no such action: ${JSON.stringify(action)}`);
}
