/** PEM: base64 between `-----BEGIN X-----` and `-----END X-----`. Called by x509.ts and by whoever stores keys. */
import { type Bytes, CertificateError } from './der.ts';

export type PemLabel = 'CERTIFICATE' | 'CERTIFICATE REQUEST' | 'PRIVATE KEY' | 'PUBLIC KEY';

export const encodePem = (label: PemLabel, der: Uint8Array): string => {
  const text = der.toBase64();
  return `-----BEGIN ${label}-----\n${text.match(/.{1,64}/g)?.join('\n') ?? ''}\n-----END ${label}-----\n`;
};

/** All blocks with this label, in order. Throws CertificateError when one is not base64. */
export const decodePemAll = (label: PemLabel, pem: string): Bytes[] => {
  const blocks = pem.matchAll(/-----BEGIN ([A-Z0-9 ]+)-----\r?\n([A-Za-z0-9+/=\s]*?)-----END \1-----/g);
  const wanted = [...blocks].filter(
    ([, found]) => found === label || (found === `NEW ${label}` && label.endsWith('REQUEST')),
  );
  return wanted.map(([, , text]) => {
    try {
      return Uint8Array.fromBase64(text!);
    } catch {
      throw new CertificateError(`malformed PEM: ${label} is not base64`);
    }
  });
};

/** The first block with this label. */
export const decodePem = (label: PemLabel, pem: string): Bytes => {
  const [first] = decodePemAll(label, pem);
  if (first === undefined) throw new CertificateError(`malformed PEM: no ${label}`);
  return first;
};
