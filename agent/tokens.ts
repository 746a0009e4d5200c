/**
 * Service account tokens for projected volumes, bound to their pod: asked for from the server, kept until four fifths of
 * their life are over. Called when volumes are laid out.
 */
import type { Client } from '../control/client/client.ts';
import type { TokenRequest } from '../control/kinds/bodies.ts';
import { SERVICE_ACCOUNTS } from '../control/machinery/resources.ts';
import type { Clock } from '../control/platform/types.ts';
import type { TokenSource } from './volumes/projected.ts';

const EXPIRATION_SECONDS_DEFAULT = 3607;
/** A token is replaced after this part of its life. */
const REFRESH_AT = 0.8;

export function createTokens(client: Client, clock: Clock): TokenSource {
  const tokens = new Map<string, { token: string; refreshAt: number }>();
  return async ({ pod }, request) => {
    const now = clock.now();
    for (const [key, { refreshAt }] of tokens) if (refreshAt < now) tokens.delete(key);
    const key = `${pod.metadata.uid} ${request.audience ?? ''} ${request.expirationSeconds ?? ''}`;
    const known = tokens.get(key);
    if (known) return known.token;
    const { name, namespace, uid } = pod.metadata;
    const account = pod.spec.serviceAccountName ?? 'default';
    const asked: TokenRequest = {
      apiVersion: 'authentication.k8s.io/v1',
      kind: 'TokenRequest',
      metadata: { name: account, namespace },
      spec: {
        audiences: request.audience ? [request.audience] : [],
        expirationSeconds: request.expirationSeconds ?? EXPIRATION_SECONDS_DEFAULT,
        boundObjectRef: { kind: 'Pod', apiVersion: 'v1', name, uid },
      },
    };
    const { status } = await client.create(SERVICE_ACCOUNTS, asked, { namespace, name: account, subresource: 'token' });
    if (!status) throw new Error(`the server gave no token for service account ${account}`);
    const life = Date.parse(status.expirationTimestamp) - now;
    tokens.set(key, { token: status.token, refreshAt: now + life * REFRESH_AT });
    return status.token;
  };
}
