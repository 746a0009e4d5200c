/**
 * Event: something that happened to an object.
 */

import { ageOf } from '../machinery/duration.ts';
import { pathSegmentErrors } from '../machinery/names.ts';
import { EVENTS } from '../machinery/resources.ts';
import { integer, text, wide } from './columns.ts';
import { apiObject, int32, microTime, optional, pointer, required, type Static, string, time } from './schema.ts';
import type { Kind } from './strategy.ts';
import { ObjectMeta } from './types/meta.ts';
import { ObjectReference } from './types/reference.ts';
import { EventSeries, EventSource } from './types/small.ts';
import { invalidFault } from './validation/faults.ts';

const schema = apiObject('io.k8s.api.core.v1.Event', 'Something that happened to an object.', ObjectMeta, {
  involvedObject: required(2, ObjectReference, 'The object that the event is about.'),
  reason: optional(3, string(), 'Why, in one CamelCase word.'),
  message: optional(4, string(), 'What happened, for people.'),
  source: optional(5, EventSource, 'Who reported it.'),
  firstTimestamp: optional(6, time(), 'When it happened first.'),
  lastTimestamp: optional(7, time(), 'When it happened last.'),
  count: optional(8, int32(), 'How often it happened.'),
  type: optional(9, string(), 'Normal or Warning.'),
  eventTime: optional(10, microTime(), 'When it happened first, to the microsecond.'),
  series: pointer(11, EventSeries, 'How it went on, when it did.'),
  action: optional(12, string(), 'What was being done.'),
  related: pointer(13, ObjectReference, 'A second object that took part.'),
  reportingComponent: optional(14, string(), 'The controller that reported it.'),
  reportingInstance: optional(15, string(), 'The instance of that controller.'),
});

export type Event = Static<typeof schema>;

export const event: Kind<Event> = {
  ...EVENTS,
  singular: 'event',
  listKind: 'EventList',
  shortNames: ['ev'],
  description: 'Something that happened to an object.',
  schema,
  columns: [
    text('Last Seen', 'Time since it happened last.', (o, now) =>
      ageOf(o.series?.lastObservedTime ?? (o.lastTimestamp || o.eventTime), now),
    ),
    text('Type', 'Normal or Warning.', o => o.type ?? ''),
    text('Reason', 'Why, in one word.', o => o.reason ?? ''),
    text('Object', 'The object that the event is about.', o => objectText(o.involvedObject)),
    wide(text('Subobject', 'The part of the object.', o => o.involvedObject.fieldPath ?? '')),
    wide(text('Source', 'Who reported it.', sourceText)),
    text('Message', 'What happened.', o => (o.message ?? '').trim()),
    wide(text('First Seen', 'Time since it happened first.', (o, now) => ageOf(o.firstTimestamp || o.eventTime, now))),
    wide(integer('Count', 'How often it happened.', o => o.series?.count ?? (o.count || 1))),
    wide(text('Name', 'Name of the event.', o => o.metadata.name)),
  ],
  allowCreateOnUpdate: true,
  allowUnconditionalUpdate: true,
  generation: false,
  selectableFields: {
    'involvedObject.kind': o => o.involvedObject.kind ?? '',
    'involvedObject.namespace': o => o.involvedObject.namespace ?? '',
    'involvedObject.name': o => o.involvedObject.name ?? '',
    'involvedObject.uid': o => o.involvedObject.uid ?? '',
    'involvedObject.apiVersion': o => o.involvedObject.apiVersion ?? '',
    'involvedObject.resourceVersion': o => o.involvedObject.resourceVersion ?? '',
    'involvedObject.fieldPath': o => o.involvedObject.fieldPath ?? '',
    reason: o => o.reason ?? '',
    reportingComponent: o => o.reportingComponent ?? '',
    source: o => o.source?.component || o.reportingComponent || '',
    type: o => o.type ?? '',
  },
  // Names of events carry what the event is about, which may hold colons.
  validateName: pathSegmentErrors,
  validate({ involvedObject, metadata }) {
    // What happens to cluster-scoped objects is told in the default namespace.
    const expected = involvedObject.namespace || 'default';
    if (metadata.namespace === expected || (!involvedObject.namespace && metadata.namespace === 'kube-system'))
      return [];
    return [invalidFault('involvedObject.namespace', involvedObject.namespace ?? '', 'does not match event.namespace')];
  },
};

const objectText = (object: Event['involvedObject']): string =>
  object.kind ? `${object.kind.toLowerCase()}/${object.name ?? ''}` : (object.name ?? '');

function sourceText({ source, reportingComponent, reportingInstance }: Event): string {
  const component = source?.component || reportingComponent || '';
  const host = source?.host || reportingInstance;
  return host ? `${component}, ${host}` : component;
}
