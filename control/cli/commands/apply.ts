/** `skerry apply`: makes the server's objects what the manifest says, and leaves alone what others set. */
import type { ApiObject } from '../../machinery/meta.ts';
import { isReason } from '../../machinery/status.ts';
import { type Command, type Context, type Input, UsageError } from '../command.ts';
import { CONNECT_OPTIONS, connect, type Session } from '../connect.ts';
import { byKind, discover, type NamedResource, type Resources } from '../resources.ts';
import { LAST_APPLIED, threeWayPatch } from '../three-way.ts';
import { readManifest } from './delete.ts';

export const command: Command = {
  name: 'apply',
  summary: 'Create or change objects as a manifest says',
  operands: '',
  options: {
    ...CONNECT_OPTIONS,
    filename: { value: 'FILE', short: 'f', description: 'YAML or JSON (`-` reads standard input)' },
  },
  run: apply,
};

async function apply(input: Input, context: Context): Promise<number> {
  const file = input.text('filename');
  if (file === undefined) throw new UsageError('-f FILE is needed');
  const objects = await readManifest(file);
  const session = await connect(input, context);
  try {
    await applyAll(objects, session, line => context.terminal.out(line));
    return 0;
  } finally {
    session.close();
  }
}

/** Applies in the order of the file; says what became of each. */
export const applyAll = async (
  objects: readonly ApiObject[],
  session: Session,
  say: (line: string) => void,
): Promise<void> => {
  const resources: Resources = await discover(session.client);
  for (const object of objects) {
    const resource = byKind(resources, object.apiVersion, object.kind);
    const outcome = await applyOne(resource, object, session);
    say(`${resource.singular}${resource.group ? `.${resource.group}` : ''}/${object.metadata.name} ${outcome}`);
  }
};

async function applyOne(
  resource: NamedResource,
  object: ApiObject,
  session: Session,
): Promise<'created' | 'configured' | 'unchanged'> {
  const namespace = resource.namespaced ? (object.metadata.namespace ?? session.namespace) : undefined;
  const bare = { ...object, metadata: { ...object.metadata, ...(namespace ? { namespace } : {}) } };
  const wanted = withLastApplied(bare);
  const key = { namespace, name: object.metadata.name };
  const live = await session.client.get(resource, key).catch(error => {
    if (isReason(error, 'NotFound')) return undefined;
    throw error;
  });
  if (live === undefined) {
    await session.client.create(resource, wanted, { namespace });
    return 'created';
  }
  const patch = threeWayPatch(fields(lastApplied(live)), fields(wanted), fields(live));
  if (patch === undefined) return 'unchanged';
  await session.client.patch(resource, key, patch, { type: 'merge', fieldManager: 'skerry' });
  return 'configured';
}

function withLastApplied(object: ApiObject): ApiObject {
  const annotations = { ...object.metadata.annotations };
  delete annotations[LAST_APPLIED];
  const applied = JSON.stringify({ ...object, metadata: { ...object.metadata, annotations } });
  return {
    ...object,
    metadata: { ...object.metadata, annotations: { ...annotations, [LAST_APPLIED]: `${applied}\n` } },
  };
}

function lastApplied(live: ApiObject): object {
  try {
    return JSON.parse(live.metadata.annotations?.[LAST_APPLIED] ?? '{}') as object;
  } catch {
    return {};
  }
}

type Fields = Parameters<typeof threeWayPatch>[0];
function fields(object: object): Fields {
  return object as unknown as Fields;
}
