/** `skerry delete`: objects by name or by manifest. */
import { readFile } from 'node:fs/promises';
import { loadYaml } from '../../codec/yaml.ts';
import type { ApiObject } from '../../machinery/meta.ts';
import { isReason } from '../../machinery/status.ts';
import { type Command, CommandError, type Context, type Input, UsageError } from '../command.ts';
import { CONNECT_OPTIONS, connect, type Session } from '../connect.ts';
import { byKind, byTypedName, discover, type NamedResource } from '../resources.ts';

export const command: Command = {
  name: 'delete',
  summary: 'Delete objects',
  operands: '[TYPE NAME …]',
  options: {
    ...CONNECT_OPTIONS,
    filename: { value: 'FILE', short: 'f', description: 'Delete what this manifest names (`-` reads standard input)' },
    'ignore-not-found': { description: 'What is not there is no error' },
  },
  run: remove,
};

async function remove(input: Input, context: Context): Promise<number> {
  const session = await connect(input, context);
  try {
    const targets = await namedBy(input, session);
    for (const { resource, namespace, name } of targets) {
      try {
        await session.client.delete(resource, { namespace, name }, { propagationPolicy: 'Background' });
        context.terminal.out(`${resource.singular}${resource.group ? `.${resource.group}` : ''} "${name}" deleted`);
      } catch (error) {
        if (!(input.on('ignore-not-found') && isReason(error, 'NotFound'))) throw error;
      }
    }
    return 0;
  } finally {
    session.close();
  }
}

interface Target {
  resource: NamedResource;
  namespace: string | undefined;
  name: string;
}

async function namedBy(input: Input, session: Session): Promise<Target[]> {
  const resources = await discover(session.client);
  const file = input.text('filename');
  const within = (resource: NamedResource, namespace = session.namespace) =>
    resource.namespaced ? namespace : undefined;
  if (file !== undefined) {
    return (await readManifest(file)).map(object => {
      const resource = byKind(resources, object.apiVersion, object.kind);
      return { resource, namespace: within(resource, object.metadata.namespace), name: object.metadata.name };
    });
  }
  const [typed, ...names] = input.operands.flatMap(word => (word.includes('/') ? word.split('/') : [word]));
  if (typed === undefined || names.length === 0) throw new UsageError('TYPE and NAME, or -f FILE, are needed');
  const resource = byTypedName(resources, typed);
  return names.map(name => ({ resource, namespace: within(resource), name }));
}

/** Objects of a YAML or JSON file, Lists taken apart. */
export const readManifest = async (file: string): Promise<ApiObject[]> => {
  const text = await readFile(file === '-' ? '/dev/stdin' : file, 'utf8').catch(error => {
    throw new CommandError(`cannot read ${file}: ${(error as Error).message}`);
  });
  const documents = (await loadYaml(text)) as (ApiObject & { items?: ApiObject[] })[];
  const objects = documents
    .filter(d => d !== null && d !== undefined)
    .flatMap(d => (Array.isArray(d.items) ? d.items : [d]));
  for (const object of objects) {
    if (typeof object !== 'object' || !object.apiVersion || !object.kind || !object.metadata) {
      throw new CommandError(`${file}: every object needs apiVersion, kind and metadata`);
    }
  }
  return objects;
};
