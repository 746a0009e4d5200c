/**
 * Errors as Kubernetes' metav1.Status: a closed table of reasons, one constructor each. Whoever refuses something throws
 * one of these (`throw notFound(pods, 'web')`); one `onError` in control/api turns it into a response.
 *
 * Follows apimachinery's api/errors and validation/field.
 */
export class StatusError extends Error {
  readonly status: Status;
  /** Sent as a `Retry-After` header. */
  readonly retryAfterSeconds: number | undefined;
  constructor(status: Status) {
    super(status.message);
    this.name = 'StatusError';
    this.status = status;
    this.retryAfterSeconds = status.details?.retryAfterSeconds;
  }
}

export interface Status {
  kind: 'Status';
  apiVersion: 'v1';
  metadata: { continue?: string };
  status: 'Success' | 'Failure';
  message: string;
  reason: Reason | '';
  details?: StatusDetails;
  code: number;
}

export interface StatusDetails {
  name?: string;
  group?: string;
  /** The plural resource, as Kubernetes has it, or the Kind for Invalid. */
  kind?: string;
  uid?: string;
  causes?: Cause[];
  retryAfterSeconds?: number;
}

/** One field that is wrong. `field` is a path such as `spec.containers[0].image`. */
export interface Cause {
  reason: CauseReason;
  message: string;
  field?: string;
}

type CauseReason =
  | 'FieldValueNotFound'
  | 'FieldValueRequired'
  | 'FieldValueDuplicate'
  | 'FieldValueInvalid'
  | 'FieldValueNotSupported'
  | 'FieldValueForbidden'
  | 'FieldValueTooLong'
  | 'FieldValueTooMany'
  | 'FieldValueTypeInvalid'
  | 'FieldManagerConflict'
  | 'ResourceVersionTooLarge'
  | 'UnexpectedServerResponse'
  | 'NamespaceTerminating'
  | 'ExitCode';

const CODES = {
  BadRequest: 400,
  Unauthorized: 401,
  Forbidden: 403,
  NotFound: 404,
  MethodNotAllowed: 405,
  NotAcceptable: 406,
  AlreadyExists: 409,
  Conflict: 409,
  Gone: 410,
  Expired: 410,
  RequestEntityTooLarge: 413,
  UnsupportedMediaType: 415,
  Invalid: 422,
  TooManyRequests: 429,
  InternalError: 500,
  ServerTimeout: 500,
  NonZeroExitCode: 500,
  ServiceUnavailable: 503,
  Timeout: 504,
} as const;

export type Reason = keyof typeof CODES;

/** The resource part of an error: enough of machinery/meta's Resource. */
interface Named {
  group: string;
  resource: string;
}

const qualified = (r: Named): string => (r.group === '' ? r.resource : `${r.resource}.${r.group}`);

export const failure = (reason: Reason, message: string, details?: StatusDetails): StatusError =>
  new StatusError({
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Failure',
    message,
    reason,
    details,
    code: CODES[reason],
  });

export const isReason = (error: unknown, ...reasons: Reason[]): error is StatusError =>
  error instanceof StatusError && (reasons as string[]).includes(error.status.reason);

export const notFound = (r: Named, name: string): StatusError =>
  failure('NotFound', `${qualified(r)} "${name}" not found`, { name, group: r.group || undefined, kind: r.resource });

export const alreadyExists = (r: Named, name: string): StatusError =>
  failure('AlreadyExists', `${qualified(r)} "${name}" already exists`, {
    name,
    group: r.group || undefined,
    kind: r.resource,
  });

export const conflict = (r: Named, name: string, why: string): StatusError =>
  failure('Conflict', `Operation cannot be fulfilled on ${qualified(r)} "${name}": ${why}`, {
    name,
    group: r.group || undefined,
    kind: r.resource,
  });

export const OBJECT_MODIFIED =
  'the object has been modified; please apply your changes to the latest version and try again';

/** `kind` is the Kind (`Pod`), as Kubernetes has it in Invalid errors. */
export const invalid = (gk: { group: string; kind: string }, name: string, causes: Cause[]): StatusError => {
  const lines = causes.map(c => (c.field ? `${c.field}: ${c.message}` : c.message));
  const text = lines.length === 1 ? lines[0] : `[${lines.join(', ')}]`;
  const kind = gk.group === '' ? gk.kind : `${gk.kind}.${gk.group}`;
  return failure('Invalid', `${kind} "${name}" is invalid: ${text}`, {
    name,
    group: gk.group || undefined,
    kind: gk.kind,
    causes,
  });
};

export const badRequest = (message: string): StatusError => failure('BadRequest', message);

export const unauthorized = (message = 'Unauthorized'): StatusError => failure('Unauthorized', message);

/** RBAC's refusal, in Kubernetes' words; `why` goes behind the colon. */
export const forbidden = (r: Named, name: string, why: string): StatusError =>
  failure('Forbidden', `${qualified(r)}${name ? ` "${name}"` : ''} is forbidden: ${why}`, {
    name: name || undefined,
    group: r.group || undefined,
    kind: r.resource,
  });

export const methodNotAllowed = (r: Named, verb: string): StatusError =>
  failure('MethodNotAllowed', `${verb} is not supported on resources of kind "${qualified(r)}"`, {
    group: r.group || undefined,
    kind: r.resource,
  });

export const notAcceptable = (served: readonly string[]): StatusError =>
  failure('NotAcceptable', `only the following media types are accepted: ${served.join(', ')}`);

export const unsupportedMediaType = (served: readonly string[]): StatusError =>
  failure(
    'UnsupportedMediaType',
    `the body of the request was in an unknown format - accepted media types include: ${served.join(', ')}`,
  );

/** The history asked for is gone; clients list again. */
export const expired = (message: string, continueToken?: string): StatusError => {
  const error = failure('Expired', message);
  if (continueToken !== undefined) error.status.metadata.continue = continueToken;
  return error;
};

export const tooLarge = (limitBytes: number): StatusError =>
  failure('RequestEntityTooLarge', `Request entity too large: limit is ${limitBytes}`);

export const tooManyRequests = (message: string, retryAfterSeconds: number): StatusError =>
  failure('TooManyRequests', message, { retryAfterSeconds });

export const timedOut = (message: string, retryAfterSeconds = 1, causes?: Cause[]): StatusError =>
  failure('Timeout', message, { retryAfterSeconds, causes });

export const serviceUnavailable = (message: string): StatusError =>
  failure('ServiceUnavailable', message, { retryAfterSeconds: 1 });

/** A bug of ours: the caller logs what happened, the client learns only that it did. */
export const internalError = (message: string): StatusError =>
  failure('InternalError', `Internal error occurred: ${message}`, {
    causes: [{ reason: 'UnexpectedServerResponse', message }],
  });
