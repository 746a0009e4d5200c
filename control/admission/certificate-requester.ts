/**
 * Writes into a CertificateSigningRequest who asks: approvers decide by it, so a client cannot say it itself.
 * Kubernetes does this in the strategy of the Kind; ours are pure and do not know the user.
 */
import type { ApiObject } from '../machinery/meta.ts';
import { isResource, type Plugin } from './chain.ts';

interface RequestLike extends ApiObject {
  spec: { username?: string; uid?: string; groups?: string[]; extra?: Record<string, string[]> };
}

export const certificateRequester = (): Plugin => ({
  name: 'CertificateRequester',
  operations: ['CREATE'],
  mutate: attributes => {
    if (!isResource(attributes, 'certificates.k8s.io', 'certificatesigningrequests')) return;
    const { spec } = attributes.object as RequestLike;
    delete spec.uid;
    delete spec.extra;
    spec.username = attributes.user.name;
    spec.groups = [...attributes.user.groups];
  },
});
