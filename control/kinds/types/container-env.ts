/**
 * Environment variables of containers, and the selectors that volumes share with them.
 */
import { boolean, embedded, object, optional, pointer, quantity, required, type Static, string } from '../schema.ts';
import { localName } from './reference.ts';

export const ObjectFieldSelector = object(
  'io.k8s.api.core.v1.ObjectFieldSelector',
  'One field of the pod itself.',
  {
    apiVersion: optional(1, string(), { default: 'v1' }),
    fieldPath: required(2, string()),
  },
  { atomic: true },
);
export type ObjectFieldSelector = Static<typeof ObjectFieldSelector>;

export const ResourceFieldSelector = object(
  'io.k8s.api.core.v1.ResourceFieldSelector',
  'A limit or request of a container.',
  {
    containerName: optional(1, string()),
    resource: required(2, string()),
    divisor: optional(3, quantity()),
  },
  { atomic: true },
);
export type ResourceFieldSelector = Static<typeof ResourceFieldSelector>;

const ConfigMapKeySelector = object(
  'io.k8s.api.core.v1.ConfigMapKeySelector',
  'One key of a ConfigMap.',
  {
    ...embedded(1, localName),
    key: required(2, string(), 'The key.'),
    optional: pointer(3, boolean(), 'Whether the ConfigMap or the key may be missing.'),
  },
  { atomic: true },
);

const SecretKeySelector = object(
  'io.k8s.api.core.v1.SecretKeySelector',
  'One key of a Secret.',
  {
    ...embedded(1, localName),
    key: required(2, string(), 'The key.'),
    optional: pointer(3, boolean(), 'Whether the Secret or the key may be missing.'),
  },
  { atomic: true },
);

export const EnvVarSource = object(
  'io.k8s.api.core.v1.EnvVarSource',
  'Where the value of an environment variable comes from; exactly one is set.',
  {
    fieldRef: pointer(1, ObjectFieldSelector, 'A field of the pod, such as metadata.name or status.podIP.'),
    resourceFieldRef: pointer(2, ResourceFieldSelector, 'A request or limit of a container.'),
    configMapKeyRef: pointer(3, ConfigMapKeySelector, 'A key of a ConfigMap in the same namespace.'),
    secretKeyRef: pointer(4, SecretKeySelector, 'A key of a Secret in the same namespace.'),
  },
);
export type EnvVarSource = Static<typeof EnvVarSource>;

export const EnvVar = object('io.k8s.api.core.v1.EnvVar', 'One environment variable.', {
  name: required(1, string(), 'Name of the variable.'),
  value: optional(2, string(), 'Its value; $(VAR) refers to variables before it.'),
  valueFrom: pointer(3, EnvVarSource, 'Where the value comes from, instead of `value`.'),
});
export type EnvVar = Static<typeof EnvVar>;

const ConfigMapEnvSource = object(
  'io.k8s.api.core.v1.ConfigMapEnvSource',
  'The ConfigMap whose keys become environment variables.',
  {
    ...embedded(1, localName),
    optional: pointer(2, boolean()),
  },
);

const SecretEnvSource = object(
  'io.k8s.api.core.v1.SecretEnvSource',
  'The Secret whose keys become environment variables.',
  {
    ...embedded(1, localName),
    optional: pointer(2, boolean()),
  },
);

export const EnvFromSource = object(
  'io.k8s.api.core.v1.EnvFromSource',
  'Makes environment variables of all keys of a ConfigMap or Secret.',
  {
    prefix: optional(1, string(), 'Put before each key.'),
    configMapRef: pointer(2, ConfigMapEnvSource),
    secretRef: pointer(3, SecretEnvSource),
  },
);
export type EnvFromSource = Static<typeof EnvFromSource>;
