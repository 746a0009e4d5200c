/**
 * The parts inside certificates and requests: names, alternative names, key usages. Kubernetes' reading of a subject:
 * the common name is the user, the organizations are the groups. Called by x509.ts only.
 */
import { formatAddress, parseAddress } from './cidr.ts';
import {
  type Bytes,
  bitString,
  booleanTrue,
  CertificateError,
  childrenOf,
  contentOf,
  decodeText,
  type Element,
  implicit,
  octetString,
  oid,
  readElement,
  readOid,
  readText,
  sequence,
  setOf,
  TAG,
  utf8,
} from './der.ts';

/** Alternative names: what a server may be called, or dialled at. */
export interface Sans {
  dns: readonly string[];
  ip: readonly string[];
}

export interface Subject {
  user: string;
  groups: readonly string[];
}

const COMMON_NAME = '2.5.4.3';
const ORGANIZATION = '2.5.4.10';

export const OID = {
  subjectKeyId: '2.5.29.14',
  keyUsage: '2.5.29.15',
  subjectAltName: '2.5.29.17',
  basicConstraints: '2.5.29.19',
  authorityKeyId: '2.5.29.35',
  extendedKeyUsage: '2.5.29.37',
  extensionRequest: '1.2.840.113549.1.9.14',
} as const;

export const encodeSubject = ({ user, groups }: Subject): Bytes => {
  const attribute = (type: string, value: string) => setOf(sequence(oid(type), utf8(value)));
  return sequence(...groups.map(group => attribute(ORGANIZATION, group)), attribute(COMMON_NAME, user));
};

export const readSubject = (name: Element | undefined): Subject => {
  const subject = { user: '', groups: [] as string[] };
  for (const part of childrenOf(name)) {
    for (const attribute of childrenOf(part, TAG.set)) {
      const [type, value] = childrenOf(attribute);
      if (readOid(type) === COMMON_NAME) subject.user = readText(value);
      if (readOid(type) === ORGANIZATION) subject.groups.push(readText(value));
    }
  }
  return subject;
};

export const extension = (id: string, value: Uint8Array, critical = false): Bytes =>
  sequence(oid(id), ...(critical ? [booleanTrue()] : []), octetString(value));

/** Extension id → the element inside. */
export const readExtensions = (list: Element | undefined): Map<string, Element> => {
  const found = new Map<string, Element>();
  for (const entry of list === undefined ? [] : childrenOf(list)) {
    const [id, ...rest] = childrenOf(entry);
    found.set(readOid(id), readElement(contentOf(rest.at(-1), TAG.octetString)));
  }
  return found;
};

const DNS = 2;
const IP = 7;

export const encodeSans = ({ dns, ip }: Sans): Bytes =>
  sequence(
    ...dns.map(name => {
      if (!/^[\x21-\x7e]+$/.test(name)) throw new CertificateError(`not a DNS name: ${JSON.stringify(name)}`);
      return implicit(DNS, new TextEncoder().encode(name));
    }),
    ...ip.map(text => implicit(IP, addressBytes(text))),
  );

const addressBytes = (text: string): Uint8Array => {
  const address = parseAddress(text);
  if (address === undefined) throw new CertificateError(`not an IP address: ${JSON.stringify(text)}`);
  const width = address.family === 4 ? 4 : 16;
  return Uint8Array.from({ length: width }, (_, i) => Number((address.value >> BigInt(8 * (width - 1 - i))) & 255n));
};

export const readSans = (value: Element | undefined): Sans => {
  const sans = { dns: [] as string[], ip: [] as string[] };
  for (const { tag, content } of value === undefined ? [] : childrenOf(value)) {
    if (tag === (0x80 | DNS)) sans.dns.push(decodeText(content));
    if (tag !== (0x80 | IP)) continue;
    if (content.length !== 4 && content.length !== 16)
      throw new CertificateError('malformed IP address in a certificate');
    const number = content.reduce((sum, byte) => (sum << 8n) | BigInt(byte), 0n);
    sans.ip.push(formatAddress({ family: content.length === 4 ? 4 : 6, value: number }));
  }
  return sans;
};

/** Kubernetes' names of usages (certificates.k8s.io/v1 KeyUsage), as far as we sign for them. */
export type Usage = 'digital signature' | 'key encipherment' | 'cert sign' | 'crl sign' | 'client auth' | 'server auth';

const KEY_USAGE_BITS: Partial<Record<Usage, number>> = {
  'digital signature': 0,
  'key encipherment': 2,
  'cert sign': 5,
  'crl sign': 6,
};
const EXTENDED_USAGES: Partial<Record<Usage, string>> = {
  'server auth': '1.3.6.1.5.5.7.3.1',
  'client auth': '1.3.6.1.5.5.7.3.2',
};

export const usageExtensions = (usages: readonly Usage[]): Bytes[] => {
  const bits = usages.map(usage => KEY_USAGE_BITS[usage]).filter(bit => bit !== undefined);
  const extended = usages.map(usage => EXTENDED_USAGES[usage]).filter(id => id !== undefined);
  const byte = bits.reduce((sum, bit) => sum | (0x80 >> bit), 0);
  return [
    ...(bits.length > 0
      ? [extension(OID.keyUsage, bitString(new Uint8Array([byte]), 7 - Math.max(...bits)), true)]
      : []),
    ...(extended.length > 0 ? [extension(OID.extendedKeyUsage, sequence(...extended.map(oid)))] : []),
  ];
};

export const readExtendedUsages = (value: Element | undefined): Usage[] => {
  const ids = value === undefined ? [] : childrenOf(value).map(readOid);
  return (Object.keys(EXTENDED_USAGES) as Usage[]).filter(usage => ids.includes(EXTENDED_USAGES[usage]!));
};
