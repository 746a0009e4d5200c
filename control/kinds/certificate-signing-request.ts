/**
 * CertificateSigningRequest: asks for a certificate to be signed.
 */
import { humanDuration } from '../machinery/duration.ts';
import { CERTIFICATE_SIGNING_REQUESTS } from '../machinery/resources.ts';
import type { Cause } from '../machinery/status.ts';
import { ageColumn, NONE, nameColumn, text } from './columns.ts';
import { apiObject, optional, required, type Static } from './schema.ts';
import { dropStatus } from './status-subresource.ts';
import type { Kind } from './strategy.ts';
import { CertificateSigningRequestSpec, CertificateSigningRequestStatus } from './types/certificate.ts';
import { ObjectMeta } from './types/meta.ts';
import { invalidFault, requiredFault } from './validation/faults.ts';

const schema = apiObject(
  'io.k8s.api.certificates.v1.CertificateSigningRequest',
  'Asks for a certificate to be signed.',
  ObjectMeta,
  {
    spec: required(2, CertificateSigningRequestSpec),
    status: optional(3, CertificateSigningRequestStatus),
  },
);

export type CertificateSigningRequest = Static<typeof schema>;

export const certificateSigningRequest: Kind<CertificateSigningRequest> = {
  ...CERTIFICATE_SIGNING_REQUESTS,
  singular: 'certificatesigningrequest',
  listKind: 'CertificateSigningRequestList',
  shortNames: ['csr'],
  description: 'Asks for a certificate to be signed.',
  schema,
  columns: [
    nameColumn,
    ageColumn,
    text('SignerName', 'Who shall sign.', o => o.spec.signerName),
    text('Requestor', 'Who asked.', o => o.spec.username ?? ''),
    text('RequestedDuration', 'How long the certificate should last.', o =>
      o.spec.expirationSeconds === undefined ? NONE : humanDuration(o.spec.expirationSeconds * 1000),
    ),
    text('Condition', 'What was decided, and whether it is signed.', conditionText),
  ],
  generation: false,
  selectableFields: { 'spec.signerName': o => o.spec.signerName },
  subresources: {
    status: true,
    others: [{ name: 'approval', kind: 'CertificateSigningRequest', verbs: ['get', 'update', 'patch'] }],
  },
  prepareForCreate: dropStatus,
  prepareForUpdate,
  validate: ({ spec }) => specFaults(spec),
};

const APPROVALS = ['Approved', 'Denied'];
const EXPIRATION_SECONDS_MIN = 600;

/** The request never changes; approvers write approvals, signers all other conditions and the certificate. */
function prepareForUpdate(
  next: CertificateSigningRequest,
  current: CertificateSigningRequest,
  subresource: string | undefined,
): void {
  next.spec = current.spec;
  const was = current.status?.conditions ?? [];
  const wanted = next.status?.conditions ?? [];
  const isApproval = ({ type }: { type: string }) => APPROVALS.includes(type);
  if (subresource === 'approval') {
    const others = was.filter(condition => !isApproval(condition));
    next.status = { ...current.status, conditions: [...wanted.filter(isApproval), ...others] };
  } else if (subresource === 'status') {
    const approvals = was.filter(isApproval);
    next.status = { ...next.status, conditions: [...approvals, ...wanted.filter(c => !isApproval(c))] };
  } else if (current.status === undefined) delete next.status;
  else next.status = current.status;
}

function specFaults(spec: CertificateSigningRequestSpec): Cause[] {
  const faults: Cause[] = [];
  if (!spec.request) faults.push(invalidFault('spec.request', '', 'PEM block type must be CERTIFICATE REQUEST'));
  else if (!isRequest(spec.request)) {
    faults.push(invalidFault('spec.request', spec.request, 'PEM block type must be CERTIFICATE REQUEST'));
  }
  if (!spec.usages?.length) faults.push(requiredFault('spec.usages'));
  if (spec.signerName === '') faults.push(requiredFault('spec.signerName'));
  else if (!/^[a-z0-9.-]+\/[^/]+$/.test(spec.signerName)) {
    faults.push(
      invalidFault(
        'spec.signerName',
        spec.signerName,
        'must be a fully qualified domain and path of the form "example.com/signer-name"',
      ),
    );
  }
  if (spec.expirationSeconds !== undefined && spec.expirationSeconds < EXPIRATION_SECONDS_MIN) {
    faults.push(
      invalidFault(
        'spec.expirationSeconds',
        spec.expirationSeconds,
        `may not specify a duration less than ${EXPIRATION_SECONDS_MIN} seconds (10 minutes)`,
      ),
    );
  }
  return faults;
}

const isRequest = (base64: string): boolean =>
  new TextDecoder().decode(Uint8Array.fromBase64(base64)).includes('-----BEGIN CERTIFICATE REQUEST-----');

function conditionText({ status }: CertificateSigningRequest): string {
  const has = (type: string) => status?.conditions?.some(condition => condition.type === type) === true;
  const decision = has('Denied') ? 'Denied' : has('Approved') ? 'Approved' : 'Pending';
  return decision + (has('Failed') ? ',Failed' : '') + (status?.certificate ? ',Issued' : '');
}
