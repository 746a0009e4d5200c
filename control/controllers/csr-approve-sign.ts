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
  if (signerName !== NODE_CLIENT_SIGNER || notForNode(request) || notForClient(usages)) return undefined;
  if (groups.includes(BOOTSTRAPPERS)) return 'Auto approving kubelet client certificate after SubjectAccessReview.';
  if (username === request.user && groups.includes(NODES))
    return 'Auto approving self kubelet client certificate after SubjectAccessReview.';
  return undefined;
}

/** What a signer promises about all of its certificates, whoever approved them: undefined, or why it does not sign. */
export function refusalToSign({ spec }: CertificateSigningRequest, request: CertificateRequest): string | undefined {
  const why = notForClient(spec.usages ?? CLIENT_USAGES);
  return why ?? (spec.signerName === NODE_CLIENT_SIGNER ? notForNode(request) : undefined);
}

const notForClient = (usages: readonly string[]): string | undefined => {
  if (!usages.includes('client auth')) return 'usages must hold "client auth"';
  const other = usages.find(usage => !CLIENT_USAGES.includes(usage));
  return other === undefined ? undefined : `usage "${other}" is not signed for clients`;
};

const notForNode = ({ user, groups, sans }: CertificateRequest): string | undefined => {
  if (!/^system:node:./.test(user)) return 'subject common name does not begin with system:node: ';
  if (groups.length !== 1 || groups[0] !== NODES) return 'subject organization is not system:nodes';
  const named = Object.values(sans).some(list => Array.isArray(list) && list.length > 0);
  return named ? 'subjectAltNames are not allowed' : undefined;
};

export function planApproval(csr: CertificateSigningRequest, message: string | undefined, now: number): Action[] {
  if (!message || has(csr, 'Approved') || has(csr, 'Denied')) return [];
  return [withCondition(csr, { type: 'Approved', reason: 'AutoApproved', message }, 'approval', now)];
}

export const planFailure = (csr: CertificateSigningRequest, message: string, now: number): Action[] => [
  withCondition(csr, { type: 'Failed', reason: 'SignerValidationFailure', message }, 'status', now),
];

function withCondition(
  csr: CertificateSigningRequest,
  said: Pick<CertificateSigningRequestCondition, 'type' | 'reason' | 'message'>,
  subresource: 'approval' | 'status',
  now: number,
): Action {
  const time = timestamp(now);
  const condition = { ...said, status: 'True' as const, lastUpdateTime: time, lastTransitionTime: time };
  const conditions = [...(csr.status?.conditions ?? []), condition];
  const object: CertificateSigningRequest = { ...csr, status: { ...csr.status, conditions } };
  return { type: 'replace', resource: CERTIFICATE_SIGNING_REQUESTS, object, subresource };
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
          const request = await readRequest(pem).catch(error => {
            log('warn', `certificate-controller: ${name} is no certificate request`, { error: String(error) });
            return undefined;
          });
          if (!request) return;
          if (!mustSign(csr))
            return void (await perform(planApproval(csr, approvalMessage(csr, request), clock.now())));
          const why = refusalToSign(csr, request);
          if (why !== undefined) return void (await perform(planFailure(csr, why, clock.now())));
          const { usages = CLIENT_USAGES, expirationSeconds, signerName } = csr.spec;
          const certificate = await sign(pem, { usages, expirationSeconds, signerName });
          const patch = { metadata: { uid: csr.metadata.uid }, status: { certificate: btoa(certificate) } };
          const resource = CERTIFICATE_SIGNING_REQUESTS;
          await perform([{ type: 'patch', resource, key: { name }, patch, subresource: 'status', absentIsFine: true }]);
        },
      };
    },
  };
}
