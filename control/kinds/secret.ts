/**
 * Secret: small confidential data for pods to read.
 */
import { apiObject, boolean, bytes, map, optional, pointer, type Static, string } from './schema.ts';
import type { Kind } from './strategy.ts';
import { ObjectMeta } from './types/meta.ts';

const schema = apiObject('io.k8s.api.core.v1.Secret', 'Small confidential data for pods to read.', ObjectMeta, {
  immutable: pointer(5, boolean(), 'When true, the data cannot be changed any more.'),
  data: optional(2, map(bytes()), 'Bytes by key, in base64.'),
  stringData: optional(4, map(string()), 'Text by key, for writing: it is moved into data.'),
  type: optional(3, string(), 'What the data is; decides which keys must be there.'),
});

export type Secret = Static<typeof schema>;

export const secret: Kind<Secret> = {
  group: '',
  version: 'v1',
  resource: 'secrets',
  kind: 'Secret',
  singular: 'secret',
  listKind: 'SecretList',
  namespaced: true,
  description: 'Small confidential data for pods to read.',
  schema,
  columns: [],
};
