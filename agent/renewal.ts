/**
 * Renews the agent's certificate before it runs out, while it runs. Called by main once.
 *
 * Always: the old certificate stays in use until the new one is on disk; a server that is away is asked again and again.
 */

import type { Client } from '../control/client/client.ts';
import { readCertificate } from '../control/machinery/x509.ts';
import { type Identity, type IdentityDeps, keepIdentity, requestCertificate } from './identity.ts';

/** This part of the lifetime goes by first, as the kubelet has it. */
const RENEW_AT = 0.7;
const RETRY_MS = 60_000;
/** Timers hold no more than this. */
const SLEEP_MAX_MS = 24 * 3600 * 1000;

/** Runs until the signal fires; `renewed` puts the new identity to use. */
export async function renewIdentity(
  deps: IdentityDeps & { client: Client; identity: Identity; renewed(identity: Identity): void },
): Promise<void> {
  const { clock, log, signal } = deps;
  let { identity } = deps;
  while (!signal.aborted) {
    const { notBefore, notAfter } = readCertificate(identity.cert);
    const waitMs = notBefore + (notAfter - notBefore) * RENEW_AT - clock.now();
    try {
      if (waitMs > 0) {
        await clock.sleep(Math.min(waitMs, SLEEP_MAX_MS), signal);
        continue;
      }
      identity = await keepIdentity(deps, { ca: identity.ca, ...(await requestCertificate(deps, deps.client)) });
      deps.renewed(identity);
      log('info', 'the certificate of this node was renewed');
    } catch (error) {
      if (signal.aborted) return;
      log('warn', 'the certificate of this node could not be renewed yet', { error: String(error) });
      await clock.sleep(RETRY_MS, signal).catch(() => {});
    }
  }
}
