/**
 * What this server serves, in the three forms that clients read: aggregated v2 (kubectl 1.30+), aggregated v2beta1
 * (1.26+), and the legacy lists (everything else, and `auth can-i`, `drain` of all versions).
 *
 * Always: made from the Kinds alone, once, until the list of Kinds changes; ETag is a hash of the content.
 */
import { createHash } from 'node:crypto';
import type { Kind, Verb } from '../kinds/strategy.ts';
import { apiVersionOf } from '../machinery/meta.ts';

const ALL_VERBS: readonly Verb[] = ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch'];
/** Groups in the order clients prefer them, as Kubernetes lists its own. */
const GROUP_PRIORITY = [
  '',
  'apps',
  'events.k8s.io',
  'authentication.k8s.io',
  'authorization.k8s.io',
  'autoscaling',
  'batch',
];

export const AGGREGATED = {
  v2: 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList',
  v2beta1: 'application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList',
} as const;

export interface Document {
  contentType: string;
  body: string;
  etag?: string;
}

export interface Discovery {
  /** `/api` or `/apis`: `aggregated` is the version the client accepts, if any. */
  root(prefix: 'api' | 'apis', aggregated: keyof typeof AGGREGATED | undefined): Document;
  /** `/apis/GROUP` */
  group(group: string): Document | undefined;
  /** `/api/v1`, `/apis/GROUP/VERSION` */
  resources(group: string, version: string): Document | undefined;
  groupVersions(): { group: string; version: string; kinds: Kind[] }[];
}

export function createDiscovery(kinds: readonly Kind[]): Discovery {
  const groups = groupsOf(kinds);
  const documents = new Map<string, Document | undefined>();
  const once = (key: string, make: () => Document | undefined): Document | undefined => {
    if (!documents.has(key)) documents.set(key, make());
    return documents.get(key);
  };
  const served = (prefix: 'api' | 'apis') => groups.filter(g => (prefix === 'api') === (g.name === ''));
  return {
    root: (prefix, aggregated) =>
      once(`${prefix} ${aggregated}`, () => {
        if (aggregated) return aggregatedDocument(served(prefix), aggregated);
        return prefix === 'api' ? plain(legacyVersions()) : plain(groupList(served('apis')));
      })!,
    group: name =>
      once(`group ${name}`, () => {
        const group = groups.find(g => g.name === name && name !== '');
        return group && plain({ kind: 'APIGroup', apiVersion: 'v1', ...groupEntry(group) });
      }),
    resources: (group, version) =>
      once(`resources ${group}/${version}`, () => {
        const of = groups.find(g => g.name === group)?.versions.get(version);
        return of && plain(resourceList(group, version, of));
      }),
    groupVersions: () =>
      groups.flatMap(g => [...g.versions].map(([version, of]) => ({ group: g.name, version, kinds: of }))),
  };
}

interface Group {
  name: string;
  versions: Map<string, Kind[]>;
}

function groupsOf(kinds: readonly Kind[]): Group[] {
  const groups = new Map<string, Group>();
  for (const kind of kinds) {
    const group = groups.get(kind.group) ?? { name: kind.group, versions: new Map() };
    groups.set(kind.group, group);
    group.versions.set(kind.version, [...(group.versions.get(kind.version) ?? []), kind]);
  }
  const rank = (name: string) => {
    const at = GROUP_PRIORITY.indexOf(name);
    return at < 0 ? GROUP_PRIORITY.length : at;
  };
  for (const group of groups.values()) group.versions = new Map([...group.versions].sort(byVersion));
  return [...groups.values()].sort((a, b) => rank(a.name) - rank(b.name) || a.name.localeCompare(b.name));
}

/** v2 before v1 before v1beta1, as apimachinery's version priority has it. */
function byVersion([a]: [string, unknown], [b]: [string, unknown]): number {
  const parse = (v: string) => {
    const m = /^v(\d+)(?:(alpha|beta)(\d+))?$/.exec(v);
    return m ? [m[2] === undefined ? 3 : m[2] === 'beta' ? 2 : 1, Number(m[1]), Number(m[3] ?? 0)] : [0, 0, 0];
  };
  const [x, y] = [parse(a), parse(b)];
  return y[0]! - x[0]! || y[1]! - x[1]! || y[2]! - x[2]! || a.localeCompare(b);
}

const plain = (content: unknown): Document => ({ contentType: 'application/json', body: JSON.stringify(content) });

const legacyVersions = () => ({
  kind: 'APIVersions',
  versions: ['v1'],
  serverAddressByClientCIDRs: [{ clientCIDR: '0.0.0.0/0', serverAddress: '' }],
});

const groupEntry = (group: Group) => {
  const versions = [...group.versions.keys()].map(version => ({
    groupVersion: apiVersionOf({ group: group.name, version }),
    version,
  }));
  return { name: group.name, versions, preferredVersion: versions[0] };
};

const groupList = (groups: Group[]) => ({ kind: 'APIGroupList', apiVersion: 'v1', groups: groups.map(groupEntry) });

const verbsOf = (kind: Kind): readonly Verb[] => kind.verbs ?? (kind.virtual ? ['create'] : ALL_VERBS);

interface Subresource {
  name: string;
  group: string;
  version: string;
  kind: string;
  verbs: readonly string[];
}

function subresourcesOf(kind: Kind): Subresource[] {
  const { status, scale, others } = kind.subresources ?? {};
  const verbs = ['get', 'patch', 'update'];
  const all: Subresource[] = [];
  if (status) all.push({ name: 'status', group: kind.group, version: kind.version, kind: kind.kind, verbs });
  if (scale) all.push({ name: 'scale', group: 'autoscaling', version: 'v1', kind: 'Scale', verbs });
  for (const other of others ?? []) {
    all.push({
      name: other.name,
      group: other.group ?? kind.group,
      version: other.version ?? kind.version,
      kind: other.kind,
      verbs: other.verbs,
    });
  }
  return all.sort((a, b) => a.name.localeCompare(b.name));
}

/** Names what the list holds, so that clients that cache discovery see that something changed. */
const hashOf = (text: string): string => createHash('sha256').update(text).digest('base64url').slice(0, 11);

function resourceList(group: string, version: string, kinds: Kind[]): unknown {
  const resources = kinds.flatMap(kind => [
    {
      name: kind.resource,
      singularName: kind.singular,
      namespaced: kind.namespaced,
      kind: kind.kind,
      verbs: verbsOf(kind),
      shortNames: kind.shortNames,
      categories: kind.categories,
      storageVersionHash: kind.virtual ? undefined : hashOf(`${group}/${version}/${kind.kind}`),
    },
    ...subresourcesOf(kind).map(sub => ({
      name: `${kind.resource}/${sub.name}`,
      singularName: '',
      namespaced: kind.namespaced,
      // Only what differs from the list's own group and version is told.
      ...(sub.group === group && sub.version === version ? {} : { group: sub.group, version: sub.version }),
      kind: sub.kind,
      verbs: sub.verbs,
    })),
  ]);
  return {
    kind: 'APIResourceList',
    apiVersion: 'v1',
    groupVersion: apiVersionOf({ group, version }),
    resources: resources.sort((a, b) => (a.name < b.name ? -1 : 1)),
  };
}

function aggregatedDocument(groups: Group[], version: keyof typeof AGGREGATED): Document {
  const items = groups.map(group => ({
    metadata: { ...(group.name && { name: group.name }), creationTimestamp: null },
    versions: [...group.versions].map(([v, kinds]) => ({
      version: v,
      freshness: 'Current',
      resources: kinds.map(aggregatedResource).sort((a, b) => (a.resource < b.resource ? -1 : 1)),
    })),
  }));
  const body = JSON.stringify({
    kind: 'APIGroupDiscoveryList',
    apiVersion: `apidiscovery.k8s.io/${version}`,
    metadata: {},
    items,
  });
  return {
    contentType: AGGREGATED[version],
    body,
    etag: `"${createHash('sha512').update(body).digest('hex').toUpperCase()}"`,
  };
}

const aggregatedResource = (kind: Kind) => {
  const subresources = subresourcesOf(kind).map(({ name, group, version, kind: k, verbs }) => ({
    subresource: name,
    responseKind: { group, version, kind: k },
    verbs,
  }));
  return {
    resource: kind.resource,
    responseKind: { group: kind.group, version: kind.version, kind: kind.kind },
    scope: kind.namespaced ? 'Namespaced' : 'Cluster',
    singularResource: kind.singular,
    verbs: verbsOf(kind),
    shortNames: kind.shortNames,
    categories: kind.categories,
    ...(subresources.length > 0 && { subresources }),
  };
};
