/**
 * ServiceAccount: an identity for what runs in pods.
 */
import { SERVICE_ACCOUNTS } from '../machinery/resources.ts';
import { ageColumn, integer, nameColumn } from './columns.ts';
import { apiObject, array, boolean, optional, pointer, type Static } from './schema.ts';
import type { Kind } from './strategy.ts';
import { ObjectMeta } from './types/meta.ts';
import { LocalObjectReference, ObjectReference } from './types/reference.ts';

const schema = apiObject('io.k8s.api.core.v1.ServiceAccount', 'An identity for what runs in pods.', ObjectMeta, {
  secrets: optional(
    2,
    array(ObjectReference, { mergeKey: 'name', keys: ['name'] }),
    'Secrets that pods of this account may use.',
  ),
  imagePullSecrets: optional(
    3,
    array(LocalObjectReference, { type: 'atomic' }),
    'Secrets with which images are pulled.',
  ),
  automountServiceAccountToken: pointer(4, boolean(), 'Whether pods get a token of this account.'),
});

export type ServiceAccount = Static<typeof schema>;

export const serviceAccount: Kind<ServiceAccount> = {
  ...SERVICE_ACCOUNTS,
  singular: 'serviceaccount',
  listKind: 'ServiceAccountList',
  shortNames: ['sa'],
  description: 'An identity for what runs in pods.',
  schema,
  columns: [
    nameColumn,
    integer('Secrets', 'Number of Secrets that pods of this account may use.', o => o.secrets?.length ?? 0),
    ageColumn,
  ],
  allowUnconditionalUpdate: true,
  generation: false,
  subresources: {
    others: [{ name: 'token', kind: 'TokenRequest', group: 'authentication.k8s.io', version: 'v1', verbs: ['create'] }],
  },
};
