/**
 * Event: something that happened to an object.
 */
import { apiObject, int32, microTime, optional, pointer, required, type Static, string, time } from './schema.ts';
import type { Kind } from './strategy.ts';
import { ObjectMeta } from './types/meta.ts';
import { ObjectReference } from './types/reference.ts';
import { EventSeries, EventSource } from './types/small.ts';

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
  group: '',
  version: 'v1',
  resource: 'events',
  kind: 'Event',
  singular: 'event',
  listKind: 'EventList',
  shortNames: ['ev'],
  namespaced: true,
  description: 'Something that happened to an object.',
  schema,
  columns: [],
};
