/**
 * OpenAPI for clients: the v3 index and one document per group and version, made from the Kinds' schemas; and v2 as the
 * smallest document that satisfies kubectl, which asks for it but reads nothing when v3 is there.
 *
 * Always: every PATCH names its Kind and lists `fieldValidation` (kubectl validates on the server only then) and the
 * strategic merge type (kubectl computes such patches only then); a document is made when first asked for, and once.
 */
import { createHash } from 'node:crypto';
import type { Kind } from '../kinds/strategy.ts';
import type { Discovery, Document } from './discovery.ts';
import { componentName, createComponents, reference } from './openapi-schema.ts';

/** `swagger: "2.0"`, `info: {}`. */
const V2_PROTOBUF = Uint8Array.of(0x0a, 0x03, 0x32, 0x2e, 0x30, 0x12, 0x00);
export const V2_CONTENT_TYPE = 'application/com.github.proto-openapi.spec.v2.v1.0+protobuf';
export const openApiV2 = {
  protobuf: V2_PROTOBUF,
  json: JSON.stringify({ swagger: '2.0', info: { title: 'Skerry', version: 'v1' }, paths: {} }),
};

const PATCH_TYPES = [
  'application/apply-patch+yaml',
  'application/json-patch+json',
  'application/merge-patch+json',
  'application/strategic-merge-patch+json',
];
const ACTIONS = { get: 'get', list: 'list', post: 'post', put: 'put', patch: 'patch', delete: 'delete' } as const;

export interface OpenApi {
  index(): Document;
  /** `api/v1`, `apis/apps/v1`. */
  document(path: string): (Document & { hash: string }) | undefined;
}

export function createOpenApi(discovery: Discovery): OpenApi {
  const made = new Map<string, (Document & { hash: string }) | undefined>();
  const paths = new Map(
    discovery
      .groupVersions()
      .map(gv => [gv.group === '' ? `api/${gv.version}` : `apis/${gv.group}/${gv.version}`, gv.kinds]),
  );
  const document: OpenApi['document'] = path => {
    if (made.has(path)) return made.get(path);
    const kinds = paths.get(path);
    const made1 = kinds && finish(JSON.stringify(documentOf(path, kinds)));
    made.set(path, made1);
    return made1;
  };
  let index: Document | undefined;
  return {
    document,
    index: () => {
      index ??= finish(
        JSON.stringify({
          paths: Object.fromEntries(
            [...paths.keys()].map(path => [
              path,
              { serverRelativeURL: `/openapi/v3/${path}?hash=${document(path)!.hash}` },
            ]),
          ),
        }),
      );
      return index;
    },
  };
}

function finish(body: string): Document & { hash: string } {
  const hash = createHash('sha512').update(body).digest('hex').toUpperCase();
  return { contentType: 'application/json', body, hash, etag: `"${hash}"` };
}

function documentOf(root: string, kinds: Kind[]): unknown {
  const components = createComponents();
  const paths: Record<string, unknown> = {};
  for (const kind of kinds) {
    components.addKind(kind);
    Object.assign(paths, pathsOf(root, kind));
  }
  return {
    openapi: '3.0.0',
    info: { title: 'Skerry', version: 'v1.32' },
    paths,
    components: { schemas: components.schemas() },
  };
}

function pathsOf(root: string, kind: Kind): Record<string, unknown> {
  const collection = `/${root}/${kind.namespaced ? 'namespaces/{namespace}/' : ''}${kind.resource}`;
  const item = `${collection}/{name}`;
  const scope = kind.namespaced ? [pathParameter('namespace')] : [];
  const serves = (verb: string) =>
    kind.verbs ? (kind.verbs as readonly string[]).includes(verb) : !kind.virtual || verb === 'create';
  const operation = (action: keyof typeof ACTIONS) => operationOf(kind, action);
  const paths: Record<string, unknown> = {
    [collection]: {
      ...(serves('list') && { get: operation('list') }),
      ...(serves('create') && { post: operation('post') }),
      ...(serves('deletecollection') && { delete: operation('delete') }),
      parameters: scope,
    },
  };
  const named = {
    ...(serves('get') && { get: operation('get') }),
    ...(serves('update') && { put: operation('put') }),
    ...(serves('patch') && { patch: operation('patch') }),
    parameters: [...scope, pathParameter('name')],
  };
  if (serves('get')) paths[item] = { ...named, ...(serves('delete') && { delete: operation('delete') }) };
  if (kind.subresources?.status) paths[`${item}/status`] = named;
  return paths;
}

const pathParameter = (name: string) => ({
  name,
  in: 'path',
  required: true,
  schema: { type: 'string', uniqueItems: true },
});

const queryParameter = (name: string, description: string) => ({
  name,
  in: 'query',
  description,
  schema: { type: 'string', uniqueItems: true },
});

const WRITE_PARAMETERS = [
  queryParameter('dryRun', 'All: do everything but store the result.'),
  queryParameter('fieldManager', 'Who makes this change, for managedFields.'),
  queryParameter('fieldValidation', 'What to do about unknown and duplicate fields: Ignore, Warn or Strict.'),
];

function operationOf(kind: Kind, action: keyof typeof ACTIONS): unknown {
  const writes = action === 'post' || action === 'put' || action === 'patch';
  const schema = reference(componentName(kind.schema, kind.kind));
  return {
    tags: [kind.group === '' ? `core_${kind.version}` : `${kind.group.split('.')[0]}_${kind.version}`],
    operationId: `${action}${kind.kind}`,
    'x-kubernetes-action': action,
    'x-kubernetes-group-version-kind': { group: kind.group, version: kind.version, kind: kind.kind },
    ...(writes && { parameters: WRITE_PARAMETERS, requestBody: requestBody(action, schema) }),
    responses: { '200': { description: 'OK', content: { 'application/json': { schema } } } },
  };
}

const requestBody = (action: string, schema: unknown) => ({
  required: true,
  content:
    action === 'patch'
      ? Object.fromEntries(PATCH_TYPES.map(type => [type, { schema: { type: 'object' } }]))
      : { '*/*': { schema } },
});
