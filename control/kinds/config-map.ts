/**
 * ConfigMap: configuration for pods to read.
 */
import { CONFIG_MAPS } from '../machinery/resources.ts';
import type { Cause } from '../machinery/status.ts';
import { ageColumn, integer, nameColumn } from './columns.ts';
import { apiObject, boolean, bytes, map, optional, pointer, type Static, string } from './schema.ts';
import type { Kind } from './strategy.ts';
import { ObjectMeta } from './types/meta.ts';
import { dataFaults, sealedFaults } from './validation/data.ts';
import { invalidFault } from './validation/faults.ts';

const schema = apiObject('io.k8s.api.core.v1.ConfigMap', 'Configuration for pods to read.', ObjectMeta, {
  immutable: pointer(4, boolean(), 'When true, the data cannot be changed any more.'),
  data: optional(2, map(string()), 'Text by key.'),
  binaryData: optional(3, map(bytes()), 'Bytes by key, in base64.'),
});

export type ConfigMap = Static<typeof schema>;

export const configMap: Kind<ConfigMap> = {
  ...CONFIG_MAPS,
  singular: 'configmap',
  listKind: 'ConfigMapList',
  shortNames: ['cm'],
  description: 'Configuration for pods to read.',
  schema,
  columns: [
    nameColumn,
    integer('Data', 'Number of keys.', o => Object.keys(o.data ?? {}).length + Object.keys(o.binaryData ?? {}).length),
    ageColumn,
  ],
  allowUnconditionalUpdate: true,
  generation: false,
  validate(object): Cause[] {
    const doubled = Object.keys(object.binaryData ?? {}).filter(key => object.data !== undefined && key in object.data);
    return [
      ...doubled.map(key => invalidFault(`data[${key}]`, key, 'duplicate of key present in binaryData')),
      ...dataFaults('data', object.data, false),
      ...dataFaults('binaryData', object.binaryData, true),
    ];
  },
  validateUpdate: (next, current) => sealedFaults(next, current, ['data', 'binaryData']),
};
