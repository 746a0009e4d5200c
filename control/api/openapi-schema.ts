/**
 * From a Kind's structural schema to OpenAPI v3 components: named parts become components that others refer to, our own
 * keywords (protobuf numbers, definitions) stay at home. Called by openapi.ts, once per document.
 */
import type { Kind } from '../kinds/strategy.ts';
import type { StructuralSchema } from '../machinery/structural.ts';

export interface Components {
  addKind(kind: Kind): void;
  schemas(): Record<string, unknown>;
}

export const componentName = (schema: StructuralSchema, fallback: string): string =>
  schema['x-definition']?.name ?? fallback;

export const reference = (name: string) => ({ $ref: `#/components/schemas/${name}` });

export function createComponents(): Components {
  const schemas: Record<string, Record<string, unknown>> = {};

  /** A named part: written out once, referred to everywhere. */
  function define(name: string, schema: StructuralSchema): void {
    if (schemas[name]) return;
    schemas[name] = {};
    schemas[name] = convert(schema);
  }

  function convert(schema: StructuralSchema): Record<string, unknown> {
    const out: Record<string, unknown> = {};
    const definition = schema['x-definition'];
    for (const [key, value] of Object.entries(schema)) if (!OURS.has(key)) out[key] = value;
    if (definition && !('description' in out)) out['description'] = definition.description;
    if (schema.properties) {
      out['properties'] = Object.fromEntries(Object.entries(schema.properties).map(([k, v]) => [k, use(v)]));
    }
    if (schema.items) out['items'] = use(schema.items);
    if (schema.additionalProperties) out['additionalProperties'] = use(schema.additionalProperties);
    if (schema.required?.length === 0) delete out['required'];
    if (schema['x-kubernetes-int-or-string']) out['oneOf'] = [{ type: 'integer' }, { type: 'string' }];
    if (schema.format === 'quantity' || schema.format === 'duration') delete out['format'];
    if (schema.format === 'micro-time') out['format'] = 'date-time';
    return out;
  }

  /** A schema where it is used: a reference beside what belongs to this place alone. */
  function use(schema: StructuralSchema): Record<string, unknown> {
    const definition = schema['x-definition'];
    if (!definition) return convert(schema);
    define(definition.name, schema);
    const here: Record<string, unknown> = { allOf: [reference(definition.name)] };
    for (const key of PLACE) if (key in schema) here[key] = schema[key as keyof StructuralSchema];
    return here;
  }

  return {
    schemas: () => schemas,
    addKind: kind => {
      const name = componentName(kind.schema, kind.kind);
      define(name, kind.schema);
      const gvk = { group: kind.group, version: kind.version, kind: kind.kind };
      schemas[name]!['x-kubernetes-group-version-kind'] = [gvk];
      if (kind.virtual) return;
      schemas[`${name}List`] = listOf(name, kind);
    },
  };
}

/** Known to our walker only, or rewritten by `convert`. */
const OURS = new Set(['x-proto', 'x-definition', 'properties', 'items', 'additionalProperties']);
/** What a field says about itself rather than about its type. */
const PLACE = ['description', 'default', 'nullable', 'x-kubernetes-patch-strategy', 'x-kubernetes-patch-merge-key'];

const listOf = (name: string, kind: Kind): Record<string, unknown> => ({
  type: 'object',
  description: `A list of ${kind.resource}.`,
  required: ['items'],
  properties: {
    apiVersion: { type: 'string' },
    kind: { type: 'string' },
    metadata: { type: 'object', properties: { resourceVersion: { type: 'string' }, continue: { type: 'string' } } },
    items: { type: 'array', items: { allOf: [reference(name)], default: {} } },
  },
  'x-kubernetes-group-version-kind': [{ group: kind.group, version: kind.version, kind: kind.listKind }],
});
