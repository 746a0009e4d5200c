/**
 * Keys and signatures of certificates over WebCrypto. We make EC P-256 keys only; requests signed with other common keys
 * (P-384, RSA, Ed25519) are verified too, since people bring their own. Called by x509.ts, and by whoever stores keys.
 */
import {
  type Bytes,
  bitString,
  CertificateError,
  childrenOf,
  type Element,
  integer,
  oid,
  readElement,
  readOid,
  sequence,
  TAG,
} from './der.ts';
import { decodePem, encodePem } from './pem.ts';

export interface KeyPair {
  privateKey: CryptoKey;
  publicKey: CryptoKey;
}

const P256 = { name: 'ECDSA', namedCurve: 'P-256' };

export const generateKeyPair = (): Promise<KeyPair> =>
  crypto.subtle.generateKey(P256, true, ['sign', 'verify']) as Promise<KeyPair>;

/** PKCS#8. */
export const exportPrivateKey = async ({ privateKey }: Pick<KeyPair, 'privateKey'>): Promise<string> =>
  encodePem('PRIVATE KEY', new Uint8Array(await crypto.subtle.exportKey('pkcs8', privateKey)));

/** Reads an EC P-256 key. Throws CertificateError. */
export const importPrivateKey = async (pem: string): Promise<KeyPair> => {
  try {
    const privateKey = await crypto.subtle.importKey('pkcs8', decodePem('PRIVATE KEY', pem), P256, true, ['sign']);
    const { kty, crv, x, y } = await crypto.subtle.exportKey('jwk', privateKey);
    const publicKey = await crypto.subtle.importKey('jwk', { kty, crv, x, y }, P256, true, ['verify']);
    return { privateKey, publicKey };
  } catch (error) {
    throw new CertificateError(`unusable private key: ${(error as Error).message}`);
  }
};

/** SubjectPublicKeyInfo. */
export const exportPublicKey = async (publicKey: CryptoKey): Promise<Bytes> =>
  new Uint8Array(await crypto.subtle.exportKey('spki', publicKey));

const ECDSA_SHA256 = '1.2.840.10045.4.3.2';

/** What X.509 signs: content, algorithm, signature. */
export const signed = async (content: Bytes, { privateKey }: Pick<KeyPair, 'privateKey'>): Promise<Bytes> => {
  const raw = new Uint8Array(await crypto.subtle.sign({ name: 'ECDSA', hash: 'SHA-256' }, privateKey, content));
  const signature = sequence(integer(raw.subarray(0, 32)), integer(raw.subarray(32)));
  return sequence(content, signatureAlgorithm(), bitString(signature));
};

export const signatureAlgorithm = (): Bytes => sequence(oid(ECDSA_SHA256));

interface SignatureKind {
  hash?: string;
  /** Algorithm of the key that makes such signatures. */
  key: string;
}

const SIGNATURES: Readonly<Record<string, SignatureKind>> = {
  [ECDSA_SHA256]: { hash: 'SHA-256', key: '1.2.840.10045.2.1' },
  '1.2.840.10045.4.3.3': { hash: 'SHA-384', key: '1.2.840.10045.2.1' },
  '1.2.840.113549.1.1.11': { hash: 'SHA-256', key: '1.2.840.113549.1.1.1' },
  '1.2.840.113549.1.1.12': { hash: 'SHA-384', key: '1.2.840.113549.1.1.1' },
  '1.2.840.113549.1.1.13': { hash: 'SHA-512', key: '1.2.840.113549.1.1.1' },
  '1.3.101.112': { key: '1.3.101.112' },
};

const CURVES: Readonly<Record<string, { namedCurve: string; bytes: number }>> = {
  '1.2.840.10045.3.1.7': { namedCurve: 'P-256', bytes: 32 },
  '1.3.132.0.34': { namedCurve: 'P-384', bytes: 48 },
};

/** Throws CertificateError unless `signature` over `content` was made by the key in `spki`. */
export const verifySignature = async (
  content: Bytes,
  algorithm: Element,
  signature: Bytes,
  spki: Bytes,
): Promise<void> => {
  const kind = SIGNATURES[readOid(childrenOf(algorithm)[0])];
  const [keyAlgorithm, parameters] = childrenOf(childrenOf(readElement(spki))[0]);
  if (kind === undefined || readOid(keyAlgorithm) !== kind.key) {
    throw new CertificateError('unsupported signature algorithm');
  }
  let verified = false;
  try {
    if (kind.key === '1.2.840.10045.2.1') {
      const curve = CURVES[readOid(parameters)];
      if (curve === undefined) throw new CertificateError('unsupported curve');
      const key = await crypto.subtle.importKey('spki', spki, { name: 'ECDSA', namedCurve: curve.namedCurve }, false, [
        'verify',
      ]);
      verified = await crypto.subtle.verify(
        { name: 'ECDSA', hash: kind.hash! },
        key,
        rawSignature(signature, curve.bytes),
        content,
      );
    } else {
      const name = kind.hash === undefined ? 'Ed25519' : 'RSASSA-PKCS1-v1_5';
      const key = await crypto.subtle.importKey('spki', spki, { name, hash: kind.hash ?? 'SHA-512' }, false, [
        'verify',
      ]);
      verified = await crypto.subtle.verify(name, key, signature, content);
    }
  } catch (error) {
    throw new CertificateError(`unusable public key or signature: ${(error as Error).message}`);
  }
  if (!verified) throw new CertificateError('the signature does not match');
};

/** From DER's two integers to WebCrypto's two numbers of fixed width. */
const rawSignature = (der: Bytes, width: number): Bytes => {
  const raw = new Uint8Array(2 * width);
  const numbers = childrenOf(readElement(der));
  if (numbers.length !== 2) throw new CertificateError('malformed signature');
  numbers.forEach(({ tag, content }, i) => {
    const short = content[0] === 0 ? content.subarray(1) : content;
    if (tag !== TAG.integer || short.length > width) throw new CertificateError('malformed signature');
    raw.set(short, (i + 1) * width - short.length);
  });
  return raw;
};
