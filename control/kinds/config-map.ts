/**
 * ConfigMap: configuration for pods to read.
 */
import { apiObject, boolean, bytes, map, optional, pointer, type Static, string } from './schema.ts';
import type { Kind } from './strategy.ts';
import { ObjectMeta } from './types/meta.ts';

const schema = apiObject('io.k8s.api.core.v1.ConfigMap', 'Configuration for pods to read.', ObjectMeta, {
  immutable: pointer(4, boolean(), 'When true, the data cannot be changed any more.'),
  data: optional(2, map(string()), 'Text by key.'),
  binaryData: optional(3, map(bytes()), 'Bytes by key, in base64.'),
});

export type ConfigMap = Static<typeof schema>;

export const configMap: Kind<ConfigMap> = {
  group: '',
  version: 'v1',
  resource: 'configmaps',
  kind: 'ConfigMap',
  singular: 'configmap',
  listKind: 'ConfigMapList',
  shortNames: ['cm'],
  namespaced: true,
  description: 'Configuration for pods to read.',
  schema,
  columns: [],
};
