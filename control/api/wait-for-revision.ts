/**
 * A client that has seen revision N must not be shown older state. This replica may be a moment behind; a revision that
 * does not come within a few seconds is from another history (a restored backup), and the client is told so.
 */
import { timedOut } from '../machinery/status.ts';
import type { Api } from './api.ts';

const WAIT_MS = 3_000;
const POLL_MS = 50;

export async function waitForRevision(api: Pick<Api, 'store' | 'clock'>, revision: number): Promise<void> {
  for (let waited = 0; api.store.revision() < revision; waited += POLL_MS) {
    if (waited >= WAIT_MS) {
      throw timedOut(`Too large resource version: ${revision}, current: ${api.store.revision()}`, 1, [
        { reason: 'ResourceVersionTooLarge', message: 'Too large resource version' },
      ]);
    }
    await api.clock.sleep(POLL_MS);
  }
}
