/**
 * Gives nodes their client certificates: approves requests from bootstrappers, and from nodes for themselves, and has
 * approved ones signed. Signing itself is injected; the key of the CA is not known here.
 *
 * Always: only `system:node:<name>` in `system:nodes`, without other names, for client use; anything else waits for a
 * person (`kubectl certificate approve`).
 */
import type { CertificateSigningRequest } from '../kinds/certificate-signing-request.ts';
import type { CertificateSigningRequestCondition } from '../kinds/types/certificate.ts';
import { conditionOf } from '../machinery/conditions.ts';
import { timestamp } from '../machinery/meta.ts';
import { CERTIFICATE_SIGNING_REQUESTS } from '../machinery/resources.ts';
import { type CertificateRequest, readRequest } from '../machinery/x509.ts';
import type { Action } from './actions.ts';
import type { Context, Controller } from './controller.ts';

const NODE_CLIENT_SIGNER = 'kubernetes.io/kube-apiserver-client-kubelet';
const SIGNERS = [NODE_CLIENT_SIGNER, 'kubernetes.io/kube-apiserver-client'];
const CLIENT_USAGES = ['digital signature', 'key encipherment', 'client auth'];
const NODES = 'system:nodes';
const BOOTSTRAPPERS = 'system:bootstrappers';

interface SignOptions {
  usages: readonly string[];
  expirationSeconds?: number;
  signerName: string;
}

/** PEM of the request → PEM of the certificate (or chain). */
export type Sign = (csrPem: string, options: SignOptions) => Promise<string>;

const has = (csr: CertificateSigningRequest, type: string): boolean =>
  conditionOf(csr.status?.conditions, type) !== undefined;

/** Undefined: not ours to approve. */
export function approvalMessage(csr: CertificateSigningRequest, request: CertificateRequest): string | undefined {
  const { signerName, usages = [], username = '', groups = [] } = csr.spec;
  const names = Object.values(request.sans).some(list => Array.isArray(list) && list.length > 0);
  const node = request.user.startsWith('system:node:') && request.user.length > 'system:node:'.length;
  const nodeGroups = request.groups.length === 1 && request.groups[0] === NODES;
  const client = usages.includes('client auth') && usages.every(usage => CLIENT_USAGES.includes(usage));
  if (signerName !== NODE_CLIENT_SIGNER || !node || !nodeGroups || names || !client) return undefined;
  if (groups.includes(BOOTSTRAPPERS)) return 'Auto approving kubelet client certificate after SubjectAccessReview.';
  if (username === request.user && groups.includes(NODES))
    return 'Auto approving self kubelet client certificate after SubjectAccessReview.';
  return undefined;
}

export function planApproval(csr: CertificateSigningRequest, message: string | undefined, now: number): Action[] {
  if (!message || has(csr, 'Approved') || has(csr, 'Denied')) return [];
  const time = timestamp(now);
  const condition: CertificateSigningRequestCondition = {
    type: 'Approved',
    status: 'True',
    reason: 'AutoApproved',
    message,
    lastUpdateTime: time,
    lastTransitionTime: time,
  };
  const object: CertificateSigningRequest = {
    ...csr,
    status: { ...csr.status, conditions: [...(csr.status?.conditions ?? []), condition] },
  };
  return [{ type: 'replace', resource: CERTIFICATE_SIGNING_REQUESTS, object, subresource: 'approval' }];
}

export const mustSign = (csr: CertificateSigningRequest): boolean =>
  SIGNERS.includes(csr.spec.signerName) &&
  has(csr, 'Approved') &&
  !has(csr, 'Denied') &&
  !has(csr, 'Failed') &&
  !csr.status?.certificate;

export function csrController({ informers, clock, log }: Context, sign: Sign): Controller {
  return {
    name: 'certificate-controller',
    setUp({ queue, perform }) {
      const requests = informers.of<CertificateSigningRequest>(CERTIFICATE_SIGNING_REQUESTS);
      requests.onChange((_, csr) => {
        if (csr && !csr.status?.certificate) queue.add(csr.metadata.name);
      });
      return {
        synced: [requests.synced],
        reconcile: async name => {
          const csr = requests.store.get(name);
          if (!csr || csr.status?.certificate || has(csr, 'Denied') || has(csr, 'Failed')) return;
          const pem = atob(csr.spec.request);
          if (mustSign(csr)) {
            const { usages = CLIENT_USAGES, expirationSeconds, signerName } = csr.spec;
            const certificate = await sign(pem, { usages, expirationSeconds, signerName });
            const patch = { metadata: { uid: csr.metadata.uid }, status: { certificate: btoa(certificate) } };
            const resource = CERTIFICATE_SIGNING_REQUESTS;
            await perform([
              { type: 'patch', resource, key: { name }, patch, subresource: 'status', absentIsFine: true },
            ]);
            return;
          }
          const request = await readRequest(pem).catch(error => {
            log('warn', `certificate-controller: ${name} is no certificate request`, { error: String(error) });
            return undefined;
          });
          if (request) await perform(planApproval(csr, approvalMessage(csr, request), clock.now()));
        },
      };
    },
  };
}
