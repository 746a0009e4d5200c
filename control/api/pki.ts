/**
 * The cluster's keys and certificates, in files that only their owner may read: made on the first start, read afterwards.
 *
 * Always: the CA and the token key outlive the server; certificates that are near their end are made anew, so nobody
 * has to remember them.
 */
import { type TokenKey, tokenKeyOf } from '../auth/tokens.ts';
import {
  type CertificateAuthority,
  createCertificateAuthority,
  issue,
  loadCertificateAuthority,
  readCertificate,
  signRequest,
} from '../machinery/x509.ts';
import type { Sans, Usage } from '../machinery/x509-extensions.ts';
import { exportPrivateKey, generateKeyPair, importPrivateKey } from '../machinery/x509-keys.ts';
import type { Platform } from '../platform/types.ts';
import type { ServerCertificate } from './listen.ts';

const DAY_MS = 86_400_000;
const CA_LIFETIME_MS = 3650 * DAY_MS;
const CERTIFICATE_LIFETIME_MS = 365 * DAY_MS;
/** A certificate is made anew when this part of its life is over. */
const RENEW_AT = 0.7;
/** Clocks of joining boxes may be behind. */
const BACKDATED_MS = 300_000;
const SERIAL_BYTES = 16;

export interface Pki {
  caPem: string;
  tokenKeys: readonly TokenKey[];
  admin: ServerCertificate;
  /** Under this name by which clients call the server. */
  issueServer(sans: Sans): Promise<ServerCertificate>;
  /** Whether a certificate's time has come. */
  isDue(certificatePem: string): boolean;
  /** For the certificate controller. */
  sign(csrPem: string, options: { usages: readonly string[]; expirationSeconds?: number }): Promise<string>;
}

type Parts = Pick<Platform, 'clock' | 'dice' | 'files'>;

export async function openPki(parts: Parts, directory: string): Promise<Pki> {
  const { clock, dice, files } = parts;
  await files.makeDirectory(directory, { mode: 0o700 });
  const secrets = secretFiles(parts, directory);
  const keep = keptIn(secrets);
  const term = (lifetime: number) => ({
    notBefore: clock.now() - BACKDATED_MS,
    notAfter: clock.now() + lifetime,
    serial: dice.bytes(SERIAL_BYTES),
  });
  const ca = await openAuthority(keep, term(CA_LIFETIME_MS));
  const isDue = (pem: string): boolean => {
    const { notBefore, notAfter } = readCertificate(pem);
    return clock.now() > notBefore + (notAfter - notBefore) * RENEW_AT;
  };
  const make = async (user: string, groups: string[], usages: Usage[], sans?: Sans): Promise<ServerCertificate> => {
    const keyPair = await generateKeyPair();
    const options = {
      user,
      groups,
      usages: ['digital signature' as const, ...usages],
      sans,
      ...term(CERTIFICATE_LIFETIME_MS),
    };
    const certificate = await issue(ca, { ...options, publicKey: keyPair.publicKey });
    return { certificate, key: await exportPrivateKey(keyPair) };
  };
  const admin = await keep('admin', async found =>
    found && !isDue(found.certificate) ? found : make('kubernetes-admin', ['system:masters'], ['client auth']),
  );
  return {
    caPem: ca.certificatePem,
    tokenKeys: [await openTokenKey(secrets)],
    admin,
    issueServer: sans => make('kube-apiserver', [], ['server auth'], sans),
    isDue,
    sign: (csr, { usages, expirationSeconds }) =>
      signRequest(ca, csr, {
        ...term(Math.min(CERTIFICATE_LIFETIME_MS, (expirationSeconds ?? Infinity) * 1000)),
        usages: usages as readonly Usage[],
      }),
  };
}

/** Reads `NAME.crt` and `NAME.key`, asks for what they should be, and writes that when it is something else. */
type Keep = (
  name: string,
  decide: (found: ServerCertificate | undefined) => Promise<ServerCertificate>,
) => Promise<ServerCertificate>;

interface SecretFiles {
  /** Undefined when there is no such file. */
  read(file: string): Promise<string | undefined>;
  write(file: string, text: string): Promise<void>;
}

function secretFiles({ files }: Parts, directory: string): SecretFiles {
  return {
    async read(file) {
      try {
        return new TextDecoder().decode(await files.read(`${directory}/${file}`));
      } catch (error) {
        if ((error as { code?: string }).code === 'ENOENT') return undefined;
        throw error;
      }
    },
    write: (file, text) => files.replace(`${directory}/${file}`, new TextEncoder().encode(text), { mode: 0o600 }),
  };
}

function keptIn({ read, write }: SecretFiles): Keep {
  return async (name, decide) => {
    const [certificate, key] = [await read(`${name}.crt`), await read(`${name}.key`)];
    const found = certificate !== undefined && key !== undefined ? { certificate, key } : undefined;
    const wanted = await decide(found);
    if (wanted === found) return found;
    // The key first: a certificate without its key would be of no use after a crash in between.
    await write(`${name}.key`, wanted.key);
    await write(`${name}.crt`, wanted.certificate);
    return wanted;
  };
}

async function openAuthority(keep: Keep, term: { notBefore: number; notAfter: number; serial: Uint8Array }) {
  let ca: CertificateAuthority | undefined;
  await keep('ca', async found => {
    if (found) {
      ca = await loadCertificateAuthority({ certificatePem: found.certificate, privateKeyPem: found.key });
      return found;
    }
    ca = await createCertificateAuthority({ name: 'skerry-ca', ...term });
    return { certificate: ca.certificatePem, key: await exportPrivateKey(ca.keyPair) };
  });
  return ca!;
}

/** Signs service-account tokens. */
async function openTokenKey({ read, write }: SecretFiles): Promise<TokenKey> {
  const kept = await read('service-account.key');
  if (kept !== undefined) return tokenKeyOf(await importPrivateKey(kept));
  const made = await exportPrivateKey(await generateKeyPair());
  await write('service-account.key', made);
  return tokenKeyOf(await importPrivateKey(made));
}
