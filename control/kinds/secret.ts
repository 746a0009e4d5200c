/**
 * Secret: small confidential data for pods to read.
 */
import { SECRETS } from '../machinery/resources.ts';
import type { Cause } from '../machinery/status.ts';
import { ageColumn, integer, nameColumn, text } from './columns.ts';
import { apiObject, boolean, bytes, map, optional, pointer, type Static, string } from './schema.ts';
import type { Kind } from './strategy.ts';
import { ObjectMeta } from './types/meta.ts';
import { dataFaults, sealedFaults } from './validation/data.ts';
import { immutableFault, invalidFault, requiredFault } from './validation/faults.ts';

const schema = apiObject('io.k8s.api.core.v1.Secret', 'Small confidential data for pods to read.', ObjectMeta, {
  immutable: pointer(5, boolean(), 'When true, the data cannot be changed any more.'),
  data: optional(2, map(bytes()), 'Bytes by key, in base64.'),
  stringData: optional(4, map(string()), 'Text by key, for writing: it is moved into data.'),
  type: optional(3, string(), {
    default: 'Opaque',
    description: 'What the data is; decides which keys must be there.',
  }),
});

export type Secret = Static<typeof schema>;

export const secret: Kind<Secret> = {
  ...SECRETS,
  singular: 'secret',
  listKind: 'SecretList',
  description: 'Small confidential data for pods to read.',
  schema,
  columns: [
    nameColumn,
    text('Type', 'What the data is.', o => o.type ?? ''),
    integer('Data', 'Number of keys.', o => Object.keys(o.data ?? {}).length),
    ageColumn,
  ],
  allowUnconditionalUpdate: true,
  generation: false,
  selectableFields: { type: o => o.type ?? '' },
  setDefaults(object) {
    if (object.stringData === undefined) return;
    const encoder = new TextEncoder();
    object.data = { ...object.data };
    for (const [key, value] of Object.entries(object.stringData)) object.data[key] = encoder.encode(value).toBase64();
    delete object.stringData;
  },
  validate: object => [...dataFaults('data', object.data, true), ...typeFaults(object)],
  validateUpdate: (next, current) => [
    ...(next.type === current.type ? [] : [immutableFault('type', next.type)]),
    ...sealedFaults(next, current, ['data']),
  ],
};

/** Keys without which a Secret of that type is of no use. */
const NEEDED: Readonly<Record<string, readonly string[]>> = {
  'kubernetes.io/tls': ['tls.crt', 'tls.key'],
  'kubernetes.io/ssh-auth': ['ssh-privatekey'],
  'kubernetes.io/dockercfg': ['.dockercfg'],
  'kubernetes.io/dockerconfigjson': ['.dockerconfigjson'],
};
const ACCOUNT_NAME = 'kubernetes.io/service-account.name';

function typeFaults({ type = '', data = {}, metadata }: Secret): Cause[] {
  const faults = (NEEDED[type] ?? []).filter(key => !(key in data)).map(key => requiredFault(`data[${key}]`));
  if (type === 'kubernetes.io/dockerconfigjson' && data['.dockerconfigjson'] !== undefined) {
    faults.push(...jsonFaults('data[.dockerconfigjson]', data['.dockerconfigjson']));
  }
  if (type === 'kubernetes.io/basic-auth' && !('username' in data) && !('password' in data)) {
    faults.push(requiredFault('data[username]'), requiredFault('data[password]'));
  }
  if (type === 'kubernetes.io/service-account-token' && !metadata.annotations?.[ACCOUNT_NAME]) {
    faults.push(requiredFault(`metadata.annotations[${ACCOUNT_NAME}]`));
  }
  return faults;
}

function jsonFaults(field: string, base64: string): Cause[] {
  try {
    JSON.parse(new TextDecoder().decode(Uint8Array.fromBase64(base64)));
    return [];
  } catch {
    return [invalidFault(field, '<secret contents redacted>', 'invalid character in JSON')];
  }
}
