/**
 * Who this box is to the cluster: a key that never leaves it, a certificate, and the cluster's CA. Joins with a token on the
 * first start; afterwards reads what it kept. Called by main.
 *
 * Always: the CA is taken only when its hash is the one in the token; key and certificate are readable by their owner only.
 */
import { join } from 'node:path';
import { createBackoff } from '../control/client/backoff.ts';
import type { Client } from '../control/client/client.ts';
import { createClient } from '../control/client/rest.ts';
import type { CertificateSigningRequest } from '../control/kinds/certificate-signing-request.ts';
import type { Log } from '../control/machinery/log.ts';
import { decodePemAll, encodePem } from '../control/machinery/pem.ts';
import { CERTIFICATE_SIGNING_REQUESTS } from '../control/machinery/resources.ts';
import { isReason } from '../control/machinery/status.ts';
import { createRequest, fingerprint, readCertificate } from '../control/machinery/x509.ts';
import { exportPrivateKey, generateKeyPair } from '../control/machinery/x509-keys.ts';
import { createTlsTransport } from '../control/platform/http-transport.ts';
import type { Clock, Dice, Files } from '../control/platform/types.ts';
import { ConfigError } from './config.ts';

/** PEM. */
export interface Identity {
  ca: string;
  cert: string;
  key: string;
}

export interface IdentityDeps {
  server: string;
  name: string;
  directory: string;
  clock: Clock;
  dice: Dice;
  files: Files;
  log: Log;
  signal: AbortSignal;
}

const SIGNER = 'kubernetes.io/kube-apiserver-client-kubelet';
const POLL_FIRST_MS = 25;
const POLL_MAX_MS = 2_000;
const RETRY_FIRST_MS = 100;
const RETRY_MAX_MS = 5_000;
const TOKEN = /^skerry\.([0-9a-f]{64})\.([a-z0-9]{6})\.([a-z0-9]{16})$/;

/** What was kept, or undefined: there is none, it has run out, or the token names another cluster. */
export async function loadIdentity(
  deps: Pick<IdentityDeps, 'directory' | 'files' | 'clock' | 'name'>,
  token: string | undefined,
): Promise<Identity | undefined> {
  const { files, clock, name } = deps;
  const read = async (file: string) =>
    Buffer.from(await files.read(join(deps.directory, 'pki', file))).toString('utf8');
  try {
    const identity = { ca: await read('ca.crt'), cert: await read('agent.crt'), key: await read('agent.key') };
    const { notAfter, user } = readCertificate(identity.cert);
    if (notAfter <= clock.now() || user !== userOf(name)) return undefined;
    const pinned = token === undefined ? undefined : TOKEN.exec(token)?.[1];
    return pinned !== undefined && pinned !== (await fingerprint(identity.ca)) ? undefined : identity;
  } catch {
    return undefined;
  }
}

const userOf = (name: string): string => `system:node:${name}`;

/** Waits for the server as long as it takes; rejects with ConfigError when the token cannot be right. */
export async function joinCluster(deps: IdentityDeps, token: string | undefined): Promise<Identity> {
  if (!token)
    throw new ConfigError(`--token is missing: this box has no certificate of the cluster yet (in ${deps.directory})`);
  const [, hash, id, secret] = TOKEN.exec(token) ?? [];
  if (!hash) throw new ConfigError('--token is no join token: skerry.<hash>.<id>.<secret>');
  const ca = await retried(deps, 'fetch the certificate authority', () => fetchAuthority(deps.server, hash));
  const transport = createTlsTransport({ server: deps.server, ca, token: `${id}.${secret}` });
  try {
    const client = createClient({ transport, userAgent: 'skerry-agent' });
    const { cert, key } = await retried(deps, 'join the cluster', () => requestCertificate(deps, client));
    return await keepIdentity(deps, { ca, cert, key });
  } finally {
    transport.close();
  }
}

async function fetchAuthority(server: string, hash: string): Promise<string> {
  const transport = createTlsTransport({ server, insecure: true });
  try {
    const response = await transport('/cacerts', {});
    if (!response.ok) throw new Error(`the server answered ${response.status} to /cacerts`);
    for (const der of decodePemAll('CERTIFICATE', await response.text())) {
      const pem = encodePem('CERTIFICATE', der);
      if ((await fingerprint(pem)) === hash) return pem;
    }
  } finally {
    transport.close();
  }
  throw new ConfigError(
    `the server at ${server} has another certificate authority than the token says: wrong server, wrong token, or someone in between`,
  );
}

/** A new key, signed by the cluster. `client` is the bootstrap token, or this agent with its old certificate. */
export async function requestCertificate(
  { name, clock, dice, signal }: Pick<IdentityDeps, 'name' | 'clock' | 'dice' | 'signal'>,
  client: Client,
): Promise<{ cert: string; key: string }> {
  const keyPair = await generateKeyPair();
  const csr = await createRequest({ user: userOf(name), groups: ['system:nodes'], keyPair });
  const asked = await client.create<CertificateSigningRequest>(
    CERTIFICATE_SIGNING_REQUESTS,
    {
      apiVersion: 'certificates.k8s.io/v1',
      kind: 'CertificateSigningRequest',
      metadata: { name: `csr-${name}-${Buffer.from(dice.bytes(5)).toString('hex')}` },
      spec: {
        request: Buffer.from(csr).toString('base64'),
        signerName: SIGNER,
        usages: ['digital signature', 'client auth'],
      },
    },
    { signal },
  );
  const backoff = createBackoff({ initialMs: POLL_FIRST_MS, maxMs: POLL_MAX_MS, dice });
  for (;;) {
    const { status } = await client.get<CertificateSigningRequest>(
      CERTIFICATE_SIGNING_REQUESTS,
      { name: asked.metadata.name },
      { signal },
    );
    const refused = status?.conditions?.find(({ type }) => type === 'Denied' || type === 'Failed');
    if (refused)
      throw new ConfigError(`the cluster refused a certificate for node ${name}: ${refused.message ?? refused.reason}`);
    if (status?.certificate) {
      const cert = Buffer.from(status.certificate, 'base64').toString('utf8');
      return { cert, key: await exportPrivateKey(keyPair) };
    }
    await clock.sleep(backoff.next(), signal);
  }
}

export async function keepIdentity(
  { directory, files }: Pick<IdentityDeps, 'directory' | 'files'>,
  identity: Identity,
): Promise<Identity> {
  const pki = join(directory, 'pki');
  await files.makeDirectory(pki, { mode: 0o700 });
  await files.replace(join(pki, 'ca.crt'), Buffer.from(identity.ca), { mode: 0o600 });
  await files.replace(join(pki, 'agent.key'), Buffer.from(identity.key), { mode: 0o600 });
  await files.replace(join(pki, 'agent.crt'), Buffer.from(identity.cert), { mode: 0o600 });
  return identity;
}

/** The server may not be up yet; a token that it refuses will not become right. */
async function retried<T>(
  { clock, dice, log, signal }: IdentityDeps,
  what: string,
  work: () => Promise<T>,
): Promise<T> {
  const backoff = createBackoff({ initialMs: RETRY_FIRST_MS, maxMs: RETRY_MAX_MS, dice });
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if (error instanceof ConfigError || signal.aborted) throw error;
      if (isReason(error, 'Unauthorized', 'Forbidden'))
        throw new ConfigError(`the server refused the token: ${error.message}`);
      log('info', `could not ${what} yet`, { error: String(error) });
      await clock.sleep(backoff.next(), signal);
    }
  }
}
