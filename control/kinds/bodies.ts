/**
 * What is sent to subresources and with deletions. These are no resources of their own; control/api decodes bodies by them.
 */
import type { ObjectSchema } from './schema.ts';
import {
  apiObject,
  array,
  boolean,
  filled,
  int64,
  object,
  optional,
  pointer,
  required,
  type Static,
  string,
  typeFields,
} from './schema.ts';
import { TokenRequestSpec, TokenRequestStatus } from './types/authentication.ts';
import { Preconditions } from './types/deletion.ts';
import { ObjectMeta } from './types/meta.ts';
import { ObjectReference } from './types/reference.ts';
import { ScaleSpec, ScaleStatus } from './types/small.ts';

/** A Kind by which a body can be decoded, and no more. */
export interface Body<T = unknown> {
  group: string;
  version: string;
  kind: string;
  schema: ObjectSchema<T>;
}

const deletionSchema = object('io.k8s.apimachinery.pkg.apis.meta.v1.DeleteOptions', 'How an object is to be deleted.', {
  ...typeFields(),
  gracePeriodSeconds: pointer(1, int64(), 'Seconds the object gets to end; 0 is at once.'),
  preconditions: pointer(2, Preconditions, 'What must hold for the deletion to happen.'),
  orphanDependents: pointer(3, boolean(), 'Older form of propagationPolicy.'),
  propagationPolicy: pointer(4, string(), 'Orphan, Background or Foreground: what happens to dependents.'),
  dryRun: optional(5, array(string(), { type: 'atomic' }), 'All: go through everything but do not delete.'),
  ignoreStoreReadErrorWithClusterBreakingPotential: pointer(6, boolean(), 'Delete what cannot be read. Not supported.'),
});
export type DeleteOptions = Static<typeof deletionSchema>;
/** Sent as `v1`, `meta.k8s.io/v1` or any group's version; the schema is the same. */
export const deleteOptions: Body<DeleteOptions> = {
  group: '',
  version: 'v1',
  kind: 'DeleteOptions',
  schema: deletionSchema,
};

const bindingSchema = apiObject('io.k8s.api.core.v1.Binding', 'Ties a pod to a node.', ObjectMeta, {
  target: required(2, ObjectReference, 'The node.'),
});
export type Binding = Static<typeof bindingSchema>;
export const binding: Body<Binding> = { group: '', version: 'v1', kind: 'Binding', schema: bindingSchema };

const evictionSchema = apiObject(
  'io.k8s.api.policy.v1.Eviction',
  'Asks a pod to leave its node, if disruption budgets allow it.',
  ObjectMeta,
  { deleteOptions: pointer(2, deletionSchema, 'How the pod is deleted.') },
);
export type Eviction = Static<typeof evictionSchema>;
export const eviction: Body<Eviction> = { group: 'policy', version: 'v1', kind: 'Eviction', schema: evictionSchema };

const tokenSchema = apiObject(
  'io.k8s.api.authentication.v1.TokenRequest',
  'Asks for a token of a service account.',
  ObjectMeta,
  {
    spec: required(2, TokenRequestSpec, 'What token is wanted.'),
    status: optional(3, TokenRequestStatus, 'The token.'),
  },
);
export type TokenRequest = Static<typeof tokenSchema>;
export const tokenRequest: Body<TokenRequest> = {
  group: 'authentication.k8s.io',
  version: 'v1',
  kind: 'TokenRequest',
  schema: tokenSchema,
};

const scaleSchema = apiObject('io.k8s.api.autoscaling.v1.Scale', 'The number of replicas of an object.', ObjectMeta, {
  spec: filled(2, ScaleSpec, 'The wanted number.'),
  status: optional(3, ScaleStatus, 'The number there is.'),
});
export type Scale = Static<typeof scaleSchema>;
export const scale: Body<Scale> = { group: 'autoscaling', version: 'v1', kind: 'Scale', schema: scaleSchema };

export const bodies: readonly Body[] = [deleteOptions, binding, eviction, tokenRequest, scale];
