/**
 * Who chooses values that are unique in the whole cluster for objects that did not name one. A Kind says what an object
 * claims (`claims`); here is who fills the gaps. Called by write.ts, which makes the claims and tries again when one is taken.
 */
import type { Kind } from '../kinds/strategy.ts';
import type { ApiObject } from '../machinery/meta.ts';
import type { StatusError } from '../machinery/status.ts';
import { serviceAddresses } from './service-addresses.ts';

export interface Allocator {
  /** Fills what is wanted and not given, in place; the answer takes the choices back for another try. */
  fill(object: ApiObject, random: () => number): () => void;
  /** These claims were asked for by the client and belong to others. */
  refuse(kind: Kind, object: ApiObject, taken: readonly string[]): StatusError;
  exhausted(): StatusError;
}

const ALLOCATORS: Readonly<Record<string, Allocator>> = { '/services': serviceAddresses };

export const allocatorOf = (kind: Kind): Allocator | undefined => ALLOCATORS[`${kind.group}/${kind.resource}`];
