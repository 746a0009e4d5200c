/**
 * Requests for certificates.
 */
import {
  array,
  bytes,
  int32,
  map,
  object,
  optional,
  pointer,
  required,
  type Static,
  string,
  time,
  wrappedArray,
} from '../schema.ts';
import { ConditionStatus } from './atoms.ts';

export const CertificateSigningRequestSpec = object(
  'io.k8s.api.certificates.v1.CertificateSigningRequestSpec',
  'The request, who made it and who shall sign it.',
  {
    request: required(1, bytes(), 'A PEM encoded PKCS#10 request.'),
    signerName: required(7, string(), 'Who shall sign it.'),
    expirationSeconds: pointer(8, int32(), 'How long the certificate should last.'),
    usages: optional(5, array(string(), { type: 'atomic' }), 'What the certificate is to be used for.'),
    username: optional(2, string()),
    uid: optional(3, string()),
    groups: optional(4, array(string(), { type: 'atomic' })),
    extra: optional(6, map(wrappedArray(string()))),
  },
);
export type CertificateSigningRequestSpec = Static<typeof CertificateSigningRequestSpec>;

const CertificateSigningRequestCondition = object(
  'io.k8s.api.certificates.v1.CertificateSigningRequestCondition',
  'A decision on the request.',
  {
    type: required(1, string()),
    status: required(6, ConditionStatus),
    reason: optional(2, string()),
    message: optional(3, string()),
    lastUpdateTime: optional(4, time()),
    lastTransitionTime: optional(5, time()),
  },
);

export type CertificateSigningRequestCondition = Static<typeof CertificateSigningRequestCondition>;

export const CertificateSigningRequestStatus = object(
  'io.k8s.api.certificates.v1.CertificateSigningRequestStatus',
  'The decision, and the certificate.',
  {
    conditions: optional(1, array(CertificateSigningRequestCondition, { keys: ['type'] }), 'Decisions on the request.'),
    certificate: optional(2, bytes(), 'The PEM encoded certificate.'),
  },
);
export type CertificateSigningRequestStatus = Static<typeof CertificateSigningRequestStatus>;
