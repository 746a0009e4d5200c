/**
 * Who asks: by client certificate, else by bearer token (bootstrap, service account, static). Called by the API once for
 * each request that comes over the network.
 *
 * Always: no credentials is nobody (undefined); credentials that do not hold throw Unauthorized rather than becoming nobody.
 */
import type { Secret } from '../kinds/secret.ts';
import { unauthorized } from '../machinery/status.ts';
import { BOOTSTRAP_NAMESPACE, bootstrapIdentity, bootstrapSecretName, parseBootstrapToken } from './bootstrap-token.ts';
import { createCertificateCheck } from './client-certificate.ts';
import type { Identity } from './identity.ts';
import type { Tokens } from './tokens.ts';

export interface Credentials {
  /** DER of the certificate that the peer proved to own. */
  peerCertificate?: Uint8Array;
  /** The Authorization header. */
  authorization?: string | null;
}

export interface AuthenticatorOptions {
  /** PEM. */
  ca: string;
  now: () => number;
  secret: (namespace: string, name: string) => Promise<Secret | undefined>;
  tokens?: Tokens;
  /** SHA-256 in hexadecimal of a static token → its bearer (`digestOf` makes the keys). */
  staticTokens?: ReadonlyMap<string, Identity>;
}

export type Authenticator = (credentials: Credentials) => Promise<Identity | undefined>;

/** Longer ones are no tokens of ours, and are not worth hashing. */
const TOKEN_LENGTH_MAX = 16 * 1024;

export const createAuthenticator = (options: AuthenticatorOptions): Authenticator => {
  const certificateCheck = createCertificateCheck(options.ca);
  return async ({ peerCertificate, authorization }) => {
    const byCertificate = peerCertificate && certificateCheck(peerCertificate, options.now());
    if (byCertificate) return byCertificate;
    const token = bearerOf(authorization);
    const byToken = token === undefined ? undefined : await tokenBearer(options, token);
    if (byToken) return byToken;
    if (peerCertificate !== undefined || authorization) throw unauthorized();
    return undefined;
  };
};

/** Basic authentication is what OCI clients send: the token is the password, the user name says nothing. */
const bearerOf = (header: string | null | undefined): string | undefined => {
  const [, scheme, value] = /^(bearer|basic) +(\S+)$/i.exec(header?.trim() ?? '') ?? [];
  if (value === undefined || value.length > TOKEN_LENGTH_MAX) return undefined;
  return scheme!.toLowerCase() === 'bearer' ? value : passwordOf(value);
};

const passwordOf = (base64: string): string | undefined => {
  try {
    const text = new TextDecoder().decode(Uint8Array.fromBase64(base64));
    return text.includes(':') ? text.slice(text.indexOf(':') + 1) : undefined;
  } catch {
    return undefined;
  }
};

const tokenBearer = async (options: AuthenticatorOptions, token: string): Promise<Identity | undefined> => {
  const bootstrap = parseBootstrapToken(token);
  if (bootstrap) {
    const secret = await options.secret(BOOTSTRAP_NAMESPACE, bootstrapSecretName(bootstrap.id));
    return bootstrapIdentity(bootstrap, secret, options.now());
  }
  if (options.staticTokens?.size) {
    const known = options.staticTokens.get(await digestOf(token));
    if (known) return known;
  }
  return token.split('.').length === 3 ? options.tokens?.verify(token) : undefined;
};

/** Tokens are compared by their hashes, so that the time it takes says nothing about them. */
export const digestOf = async (token: string): Promise<string> =>
  new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(token))).toHex();
