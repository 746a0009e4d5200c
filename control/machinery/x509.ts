/**
 * X.509 v3 certificates and PKCS#10 requests: the cluster's own certificate authority, the requests of those who join, and
 * what certificates say. Small on purpose: EC P-256, our extensions, WebCrypto.
 *
 * Always: what comes from outside and is malformed throws CertificateError and nothing else; time and serial numbers are
 * arguments. Called by control/main (server certificates), the certificate controller, control/auth, agents and the CLI.
 */
import {
  type Bytes,
  booleanTrue,
  CertificateError,
  childrenOf,
  contentOf,
  type Element,
  explicit,
  implicit,
  integer,
  octetString,
  oid,
  readBitString,
  readElement,
  readOid,
  readTime,
  sequence,
  setOf,
  TAG,
  time,
} from './der.ts';
import { decodePem, encodePem } from './pem.ts';
import {
  encodeSans,
  encodeSubject,
  extension,
  OID,
  readExtendedUsages,
  readExtensions,
  readSans,
  readSubject,
  type Sans,
  type Subject,
  type Usage,
  usageExtensions,
} from './x509-extensions.ts';
import {
  exportPublicKey,
  generateKeyPair,
  importPrivateKey,
  type KeyPair,
  signatureAlgorithm,
  signed,
  verifySignature,
} from './x509-keys.ts';

export interface CertificateAuthority {
  certificatePem: string;
  keyPair: KeyPair;
  /** The encoded subject, which certificates name as their issuer. */
  subject: Bytes;
  keyId: Bytes;
}

/** When a certificate holds (milliseconds) and its serial number: random bytes, at most 20. */
export interface Term {
  notBefore: number;
  notAfter: number;
  serial: Uint8Array;
}

export const createCertificateAuthority = async (options: { name: string } & Term): Promise<CertificateAuthority> => {
  const keyPair = await generateKeyPair();
  const subject = encodeSubject({ user: options.name, groups: [] });
  const publicKey = await exportPublicKey(keyPair.publicKey);
  const ca = { certificatePem: '', keyPair, subject, keyId: await keyIdOf(publicKey) };
  const usages: Usage[] = ['digital signature', 'key encipherment', 'cert sign', 'crl sign'];
  return { ...ca, certificatePem: await certify(ca, { ...options, subject, publicKey, usages, authority: true }) };
};

export const loadCertificateAuthority = async (pem: {
  certificatePem: string;
  privateKeyPem: string;
}): Promise<CertificateAuthority> => {
  const keyPair = await importPrivateKey(pem.privateKeyPem);
  const { fields, publicKey } = readTbs(decodePem('CERTIFICATE', pem.certificatePem));
  const own = await exportPublicKey(keyPair.publicKey);
  if (encodePem('PUBLIC KEY', own) !== encodePem('PUBLIC KEY', publicKey)) {
    throw new CertificateError('the private key does not belong to the certificate');
  }
  return { certificatePem: pem.certificatePem, keyPair, subject: fields[5]!.raw, keyId: await keyIdOf(publicKey) };
};

/** PEM of a certificate for a key that we know is its owner's: servers and parts of ours. */
export const issue = async (
  ca: CertificateAuthority,
  options: Subject & Term & { publicKey: CryptoKey; usages: readonly Usage[]; sans?: Sans },
): Promise<string> =>
  certify(ca, { ...options, subject: encodeSubject(options), publicKey: await exportPublicKey(options.publicKey) });

/** PEM of a request that proves the possession of its key. */
export const createRequest = async (options: Subject & { keyPair: KeyPair; sans?: Sans }): Promise<string> => {
  const { keyPair, sans } = options;
  const extensions = sans ? [extension(OID.subjectAltName, encodeSans(sans))] : [];
  const attributes = sans ? [sequence(oid(OID.extensionRequest), setOf(sequence(...extensions)))] : [];
  const publicKey = await exportPublicKey(keyPair.publicKey);
  const info = sequence(integer(new Uint8Array([0])), encodeSubject(options), publicKey, explicit(0, ...attributes));
  return encodePem('CERTIFICATE REQUEST', await signed(info, keyPair));
};

export interface CertificateRequest extends Subject {
  sans: Sans;
  /** SubjectPublicKeyInfo. */
  publicKey: Bytes;
}

/** Rejects with CertificateError when malformed or not signed by its own key. */
export const readRequest = async (pem: string): Promise<CertificateRequest> => {
  const [info, algorithm, signature] = childrenOf(readElement(decodePem('CERTIFICATE REQUEST', pem)));
  const [, subject, publicKey, attributes] = childrenOf(info);
  if (publicKey === undefined || algorithm === undefined) throw new CertificateError('malformed certificate request');
  await verifySignature(info!.raw, algorithm, readBitString(signature), publicKey.raw);
  const requested = (attributes === undefined ? [] : childrenOf(attributes, 0xa0))
    .map(attribute => childrenOf(attribute))
    .find(([type]) => readOid(type) === OID.extensionRequest);
  const extensions = readExtensions(requested && childrenOf(requested[1], TAG.set)[0]);
  return {
    ...readSubject(subject),
    sans: readSans(extensions.get(OID.subjectAltName)),
    publicKey: publicKey.raw,
  };
};

/** PEM of the certificate that a request asks for; the alternative names are the request's unless given. */
export const signRequest = async (
  ca: CertificateAuthority,
  csrPem: string,
  options: Term & { usages: readonly Usage[]; sans?: Sans },
): Promise<string> => {
  const request = await readRequest(csrPem);
  return certify(ca, { sans: request.sans, ...options, subject: encodeSubject(request), publicKey: request.publicKey });
};

interface Content extends Term {
  subject: Bytes;
  publicKey: Bytes;
  usages: readonly Usage[];
  sans?: Sans;
  authority?: boolean;
}

const certify = async (ca: Omit<CertificateAuthority, 'certificatePem'>, content: Content): Promise<string> => {
  const { sans } = content;
  const named = sans !== undefined && sans.dns.length + sans.ip.length > 0;
  const extensions = [
    extension(OID.basicConstraints, content.authority ? sequence(booleanTrue()) : sequence(), true),
    ...usageExtensions(content.usages),
    extension(OID.subjectKeyId, octetString(await keyIdOf(content.publicKey))),
    ...(content.authority ? [] : [extension(OID.authorityKeyId, sequence(implicit(0, ca.keyId)))]),
    ...(named ? [extension(OID.subjectAltName, encodeSans(sans))] : []),
  ];
  const info = sequence(
    explicit(0, integer(new Uint8Array([2]))),
    integer(content.serial),
    signatureAlgorithm(),
    ca.subject,
    sequence(time(content.notBefore), time(content.notAfter)),
    content.subject,
    content.publicKey,
    explicit(3, sequence(...extensions)),
  );
  return encodePem('CERTIFICATE', await signed(info, ca.keyPair));
};

/** SHA-1 of the key's bits, the customary identifier; nothing rests on its strength. */
const keyIdOf = async (publicKey: Bytes): Promise<Bytes> =>
  new Uint8Array(await crypto.subtle.digest('SHA-1', readBitString(childrenOf(readElement(publicKey))[1])));

export interface Certificate extends Subject {
  sans: Sans;
  notBefore: number;
  notAfter: number;
  /** The extended usages that it is for. */
  usages: Usage[];
  /** Hexadecimal. */
  serial: string;
  authority: boolean;
  publicKey: Bytes;
}

/** What a certificate says. It verifies nothing. */
export const readCertificate = (certificate: string | Uint8Array): Certificate => {
  const der = typeof certificate === 'string' ? decodePem('CERTIFICATE', certificate) : certificate;
  const { fields, publicKey } = readTbs(der);
  const [, serial, , , validity, subject] = fields;
  const [notBefore, notAfter] = childrenOf(validity);
  const wrapped = fields.find(field => field.tag === 0xa3);
  const extensions = readExtensions(wrapped && childrenOf(wrapped, 0xa3)[0]);
  const constraints = extensions.get(OID.basicConstraints);
  return {
    ...readSubject(subject),
    sans: readSans(extensions.get(OID.subjectAltName)),
    usages: readExtendedUsages(extensions.get(OID.extendedKeyUsage)),
    notBefore: readTime(notBefore),
    notAfter: readTime(notAfter),
    serial: contentOf(serial, TAG.integer).toHex(),
    authority: constraints !== undefined && childrenOf(constraints)[0]?.content[0] === 0xff,
    publicKey,
  };
};

const readTbs = (der: Uint8Array): { fields: Element[]; publicKey: Bytes } => {
  const fields = childrenOf(childrenOf(readElement(der))[0]);
  const publicKey = fields[6];
  if (fields[0]?.tag !== 0xa0 || publicKey === undefined) throw new CertificateError('not an X.509 v3 certificate');
  return { fields, publicKey: publicKey.raw };
};

/** SHA-256 of the DER in hexadecimal: what a join token pins. */
export const fingerprint = async (certificatePem: string): Promise<string> =>
  new Uint8Array(await crypto.subtle.digest('SHA-256', decodePem('CERTIFICATE', certificatePem))).toHex();
