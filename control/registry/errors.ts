/**
 * What the registry refuses, in the form of the OCI distribution specification: a closed table of codes. Whoever refuses
 * throws `refused(code, …)`; the app turns it into a response.
 */
const STATUS = {
  BLOB_UNKNOWN: 404,
  BLOB_UPLOAD_INVALID: 400,
  BLOB_UPLOAD_UNKNOWN: 404,
  DENIED: 403,
  DIGEST_INVALID: 400,
  MANIFEST_BLOB_UNKNOWN: 404,
  MANIFEST_INVALID: 400,
  MANIFEST_UNKNOWN: 404,
  NAME_INVALID: 400,
  NAME_UNKNOWN: 404,
  RANGE_INVALID: 416,
  SIZE_INVALID: 400,
  TAG_INVALID: 400,
  TOO_LARGE: 413,
  TOOMANYREQUESTS: 429,
  UNAUTHORIZED: 401,
  UNSUPPORTED: 405,
} as const;

export type RefusalCode = keyof typeof STATUS;

export class RegistryRefusal extends Error {
  readonly code: RefusalCode;
  readonly status: number;
  readonly headers: Record<string, string>;
  readonly detail: unknown;
  constructor(code: RefusalCode, message: string, headers: Record<string, string>, detail: unknown) {
    super(message);
    this.name = 'RegistryRefusal';
    this.code = code;
    this.status = STATUS[code];
    this.headers = headers;
    this.detail = detail;
  }
}

export const refused = (
  code: RefusalCode,
  message: string,
  headers: Record<string, string> = {},
  detail?: unknown,
): RegistryRefusal => new RegistryRefusal(code, message, headers, detail);

export const errorBody = (code: string, message: string, detail?: unknown): string =>
  JSON.stringify({ errors: [{ code, message, detail }] });
