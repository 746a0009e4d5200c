/**
 * From a request's body to an object: media type, JSON or its relatives, the Kind's schema, and what fieldValidation says
 * about fields that do not belong.
 *
 * Always: what comes back is pruned and defaulted and belongs to the caller; its causes are for admitNew and admitUpdate,
 * which report them together with the Kind's own.
 */
import { strictDecodingError } from '../codec/json.ts';
import type { Body } from '../kinds/bodies.ts';
import { decodeObject } from '../kinds/prepare.ts';
import type { Kind } from '../kinds/strategy.ts';
import type { ApiObject } from '../machinery/meta.ts';
import { badRequest, type Cause, failure } from '../machinery/status.ts';
import { walk } from '../machinery/structural.ts';
import { readBody } from './body.ts';
import { parseBody } from './parse-body.ts';
import type { ApiContext } from './request.ts';

export interface Decoded<T extends ApiObject = ApiObject> {
  object: T;
  causes: Cause[];
}

export async function decodeRequest<T extends ApiObject>(c: ApiContext, kind: Kind<T> | Body<T>): Promise<Decoded<T>> {
  const body = await readBody(c);
  const { value, duplicateFields } = await parseBody(c.req.header('content-type'), body, kind);
  return admitValue(c, kind, value, duplicateFields);
}

/** Also called by patch, with the patched value. */
export function admitValue<T extends ApiObject>(
  c: ApiContext,
  kind: Kind<T> | Body<T>,
  value: unknown,
  duplicates: readonly string[],
): Decoded<T> {
  const { object, causes, unknownFields } = decodeObject(kind, value);
  judgeFields(c, kind, duplicates, unknownFields);
  object.metadata ??= {} as ApiObject['metadata'];
  return { object, causes };
}

/** The server's default is to warn. */
function judgeFields(
  c: ApiContext,
  { kind, version }: { kind: string; version: string },
  duplicates: readonly string[],
  unknown: readonly string[],
): void {
  const validation = c.get('query').get('fieldValidation') || 'Warn';
  if (validation !== 'Ignore' && validation !== 'Warn' && validation !== 'Strict') throw unsupported(validation);
  if (validation === 'Ignore' || (duplicates.length === 0 && unknown.length === 0)) return;
  if (validation === 'Strict') {
    const why = strictDecodingError(duplicates, unknown);
    throw badRequest(`${kind} in version "${version}" cannot be handled as a ${kind}: ${why}`);
  }
  const warnings = c.get('warnings');
  for (const field of duplicates) warnings.push(`duplicate field "${field}"`);
  for (const field of unknown) warnings.push(`unknown field "${field}"`);
}

function unsupported(validation: string) {
  const message = `Unsupported value: "${validation}": supported values: "Ignore", "Strict", "Warn"`;
  return failure('Invalid', `fieldValidation: ${message}`, {
    causes: [{ reason: 'FieldValueNotSupported', message, field: 'fieldValidation' }],
  });
}

/** The body of a deletion or eviction, said in full or not at all; absent when the request has none. */
export async function decodeOptional<T>(c: ApiContext, shape: Body<T>): Promise<T | undefined> {
  const body = await readBody(c);
  if (body.byteLength === 0) return undefined;
  const { value } = await parseBody(c.req.header('content-type'), body, shape);
  const walked = walk(shape.schema, value, { defaults: false });
  if (walked.typeErrors.length > 0) throw badRequest(walked.typeErrors[0]!.message);
  return walked.value as T;
}

/** `All` is the only dry run there is. */
export function isDryRun(query: URLSearchParams): boolean {
  const values = query.getAll('dryRun');
  const wrong = values.find(value => value !== 'All' && value !== '');
  if (wrong !== undefined) {
    const message = `Unsupported value: ${JSON.stringify(wrong)}: supported values: "All"`;
    throw failure('Invalid', `.dryRun: ${message}`, {
      causes: [{ reason: 'FieldValueNotSupported', message, field: 'dryRun' }],
    });
  }
  return values.includes('All');
}
