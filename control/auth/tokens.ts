/**
 * Service-account tokens: ES256 JWTs that name a service account and, if bound, the pod that holds them. Called by the
 * serviceaccounts/token subresource (`sign`) and by authenticate.ts and TokenReview (`verify`).
 *
 * Always: a token holds only while what it is bound to exists; keys rotate: the first signs, all verify. jose is loaded
 * with the first token.
 */
import { timestamp } from '../machinery/meta.ts';
import { exportPublicKey, type KeyPair } from '../machinery/x509-keys.ts';
import { AUTHENTICATED, type Identity } from './identity.ts';

export interface TokenKey {
  id: string;
  publicKey: CryptoKey;
  /** Absent for keys that only verify any more. */
  privateKey?: CryptoKey;
}

interface Bound {
  name: string;
  uid: string;
}

interface TokenSubject {
  namespace: string;
  serviceAccount: Bound;
  pod?: Bound;
  node?: Bound;
  secret?: Bound;
}

/** What the store has under this name, as far as it matters here. */
export type TokenLookup = (
  resource: 'serviceaccounts' | 'pods' | 'secrets' | 'nodes',
  namespace: string,
  name: string,
) => Promise<{ uid?: string; deletionTimestamp?: string } | undefined>;

export interface TokenOptions {
  /** The first one signs. */
  keys: () => readonly TokenKey[];
  /** `https://kubernetes.default.svc.cluster.local`; also the audience of the API itself. */
  issuer: string;
  now: () => number;
  uuid: () => string;
  lookup: TokenLookup;
}

export interface Tokens {
  sign(
    claims: TokenSubject & { audiences: readonly string[]; expirationSeconds: number },
  ): Promise<{ token: string; expirationTimestamp: string }>;
  /** Undefined when the token does not hold. */
  verify(token: string, audiences?: readonly string[]): Promise<Identity | undefined>;
}

/** How many checked signatures are remembered: what a token is bound to is looked up every time. */
const CHECKED_MAX = 256;

interface Claims {
  sub?: string;
  exp?: number;
  jti?: string;
  'kubernetes.io'?: { namespace: string; serviceaccount: Bound; pod?: Bound; node?: Bound; secret?: Bound };
}

/** Remembered with its key: a key that was taken away takes its tokens along. */
interface Checked {
  claims: Claims;
  key: TokenKey;
}

export const createTokens = (options: TokenOptions): Tokens => {
  const checked = new Map<string, Checked>();
  const claimsOf = async (token: string, audiences: readonly string[]): Promise<Claims | undefined> => {
    const key = `${audiences.join(' ')} ${token}`;
    const known = checked.get(key);
    if (known !== undefined && (known.claims.exp ?? 0) * 1000 > options.now() && options.keys().includes(known.key)) {
      return known.claims;
    }
    checked.delete(key);
    const found = await checkSignature(options, token, audiences);
    if (found !== undefined) {
      if (checked.size >= CHECKED_MAX) checked.delete(checked.keys().next().value!);
      checked.set(key, found);
    }
    return found?.claims;
  };
  return {
    sign: claims => sign(options, claims),
    verify: async (token, audiences = [options.issuer]) => {
      const claims = await claimsOf(token, audiences);
      return claims && identityOf(claims, options.lookup);
    },
  };
};

/** The key's id is the hash of its public part, so that the same key has the same id after a restart. */
export const tokenKeyOf = async ({ publicKey, privateKey }: KeyPair): Promise<TokenKey> => {
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', await exportPublicKey(publicKey)));
  return { id: digest.toBase64({ alphabet: 'base64url', omitPadding: true }), publicKey, privateKey };
};

/** For `/openid/v1/jwks`. */
export const publicKeySet = async (keys: readonly TokenKey[]): Promise<{ keys: object[] }> => {
  const { exportJWK } = await import('jose');
  const jwk = async (key: TokenKey) => ({ use: 'sig', alg: 'ES256', kid: key.id, ...(await exportJWK(key.publicKey)) });
  return { keys: await Promise.all(keys.map(jwk)) };
};

const sign: (options: TokenOptions, claims: Parameters<Tokens['sign']>[0]) => ReturnType<Tokens['sign']> = async (
  { keys, issuer, now, uuid },
  { audiences, expirationSeconds, namespace, serviceAccount, pod, node, secret },
) => {
  const { SignJWT } = await import('jose');
  const key = keys()[0];
  if (key?.privateKey === undefined) throw new Error('no key to sign tokens with');
  const issued = Math.floor(now() / 1000);
  const bound = { namespace, serviceaccount: serviceAccount, pod, node, secret };
  const token = await new SignJWT({ 'kubernetes.io': bound })
    .setProtectedHeader({ alg: 'ES256', kid: key.id })
    .setIssuer(issuer)
    .setSubject(`system:serviceaccount:${namespace}:${serviceAccount.name}`)
    .setAudience(audiences.length > 0 ? [...audiences] : [issuer])
    .setIssuedAt(issued)
    .setNotBefore(issued)
    .setExpirationTime(issued + expirationSeconds)
    .setJti(uuid())
    .sign(key.privateKey);
  return { token, expirationTimestamp: timestamp((issued + expirationSeconds) * 1000) };
};

const checkSignature = async (
  { keys, issuer, now }: TokenOptions,
  token: string,
  audiences: readonly string[],
): Promise<Checked | undefined> => {
  const { jwtVerify, errors } = await import('jose');
  let key: TokenKey | undefined;
  const keyFor = ({ kid }: { kid?: string }) => {
    key = keys().find(({ id }) => id === kid);
    if (key === undefined) throw new errors.JWKSNoMatchingKey();
    return key.publicKey;
  };
  try {
    const verified = await jwtVerify(token, keyFor, {
      issuer,
      audience: [...audiences],
      algorithms: ['ES256'],
      currentDate: new Date(now()),
      clockTolerance: 0,
      requiredClaims: ['exp', 'sub'],
    });
    return key && { claims: verified.payload as Claims, key };
  } catch (error) {
    if (error instanceof errors.JOSEError) return undefined;
    throw error;
  }
};

const identityOf = async (claims: Claims, lookup: TokenLookup): Promise<Identity | undefined> => {
  const bound = claims['kubernetes.io'];
  if (bound === undefined) return undefined;
  const { namespace, serviceaccount, pod, node, secret } = bound;
  const name = `system:serviceaccount:${namespace}:${serviceaccount.name}`;
  if (claims.sub !== name || !(await exists(lookup, 'serviceaccounts', namespace, serviceaccount))) return undefined;
  if (pod && !(await exists(lookup, 'pods', namespace, pod))) return undefined;
  if (secret && !(await exists(lookup, 'secrets', namespace, secret))) return undefined;
  if (node && !pod && !(await exists(lookup, 'nodes', '', node))) return undefined;
  const extra: Record<string, string[]> = {};
  const note = (key: string, value: string | undefined) => {
    if (value) extra[`authentication.kubernetes.io/${key}`] = [value];
  };
  note('credential-id', claims.jti && `JTI=${claims.jti}`);
  note('pod-name', pod?.name);
  note('pod-uid', pod?.uid);
  note('node-name', node?.name);
  note('node-uid', node?.uid);
  const groups = ['system:serviceaccounts', `system:serviceaccounts:${namespace}`, AUTHENTICATED];
  return { name, uid: serviceaccount.uid, groups, extra };
};

const exists = async (
  lookup: TokenLookup,
  resource: Parameters<TokenLookup>[0],
  namespace: string,
  { name, uid }: Bound,
): Promise<boolean> => {
  const found = await lookup(resource, namespace, name);
  // A pod that is ending may still need its token to say goodbye.
  return found !== undefined && found.uid === uid && (resource === 'pods' || !found.deletionTimestamp);
};
