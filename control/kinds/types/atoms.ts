/**
 * Small types that many kinds use.
 */
import { enumeration, map, quantity, type Static } from '../schema.ts';

/** `{ cpu: '500m', memory: '64Mi' }`. */
export const ResourceList = map(quantity());
export type ResourceList = Static<typeof ResourceList>;

export const ConditionStatus = enumeration('False', 'True', 'Unknown');
export const Protocol = enumeration('SCTP', 'TCP', 'UDP');
export type Protocol = Static<typeof Protocol>;
export const PullPolicy = enumeration('Always', 'IfNotPresent', 'Never');
export const TaintEffect = enumeration('NoExecute', 'NoSchedule', 'PreferNoSchedule');
