/** `skerry get`: objects as the server's own Tables, or whole as JSON or YAML. */
import { errorFrom } from '../../client/errors.ts';
import { dumpYaml } from '../../codec/yaml.ts';
import { type Command, type Context, type Input, UsageError } from '../command.ts';
import { CONNECT_OPTIONS, connect, type Session } from '../connect.ts';
import { columns } from '../print/table.ts';
import { byTypedName, discover, type NamedResource } from '../resources.ts';

export const command: Command = {
  name: 'get',
  summary: 'List objects, or show one',
  operands: 'TYPE [NAME]',
  options: {
    ...CONNECT_OPTIONS,
    'all-namespaces': { short: 'A', description: 'Of every namespace' },
    selector: { value: 'LABELS', short: 'l', description: 'Label selector, such as app=web,tier!=db' },
    'field-selector': { value: 'FIELDS', description: 'Field selector, such as status.phase=Running' },
    output: { value: 'FORMAT', short: 'o', description: '`json`, `yaml`, `wide` or `name`' },
  },
  run: get,
};

const TABLE = 'application/json;as=Table;v=v1;g=meta.k8s.io,application/json';
const FORMATS = [undefined, 'wide', 'json', 'yaml', 'name'];

interface Table {
  columnDefinitions: { name: string; priority?: number }[];
  rows: { cells: unknown[]; object: { metadata: { name: string; namespace?: string } } }[];
}

async function get(input: Input, context: Context): Promise<number> {
  const [typed, name] = input.operands.flatMap(word => word.split('/'));
  if (typed === undefined) throw new UsageError('a TYPE is needed, such as pods');
  if (!FORMATS.includes(input.text('output')))
    throw new UsageError(`-o ${input.text('output')} is not one of json, yaml, wide, name`);
  const session = await connect(input, context);
  try {
    const resource = byTypedName(await discover(session.client), typed);
    return await print(resource, name, session, input, context);
  } finally {
    session.close();
  }
}

async function print(
  resource: NamedResource,
  name: string | undefined,
  session: Session,
  input: Input,
  context: Context,
): Promise<number> {
  const format = input.text('output');
  const whole = format === 'json' || format === 'yaml';
  const response = await session.client.raw(pathOf(resource, name, session, input), {
    headers: { accept: whole ? 'application/json' : TABLE },
  });
  if (!response.ok) throw await errorFrom(response);
  const body = (await response.json()) as Table;
  if (format === 'json') context.terminal.out(JSON.stringify(body, null, 4));
  else if (format === 'yaml') context.terminal.out((await dumpYaml(body)).trimEnd());
  else if (format === 'name')
    for (const row of body.rows) context.terminal.out(`${resource.singular}/${row.object.metadata.name}`);
  else if (body.rows.length === 0) context.terminal.error(nothingFound(resource, session, input));
  else
    context.terminal.out(
      tableText(body, { wide: format === 'wide', namespaces: resource.namespaced && input.on('all-namespaces') }),
    );
  return 0;
}

/** A Table as kubectl prints it. */
export const tableText = (table: Table, show: { wide: boolean; namespaces: boolean }): string => {
  const shown = table.columnDefinitions.map((c, i) => ({ ...c, i })).filter(c => show.wide || !c.priority);
  const header = [...(show.namespaces ? ['NAMESPACE'] : []), ...shown.map(c => c.name.toUpperCase())];
  const rows = table.rows.map(row => [
    ...(show.namespaces ? [row.object.metadata.namespace ?? ''] : []),
    ...shown.map(c => String(row.cells[c.i] ?? '<none>')),
  ]);
  return columns(header, rows);
};

function pathOf(resource: NamedResource, name: string | undefined, session: Session, input: Input): string {
  const root = resource.group === '' ? `/api/${resource.version}` : `/apis/${resource.group}/${resource.version}`;
  const scope = resource.namespaced && !input.on('all-namespaces') ? `/namespaces/${session.namespace}` : '';
  const query = new URLSearchParams();
  if (input.text('selector') !== undefined) query.set('labelSelector', input.text('selector')!);
  if (input.text('field-selector') !== undefined) query.set('fieldSelector', input.text('field-selector')!);
  return `${root}${scope}/${resource.resource}${name ? `/${name}` : ''}${query.size > 0 ? `?${query}` : ''}`;
}

function nothingFound(resource: NamedResource, session: Session, input: Input): string {
  const everywhere = !resource.namespaced || input.on('all-namespaces');
  return everywhere ? 'No resources found' : `No resources found in ${session.namespace} namespace.`;
}
