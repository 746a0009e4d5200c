/**
 * Names people type (`po`, `pods`, `deploy`, `Deployment`, `leases.coordination.k8s.io`) to resources, by the server's own
 * discovery documents: whatever it serves can be named.
 */
import type { Client } from '../client/client.ts';
import type { Resource } from '../machinery/meta.ts';
import { CommandError } from './command.ts';

export interface NamedResource extends Resource {
  singular: string;
  shortNames: readonly string[];
}

export type Resources = readonly NamedResource[];

const DISCOVERY = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json';

/** Every resource of the server, core group first, as discovery orders them. */
export const discover = async (client: Client): Promise<Resources> => {
  const documents = await Promise.all(
    ['/api', '/apis'].map(path => client.raw(path, { headers: { accept: DISCOVERY } })),
  );
  const bodies = await Promise.all(documents.map(async d => (await d.json()) as Discovery));
  return bodies.flatMap(body =>
    (body.items ?? []).flatMap(group =>
      group.versions.flatMap(version =>
        version.resources.map(r => ({
          group: group.metadata?.name ?? '',
          version: version.version,
          resource: r.resource,
          kind: r.responseKind.kind,
          namespaced: r.scope === 'Namespaced',
          singular: r.singularResource ?? r.resource,
          shortNames: r.shortNames ?? [],
        })),
      ),
    ),
  );
};

export const byTypedName = (resources: Resources, typed: string): NamedResource => {
  const [name, group] = splitOnce(typed.toLowerCase(), '.');
  const found = resources.find(
    r =>
      (r.resource === name || r.singular === name || r.kind.toLowerCase() === name || r.shortNames.includes(name)) &&
      (group === undefined || r.group === group || r.group.startsWith(group + '.')),
  );
  if (!found) throw new CommandError(`the server doesn't have a resource type "${typed}"`);
  return found;
};

export const byKind = (resources: Resources, apiVersion: string, kind: string): NamedResource => {
  const found = resources.find(
    r => r.kind === kind && (r.group === '' ? r.version : `${r.group}/${r.version}`) === apiVersion,
  );
  if (!found) throw new CommandError(`no matches for kind "${kind}" in version "${apiVersion}"`);
  return found;
};

interface Discovery {
  items?: {
    metadata?: { name?: string };
    versions: {
      version: string;
      resources: {
        resource: string;
        singularResource?: string;
        scope: string;
        shortNames?: string[];
        responseKind: { kind: string };
      }[];
    }[];
  }[];
}

function splitOnce(text: string, separator: string): [string, string | undefined] {
  const at = text.indexOf(separator);
  return at < 0 ? [text, undefined] : [text.slice(0, at), text.slice(at + 1)];
}
