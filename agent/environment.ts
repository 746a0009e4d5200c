/**
 * A container's environment: envFrom, then env with `$(VAR)` expanded, then the services' variables where nothing has that
 * name. Follows the kubelet's makeEnvironmentVariables; rejects with SetupError where Kubernetes shows
 * CreateContainerConfigError.
 */
import type { ConfigMap } from '../control/kinds/config-map.ts';
import type { Secret } from '../control/kinds/secret.ts';
import type { Container } from '../control/kinds/types/container.ts';
import type { EnvFromSource, EnvVarSource } from '../control/kinds/types/container-env.ts';
import { configError } from './config-error.ts';
import { fieldValue, type PodFacts, resourceValue } from './downward-api.ts';
import { expand } from './expansion.ts';

/** Looks an object up; undefined: it does not exist. Rejects when that cannot be known now. */
export interface ObjectLookup {
  configMap(namespace: string, name: string): Promise<ConfigMap | undefined>;
  secret(namespace: string, name: string): Promise<Secret | undefined>;
}

export interface EnvironmentSources {
  facts: PodFacts;
  objects: ObjectLookup;
  serviceEnv: Readonly<Record<string, string>>;
}

export async function environmentOf(
  container: Container,
  sources: EnvironmentSources,
): Promise<Record<string, string>> {
  const env = new Map<string, string>();
  for (const source of container.envFrom ?? []) {
    for (const [name, value] of await valuesFrom(source, sources)) env.set(name, value);
  }
  const services =
    sources.facts.pod.spec.enableServiceLinks === false ? masterOnly(sources.serviceEnv) : sources.serviceEnv;
  const lookUp = (name: string) => env.get(name) ?? services[name];
  for (const variable of container.env ?? []) {
    const value = variable.valueFrom
      ? await valueFrom(variable.valueFrom, container, sources)
      : expand(variable.value ?? '', lookUp);
    if (value !== undefined) env.set(variable.name, value);
  }
  for (const [name, value] of Object.entries(services)) if (!env.has(name)) env.set(name, value);
  return Object.fromEntries(env);
}

/** Without service links a pod still hears of the API's own service. */
const masterOnly = (env: Readonly<Record<string, string>>): Record<string, string> =>
  Object.fromEntries(Object.entries(env).filter(([name]) => name.startsWith('KUBERNETES_')));

async function valuesFrom(source: EnvFromSource, { facts, objects }: EnvironmentSources): Promise<[string, string][]> {
  const namespace = facts.pod.metadata.namespace ?? '';
  const named = (values: Record<string, string>): [string, string][] =>
    Object.entries(values).map(([name, value]) => [(source.prefix ?? '') + name, value]);
  if (source.configMapRef) {
    const { name = '', optional } = source.configMapRef;
    const found = await objects.configMap(namespace, name);
    if (!found && !optional) throw configError(`configmap "${name}" not found`);
    return named(found?.data ?? {});
  }
  if (source.secretRef) {
    const { name = '', optional } = source.secretRef;
    const found = await objects.secret(namespace, name);
    if (!found && !optional) throw configError(`secret "${name}" not found`);
    return named(decoded(found?.data));
  }
  return [];
}

async function valueFrom(
  from: EnvVarSource,
  container: Container,
  { facts, objects }: EnvironmentSources,
): Promise<string | undefined> {
  const namespace = facts.pod.metadata.namespace ?? '';
  if (from.fieldRef) return fieldValue(from.fieldRef, facts);
  if (from.resourceFieldRef) return resourceValue(from.resourceFieldRef, container, facts);
  if (from.configMapKeyRef) {
    const found = await objects.configMap(namespace, from.configMapKeyRef.name ?? '');
    return keyOf('ConfigMap', from.configMapKeyRef, namespace, found && (found.data ?? {}));
  }
  if (from.secretKeyRef) {
    const found = await objects.secret(namespace, from.secretKeyRef.name ?? '');
    return keyOf('Secret', from.secretKeyRef, namespace, found && decoded(found.data));
  }
  return undefined;
}

function keyOf(
  kind: 'ConfigMap' | 'Secret',
  { name = '', key, optional }: NonNullable<EnvVarSource['configMapKeyRef' | 'secretKeyRef']>,
  namespace: string,
  data: Record<string, string> | undefined,
): string | undefined {
  const value = data?.[key];
  if (value !== undefined || optional) return value;
  if (!data) throw configError(`${kind.toLowerCase()} "${name}" not found`);
  throw configError(`couldn't find key ${key} in ${kind} ${namespace}/${name}`);
}

const decoded = (data: Record<string, string> = {}): Record<string, string> =>
  Object.fromEntries(Object.entries(data).map(([key, value]) => [key, Buffer.from(value, 'base64').toString('utf8')]));

/** argv: the pod's command and arguments over the image's, variables expanded. */
export function argumentsOf(
  container: Container,
  image: { program: string; config: { Entrypoint?: string[] | null; Cmd?: string[] | null } },
  env: Readonly<Record<string, string>>,
): string[] {
  const own = (list: string[] | undefined) =>
    list?.length ? list.map(text => expand(text, name => env[name])) : undefined;
  const entrypoint = image.config.Entrypoint?.length ? image.config.Entrypoint : [image.program];
  const command = own(container.command);
  const args = own(container.args) ?? (command ? [] : (image.config.Cmd ?? []));
  return [...(command ?? entrypoint), ...args];
}
