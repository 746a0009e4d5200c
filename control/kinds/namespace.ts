/**
 * Namespace: a scope for the names of other objects.
 */
import { apiObject, filled, optional, type Static } from './schema.ts';
import type { Kind } from './strategy.ts';
import { ObjectMeta } from './types/meta.ts';
import { NamespaceSpec, NamespaceStatus } from './types/small.ts';

const schema = apiObject('io.k8s.api.core.v1.Namespace', 'A scope for the names of other objects.', ObjectMeta, {
  spec: filled(2, NamespaceSpec),
  status: optional(3, NamespaceStatus),
});

export type Namespace = Static<typeof schema>;

export const namespace: Kind<Namespace> = {
  group: '',
  version: 'v1',
  resource: 'namespaces',
  kind: 'Namespace',
  singular: 'namespace',
  listKind: 'NamespaceList',
  shortNames: ['ns'],
  namespaced: false,
  description: 'A scope for the names of other objects.',
  schema,
  columns: [],
};
