/**
 * A Kind that no cluster has, with every sort of field: what tests of the structural walker work on.
 */
import type { StructuralSchema } from '../../control/machinery/structural.ts';

/** As kinds/schema.ts would make it. */
export const object = (
  name: string,
  properties: Record<string, StructuralSchema>,
  required: string[] = [],
): StructuralSchema => ({
  type: 'object',
  properties: Object.assign(Object.create(null), properties),
  required,
  'x-definition': { name: `io.k8s.api.test.v1.${name}`, description: '' },
});
const text: StructuralSchema = { type: 'string', 'x-proto': { tag: 1, type: 'string' } };
const int32: StructuralSchema = { type: 'integer', format: 'int32', 'x-proto': { tag: 1, type: 'int' } };
const quantity: StructuralSchema = { type: 'string', format: 'quantity' };
const port = object(
  'Port',
  {
    name: text,
    number: { ...int32, default: 0 },
    protocol: { ...text, enum: ['TCP', 'UDP'], default: 'TCP' },
    target: { 'x-kubernetes-int-or-string': true },
  },
  ['number'],
);
export const widgetSpec = object('WidgetSpec', {
  replicas: { ...int32, default: 1, 'x-proto': { tag: 1, type: 'int', ptr: true } },
  seconds: { ...int32, default: 5 },
  paused: { type: 'boolean' },
  ratio: { type: 'number' },
  ports: { type: 'array', items: port, 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': ['number'] },
  labels: { type: 'object', additionalProperties: text },
  limits: { type: 'object', additionalProperties: quantity },
  tags: { type: 'array', items: text, 'x-kubernetes-list-type': 'set' },
  begun: { type: 'string', format: 'date-time' },
  renewed: { type: 'string', format: 'micro-time' },
  data: { type: 'string', format: 'byte' },
  any: { 'x-kubernetes-preserve-unknown-fields': true },
  open: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true, properties: { known: int32 } },
});
export const widget = object('Widget', { spec: { ...widgetSpec, default: {} } }, ['spec']);
