/**
 * Who a client certificate says its owner is: common name is the user, organizations are the groups. The TLS handshake
 * proved that the peer has the key; here the certificate itself is checked. Called by authenticate.ts.
 *
 * We check ourselves because Deno's `authorized` flag is wrong. Always: only certificates signed by the cluster's CA, for
 * clients, and within their time count.
 */
import { X509Certificate } from 'node:crypto';
import { CertificateError } from '../machinery/der.ts';
import { decodePemAll } from '../machinery/pem.ts';
import { type Certificate, readCertificate } from '../machinery/x509.ts';
import { AUTHENTICATED, type Identity } from './identity.ts';

/** Undefined when the certificate does not hold at that time (milliseconds). */
export type CertificateCheck = (der: Uint8Array, now: number) => Identity | undefined;

/** `caPem` may hold several certificates, while authorities are changed. */
export const createCertificateCheck = (caPem: string): CertificateCheck => {
  const authorities = decodePemAll('CERTIFICATE', caPem).map(der => new X509Certificate(der));
  // By the array itself: a connection keeps one and the same for all of its requests.
  const checked = new WeakMap<Uint8Array, Certificate | 'refused'>();
  return (der, now) => {
    const known = checked.get(der) ?? check(der, authorities);
    checked.set(der, known);
    if (known === 'refused' || now < known.notBefore || now > known.notAfter) return undefined;
    return { name: known.user, groups: [...known.groups, AUTHENTICATED] };
  };
};

const check = (der: Uint8Array, authorities: readonly X509Certificate[]): Certificate | 'refused' => {
  const certificate = parse(der);
  if (!certificate) return 'refused';
  try {
    const signed = authorities.some(ca => certificate.checkIssued(ca) && certificate.verify(ca.publicKey));
    if (!signed) return 'refused';
    const facts = readCertificate(der);
    return facts.authority || facts.user === '' || !facts.usages.includes('client auth') ? 'refused' : facts;
  } catch (error) {
    // OpenSSL's complaints about what it does not know carry a code.
    if (error instanceof CertificateError || (error as { code?: unknown }).code !== undefined) return 'refused';
    throw error;
  }
};

/** Undefined for what is no certificate: each host has its own kind of error for that. */
const parse = (der: Uint8Array): X509Certificate | undefined => {
  try {
    return new X509Certificate(der);
  } catch {
    return undefined;
  }
};
