/**
 * Lease: says who is alive or in charge, for a limited time.
 */
import { LEASES } from '../machinery/resources.ts';
import { ageColumn, nameColumn, text } from './columns.ts';
import { apiObject, filled, type Static } from './schema.ts';
import type { Kind } from './strategy.ts';
import { ObjectMeta } from './types/meta.ts';
import { LeaseSpec } from './types/small.ts';
import { invalidFault, nonNegative } from './validation/faults.ts';

const schema = apiObject(
  'io.k8s.api.coordination.v1.Lease',
  'Says who is alive or in charge, for a limited time.',
  ObjectMeta,
  {
    spec: filled(2, LeaseSpec),
  },
);

export type Lease = Static<typeof schema>;

export const lease: Kind<Lease> = {
  ...LEASES,
  singular: 'lease',
  listKind: 'LeaseList',
  description: 'Says who is alive or in charge, for a limited time.',
  schema,
  columns: [nameColumn, text('Holder', 'Who holds the lease.', o => o.spec.holderIdentity ?? ''), ageColumn],
  allowCreateOnUpdate: true,
  generation: false,
  validate({ spec }) {
    const faults = nonNegative('spec.leaseTransitions', spec.leaseTransitions);
    if (spec.leaseDurationSeconds !== undefined && spec.leaseDurationSeconds <= 0) {
      faults.push(invalidFault('spec.leaseDurationSeconds', spec.leaseDurationSeconds, 'must be greater than 0'));
    }
    return faults;
  },
};
