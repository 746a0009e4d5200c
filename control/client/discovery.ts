/** Which resources the API serves, for those who must reach all of them: garbage collector, namespace controller. */
import type { Resource } from '../machinery/meta.ts';
import type { Client } from './client.ts';
import { errorFrom } from './errors.ts';

const ACCEPT = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json';

export interface DiscoveredResource extends Resource {
  verbs: readonly string[];
}

interface GroupDiscoveryList {
  items?: {
    metadata?: { name?: string };
    versions?: { version: string; resources?: DiscoveredEntry[] }[];
  }[];
}

interface DiscoveredEntry {
  resource: string;
  responseKind?: { kind: string };
  scope: string;
  verbs?: string[];
}

/** Each resource once, at the version that its group prefers. */
export async function discoverResources(client: Client, signal?: AbortSignal): Promise<DiscoveredResource[]> {
  const found = new Map<string, DiscoveredResource>();
  for (const path of ['/api', '/apis']) {
    const response = await client.raw(path, { headers: { accept: ACCEPT }, signal });
    if (!response.ok) throw await errorFrom(response);
    const body = (await response.json()) as GroupDiscoveryList;
    for (const item of body.items ?? []) {
      const group = item.metadata?.name ?? '';
      for (const { version, resources } of item.versions ?? []) {
        for (const { resource, responseKind, scope, verbs = [] } of resources ?? []) {
          const name = `${group}/${resource}`;
          if (found.has(name)) continue;
          const kind = responseKind?.kind ?? '';
          found.set(name, { group, version, resource, kind, namespaced: scope === 'Namespaced', verbs });
        }
      }
    }
  }
  return [...found.values()];
}
