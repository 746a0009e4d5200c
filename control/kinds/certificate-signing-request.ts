/**
 * CertificateSigningRequest: asks for a certificate to be signed.
 */
import { apiObject, optional, required, type Static } from './schema.ts';
import type { Kind } from './strategy.ts';
import { CertificateSigningRequestSpec, CertificateSigningRequestStatus } from './types/certificate.ts';
import { ObjectMeta } from './types/meta.ts';

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
  group: 'certificates.k8s.io',
  version: 'v1',
  resource: 'certificatesigningrequests',
  kind: 'CertificateSigningRequest',
  singular: 'certificatesigningrequest',
  listKind: 'CertificateSigningRequestList',
  shortNames: ['csr'],
  namespaced: false,
  description: 'Asks for a certificate to be signed.',
  schema,
  columns: [],
};
