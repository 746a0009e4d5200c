/**
 * Whatever was thrown, as the Status that the client gets. StatusErrors are answers; errors of the store are translated;
 * anything else is a bug of ours: logged with its stack, told to the client as InternalError.
 */

import type { Log } from '../machinery/log.ts';
import {
  expired,
  failure,
  internalError,
  type Status,
  StatusError,
  serviceUnavailable,
  timedOut,
  tooLarge,
} from '../machinery/status.ts';
import { StoreError } from '../store/store.ts';

const OBJECT_BYTES_MAX = 1.5 * 1024 * 1024;

export function statusOf(error: unknown, log: Log, what: string): StatusError {
  if (error instanceof StatusError) return error;
  if (error instanceof StoreError) return fromStore(error);
  if (error instanceof Error && error.name === 'AbortError') return timedOut('request was cancelled');
  log('error', `bug: ${what}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
  return internalError(error instanceof Error ? error.message : 'unknown');
}

function fromStore(error: StoreError): StatusError {
  switch (error.code) {
    case 'compacted':
      return expired('The resourceVersion for the provided watch is too old.');
    case 'lagging':
      return expired('too old resource version: the watch fell behind');
    case 'future':
      return timedOut(`Too large resource version: ${error.revision}`, 1, [
        { reason: 'ResourceVersionTooLarge', message: 'Too large resource version' },
      ]);
    case 'too-large':
      return tooLarge(OBJECT_BYTES_MAX);
    case 'full':
      return failure('InternalError', `the store takes no more writes: ${error.message}`);
    default:
      return serviceUnavailable(`the store is not available: ${error.message}`);
  }
}

export const success = (details: Status['details'], code = 200): Partial<Status> => ({
  kind: 'Status',
  apiVersion: 'v1',
  metadata: {},
  status: 'Success',
  details,
  ...(code === 200 ? {} : { code }),
});
