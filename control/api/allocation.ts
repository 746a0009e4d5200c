/**
 * Who chooses values that are unique in the whole cluster for objects that did not name one. A Kind says what an object
 * claims (`claims`); here is who fills the gaps. Called by write.ts, which makes the claims and tries again when one is taken.
 */
import type { Kind } from '../kinds/strategy.ts';
import type { ApiObject } from '../machinery/meta.ts';
import type { StatusError } from '../machinery/status.ts';
import { createServiceAddresses } from './service-addresses.ts';

export interface Allocator {
  /** Fills what is wanted and not given, in place; the answer takes the choices back for another try. */
  fill(object: ApiObject, random: () => number): () => void;
  /** Can this claim be made at all? */
  fits(claim: string): boolean;
  /** These claims were asked for by the client, and do not fit or belong to others. */
  refuse(kind: Kind, object: ApiObject, taken: readonly string[]): StatusError;
  exhausted(): StatusError;
}

export type AllocatorOf = (kind: Kind) => Allocator | undefined;

export function createAllocators({ serviceCidr }: { serviceCidr: string }): AllocatorOf {
  const allocators: Readonly<Record<string, Allocator>> = { '/services': createServiceAddresses(serviceCidr) };
  return kind => allocators[`${kind.group}/${kind.resource}`];
}
