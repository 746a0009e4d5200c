/**
 * The body of a deletion.
 */
import { object, pointer, type Static, string } from '../schema.ts';

export const Preconditions = object(
  'io.k8s.apimachinery.pkg.apis.meta.v1.Preconditions',
  'What must hold for a deletion to happen.',
  {
    uid: pointer(1, string()),
    resourceVersion: pointer(2, string()),
  },
);
export type Preconditions = Static<typeof Preconditions>;
