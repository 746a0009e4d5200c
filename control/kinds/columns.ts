/**
 * Columns that many Kinds show, and short ways to write one. What `kubectl get` prints is made of these.
 */
import { ageOf } from '../machinery/duration.ts';
import type { ApiObject } from '../machinery/meta.ts';
import type { Column } from './strategy.ts';

export const NONE = '<none>';
export const UNSET = '<unset>';

/** Not called for watch bookmarks: every object has a name. */
export const nameColumn: Column<ApiObject> = {
  name: 'Name',
  type: 'string',
  format: 'name',
  description: 'Name of the object.',
  cell: object => object.metadata.name,
};

export const ageColumn: Column<ApiObject> = {
  name: 'Age',
  type: 'string',
  description: 'Time since the object was created.',
  cell: (object, now) => ageOf(object.metadata.creationTimestamp, now),
};

/** Roles show when they were made, not how old they are. */
export const createdColumn: Column<ApiObject> = {
  name: 'Created At',
  type: 'date',
  description: 'When the object was created.',
  cell: object => object.metadata.creationTimestamp ?? null,
};

export const text = <T>(name: string, description: string, cell: (object: T, now: number) => string): Column<T> => ({
  name,
  type: 'string',
  description,
  cell,
});

export const integer = <T>(name: string, description: string, cell: (object: T) => number): Column<T> => ({
  name,
  type: 'integer',
  description,
  cell,
});

/** Shown with `-o wide` only. */
export const wide = <T>(column: Column<T>): Column<T> => ({ ...column, priority: 1 });

/** `app=web,tier in (a,b)` is what machinery/labels writes; an absent map is kubectl's `<none>`. */
export const labelsText = (labels: Record<string, string> | undefined): string => {
  const pairs = Object.entries(labels ?? {}).map(([key, value]) => `${key}=${value}`);
  return pairs.length === 0 ? NONE : pairs.sort().join(',');
};

/** Names and images of containers, for `-o wide`. */
export const containerColumns = <T>(
  containers: (object: T) => readonly { name: string; image?: string }[],
): Column<T>[] => [
  wide(
    text<T>('Containers', 'Names of the containers.', o =>
      containers(o)
        .map(c => c.name)
        .join(','),
    ),
  ),
  wide(
    text<T>('Images', 'Images of the containers.', o =>
      containers(o)
        .map(c => c.image ?? '')
        .join(','),
    ),
  ),
];
