/**
 * kubeconfig files as values: merging our cluster into one, taking it out again, and choosing a context. Pure; the shell
 * is kubeconfig-file.ts. Unknown fields of other people's entries are kept as they are.
 */
export interface Kubeconfig {
  apiVersion: 'v1';
  kind: 'Config';
  clusters?: Named<
    'cluster',
    { server: string; 'certificate-authority-data'?: string; 'certificate-authority'?: string }
  >[];
  users?: Named<'user', UserEntry>[];
  contexts?: Named<'context', { cluster: string; user: string; namespace?: string }>[];
  'current-context'?: string;
  [other: string]: unknown;
}

interface UserEntry {
  'client-certificate-data'?: string;
  'client-key-data'?: string;
  'client-certificate'?: string;
  'client-key'?: string;
  token?: string;
}

type Named<K extends string, V> = { name: string } & Record<K, V>;

/** What a context needs to reach a server; PEM texts. */
export interface Connection {
  server: string;
  namespace: string;
  ca?: string;
  cert?: string;
  key?: string;
  token?: string;
}

export const EMPTY: Kubeconfig = { apiVersion: 'v1', kind: 'Config' };

/** `added`'s entries replace entries of the same name; its current context becomes current. */
export const merge = (base: Kubeconfig, added: Kubeconfig): Kubeconfig => ({
  ...base,
  clusters: replaceByName(base.clusters, added.clusters),
  users: replaceByName(base.users, added.users),
  contexts: replaceByName(base.contexts, added.contexts),
  'current-context': added['current-context'] ?? base['current-context'] ?? '',
});

/** Takes out cluster, user and context of this name; `previous` is current again if ours still was. */
export const remove = (base: Kubeconfig, name: string, previous: string | undefined): Kubeconfig => {
  const others = <T extends { name: string }>(list: T[] | undefined) =>
    (list ?? []).filter(entry => entry.name !== name);
  const contexts = others(base.contexts);
  const back = contexts.some(c => c.name === previous) ? previous! : '';
  return {
    ...base,
    clusters: others(base.clusters),
    users: others(base.users),
    contexts,
    'current-context': base['current-context'] === name ? back : (base['current-context'] ?? ''),
  };
};

/** The server's own admin file with cluster, user and context called `name`. */
export const renamed = (config: Kubeconfig, name: string): Kubeconfig => ({
  apiVersion: 'v1',
  kind: 'Config',
  clusters: (config.clusters ?? []).slice(0, 1).map(entry => ({ ...entry, name })),
  users: (config.users ?? []).slice(0, 1).map(entry => ({ ...entry, name })),
  contexts: [{ name, context: { cluster: name, user: name } }],
  'current-context': name,
});

/** The connection of a context, or why there is none. `readFile` gives files that entries point to. */
export const connectionOf = (
  config: Kubeconfig,
  contextName: string | undefined,
  readFile: (path: string) => string,
): Connection | { missing: string } => {
  const name = contextName ?? config['current-context'];
  if (!name) return { missing: 'no current context' };
  const context = config.contexts?.find(c => c.name === name)?.context;
  if (!context) return { missing: `no context "${name}"` };
  const cluster = config.clusters?.find(c => c.name === context.cluster)?.cluster;
  if (!cluster) return { missing: `context "${name}" names the cluster "${context.cluster}", which is not there` };
  const user = config.users?.find(u => u.name === context.user)?.user ?? {};
  const pem = (data: string | undefined, path: string | undefined) =>
    data !== undefined ? atob(data) : path !== undefined ? readFile(path) : undefined;
  return {
    server: cluster.server,
    namespace: context.namespace ?? 'default',
    ca: pem(cluster['certificate-authority-data'], cluster['certificate-authority']),
    cert: pem(user['client-certificate-data'], user['client-certificate']),
    key: pem(user['client-key-data'], user['client-key']),
    token: user.token,
  };
};

function replaceByName<T extends { name: string }>(base: T[] | undefined, added: T[] | undefined): T[] {
  const names = new Set((added ?? []).map(entry => entry.name));
  return [...(base ?? []).filter(entry => !names.has(entry.name)), ...(added ?? [])];
}
