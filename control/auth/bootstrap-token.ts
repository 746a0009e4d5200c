/**
 * Bootstrap tokens: `id.secret`, kept as Secrets in kube-system (type bootstrap.kubernetes.io/token), with which a box
 * proves once that it may ask for a certificate. Called by authenticate.ts, and by the CLI when it makes a join token.
 */
import { timingSafeEqual } from 'node:crypto';
import type { Secret } from '../kinds/secret.ts';
import { AUTHENTICATED, BOOTSTRAP_USER_PREFIX, BOOTSTRAPPERS, type Identity } from './identity.ts';

export const BOOTSTRAP_NAMESPACE = 'kube-system';
const TYPE = 'bootstrap.kubernetes.io/token';
const PATTERN = /^([a-z0-9]{6})\.([a-z0-9]{16})$/;
const ALPHABET = 'abcdefghijklmnopqrstuvwxyz0123456789';

export const parseBootstrapToken = (token: string): { id: string; secret: string } | undefined => {
  const [, id, secret] = PATTERN.exec(token) ?? [];
  return id && secret ? { id, secret } : undefined;
};

export const bootstrapSecretName = (id: string): string => `bootstrap-token-${id}`;

/** `bytes` are strong dice. Bytes that would favour some letters are passed over. */
export const makeBootstrapToken = (bytes: (count: number) => Uint8Array): { id: string; secret: string } => {
  let text = '';
  const fair = 256 - (256 % ALPHABET.length);
  while (text.length < 22) {
    for (const byte of bytes(32)) if (byte < fair && text.length < 22) text += ALPHABET[byte % ALPHABET.length];
  }
  return { id: text.slice(0, 6), secret: text.slice(6) };
};

/** The Secret to store; without `expires` (milliseconds) it holds until it is deleted. */
export const bootstrapSecret = (
  token: { id: string; secret: string },
  options: { expires?: number; description?: string } = {},
): Secret => {
  const text: Record<string, string> = {
    'token-id': token.id,
    'token-secret': token.secret,
    'usage-bootstrap-authentication': 'true',
    'auth-extra-groups': 'system:bootstrappers:skerry',
    ...(options.description ? { description: options.description } : {}),
    ...(options.expires ? { expiration: new Date(options.expires).toISOString() } : {}),
  };
  const encode = (value: string) => new TextEncoder().encode(value).toBase64();
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: bootstrapSecretName(token.id), namespace: BOOTSTRAP_NAMESPACE },
    type: TYPE,
    data: Object.fromEntries(Object.entries(text).map(([key, value]) => [key, encode(value)])),
  };
};

/** Who the bearer of `token` is, by the Secret of its id; undefined when it does not hold. */
export const bootstrapIdentity = (
  token: { id: string; secret: string },
  stored: Secret | undefined,
  now: number,
): Identity | undefined => {
  if (stored?.type !== TYPE || stored.metadata.deletionTimestamp) return undefined;
  const field = (key: string): string => decodeField(stored.data?.[key]);
  const holds =
    field('token-id') === token.id &&
    sameSecret(field('token-secret'), token.secret) &&
    field('usage-bootstrap-authentication') === 'true' &&
    !hasExpired(field('expiration'), now);
  if (!holds) return undefined;
  const extra = field('auth-extra-groups')
    .split(',')
    .filter(name => /^system:bootstrappers:[a-z0-9:-]{0,255}[a-z0-9]$/.test(name));
  return { name: BOOTSTRAP_USER_PREFIX + token.id, groups: [BOOTSTRAPPERS, ...extra, AUTHENTICATED] };
};

const decodeField = (base64: string | undefined): string => {
  try {
    return base64 ? new TextDecoder().decode(Uint8Array.fromBase64(base64)) : '';
  } catch {
    return '';
  }
};

const hasExpired = (expiration: string, now: number): boolean => expiration !== '' && !(Date.parse(expiration) > now);

/** Takes as long for any wrong secret. */
const sameSecret = (a: string, b: string): boolean => {
  const [x, y] = [new TextEncoder().encode(a), new TextEncoder().encode(b)];
  return x.length === y.length && timingSafeEqual(x, y);
};
