/** Server answers that are not 2xx, as StatusErrors: the Status of the body, or one made from the code when there is none. */
import { type Reason, type Status, StatusError } from '../machinery/status.ts';

const REASONS: Readonly<Record<number, Reason>> = {
  400: 'BadRequest',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'NotFound',
  405: 'MethodNotAllowed',
  406: 'NotAcceptable',
  409: 'Conflict',
  410: 'Expired',
  413: 'RequestEntityTooLarge',
  415: 'UnsupportedMediaType',
  422: 'Invalid',
  429: 'TooManyRequests',
  500: 'InternalError',
  503: 'ServiceUnavailable',
  504: 'Timeout',
};
const BODY_SHOWN_MAX = 300;

export async function errorFrom(response: Response): Promise<StatusError> {
  const text = await response.text().catch(() => '');
  const status = parseStatus(text);
  if (status) return new StatusError(status);
  const retryAfter = Number(response.headers.get('retry-after') ?? Number.NaN);
  return new StatusError({
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Failure',
    message: text.trim().slice(0, BODY_SHOWN_MAX) || `the server answered ${response.status} without a message`,
    reason: REASONS[response.status] ?? '',
    details: Number.isNaN(retryAfter) ? undefined : { retryAfterSeconds: retryAfter },
    code: response.status,
  });
}

/** A watch's ERROR event carries a Status too. */
export function errorFromEvent(object: unknown): StatusError {
  if (isStatus(object)) return new StatusError(object);
  return new StatusError({
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Failure',
    message: `the watch reported an error that is no Status: ${JSON.stringify(object)?.slice(0, BODY_SHOWN_MAX)}`,
    reason: 'InternalError',
    code: 500,
  });
}

function parseStatus(text: string): Status | undefined {
  if (!text.startsWith('{')) return undefined;
  try {
    const body: unknown = JSON.parse(text);
    return isStatus(body) ? body : undefined;
  } catch {
    return undefined;
  }
}

const isStatus = (body: unknown): body is Status =>
  typeof body === 'object' && body !== null && (body as Partial<Status>).kind === 'Status';
