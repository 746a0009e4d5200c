/**
 * The word that lets a box join: it pins the cluster's CA and carries a bootstrap token. Kept in a file and in a Secret; a
 * token whose Secret was deleted is dead, and another is made.
 */
import { bootstrapSecret, bootstrapSecretName, makeBootstrapToken } from '../auth/bootstrap-token.ts';
import { AUTHENTICATED, type Identity, MASTERS } from '../auth/identity.ts';
import { fingerprint } from '../machinery/x509.ts';
import type { Platform } from '../platform/types.ts';
import type { ApiServer } from './app.ts';

const SELF: Identity = { name: 'system:apiserver', groups: [MASTERS, AUTHENTICATED] };
const SECRETS = 'http://skerry/api/v1/namespaces/kube-system/secrets';

export async function joinToken(
  server: ApiServer,
  { platform, path, caPem }: { platform: Platform; path: string; caPem: string },
): Promise<string> {
  const hash = await fingerprint(caPem);
  const kept = /^skerry\.([0-9a-f]{64})\.([a-z0-9]{6})\.[a-z0-9]{16}\s*$/.exec(await read(platform, path));
  if (kept?.[1] === hash) {
    const found = await server.fetch(new Request(`${SECRETS}/${bootstrapSecretName(kept[2]!)}`), { identity: SELF });
    await found.body?.cancel();
    if (found.ok) return kept[0].trim();
  }
  const token = makeBootstrapToken(platform.dice.bytes);
  const request = new Request(SECRETS, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(bootstrapSecret(token, { description: 'Lets boxes join the cluster.' })),
  });
  const made = await server.fetch(request, { identity: SELF });
  if (!made.ok) throw new Error(`could not write the join token: ${await made.text()}`);
  return `skerry.${hash}.${token.id}.${token.secret}`;
}

async function read({ files }: Platform, path: string): Promise<string> {
  try {
    return new TextDecoder().decode(await files.read(path));
  } catch (error) {
    if ((error as { code?: string }).code === 'ENOENT') return '';
    throw error;
  }
}
