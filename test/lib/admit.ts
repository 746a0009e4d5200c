/**
 * A body through a Kind's whole order of questions, as the verbs ask them: what tests of Kinds are written with.
 */
import { admitNew, admitUpdate, decodeObject } from '../../control/kinds/prepare.ts';
import type { Kind } from '../../control/kinds/strategy.ts';
import type { ApiObject } from '../../control/machinery/meta.ts';
import { StatusError } from '../../control/machinery/status.ts';

type Body = Record<string, unknown>;

/** Name and namespace are filled in; the rest of `metadata` is the body's. */
export function created<T extends ApiObject>(kind: Kind<T>, body: Body): T {
  const { object, causes } = decodeObject(kind, withName(kind, body));
  admitNew(kind, object, causes);
  return object;
}

/** `next` begins as a copy of the stored object. */
export function updated<T extends ApiObject>(
  kind: Kind<T>,
  current: T,
  change: (next: T) => void,
  subresource?: string,
): T {
  const next = structuredClone(current);
  change(next);
  const { object, causes } = decodeObject(kind, JSON.parse(JSON.stringify(next)));
  admitUpdate(kind, object, current, subresource, causes);
  return object;
}

/** `field: message` of each cause, or the message of another refusal; empty when nothing is refused. */
export function refusals(act: () => unknown): string[] {
  try {
    act();
    return [];
  } catch (error) {
    if (!(error instanceof StatusError)) throw error;
    return error.status.details?.causes?.map(cause => `${cause.field}: ${cause.message}`) ?? [error.message];
  }
}

function withName(kind: Kind, body: Body): Body {
  const copy = structuredClone(body);
  const scope = kind.namespaced ? { namespace: 'default' } : {};
  return { ...copy, metadata: { name: 'web', ...scope, ...(copy['metadata'] as Body | undefined) } };
}
