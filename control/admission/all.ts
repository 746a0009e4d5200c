/**
 * The plugins in Kubernetes' order (pkg/kubeapiserver/options/plugins.go). Called by control/main.ts.
 */
import type { Clock } from '../platform/types.ts';
import { certificateRequest } from './certificate-request.ts';
import { type Admission, createAdmission, type Lister } from './chain.ts';
import { defaultTolerations } from './default-tolerations.ts';
import { namespaceLifecycle } from './namespace-lifecycle.ts';
import { nodeRestriction } from './node-restriction.ts';
import { priority } from './priority.ts';
import { type Rights, rbacEscalation } from './rbac-escalation.ts';
import { runtimeClass } from './runtime-class.ts';
import { serviceAccount } from './service-account.ts';
import { unsupportedFieldWarnings } from './unsupported-fields.ts';

interface Parts {
  lister: Lister;
  clock: Clock;
  rights: Rights;
  tolerationSeconds?: number;
}

export const defaultAdmission = ({ lister, clock, rights, tolerationSeconds }: Parts): Admission =>
  createAdmission([
    namespaceLifecycle(lister),
    nodeRestriction(lister),
    serviceAccount(lister, clock),
    priority(lister),
    defaultTolerations(tolerationSeconds),
    runtimeClass(lister),
    certificateRequest(),
    rbacEscalation(lister, rights),
    unsupportedFieldWarnings(),
  ]);
