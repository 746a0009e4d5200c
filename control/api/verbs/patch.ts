/**
 * PATCH: JSON patch, merge patch, strategic merge patch, each applied to what is current when it is stored. A patch that
 * names a resourceVersion is refused when another is current; all others are simply computed again.
 */
import { parseJson } from '../../codec/json.ts';
import { applyJsonPatch } from '../../machinery/json-patch.ts';
import { applyMergePatch } from '../../machinery/merge-patch.ts';
import { isRecord } from '../../machinery/property.ts';
import { badRequest, failure, unsupportedMediaType } from '../../machinery/status.ts';
import { applyStrategicMergePatch } from '../../machinery/strategic-merge.ts';
import type { StructuralSchema } from '../../machinery/structural.ts';
import type { Verb } from '../api.ts';
import { readBody } from '../body.ts';
import { admitValue } from '../decode.ts';
import type { ApiContext } from '../request.ts';
import { respondObject } from '../respond.ts';
import { changeObject } from './update.ts';

type Json = Record<string, unknown>;
type Apply = (document: object, patch: unknown, schema: StructuralSchema) => unknown;

const APPLY: Readonly<Record<string, Apply>> = {
  'application/json-patch+json': (document, patch) => applyJsonPatch(document, patch),
  'application/merge-patch+json': (document, patch) => {
    if (!isRecord(patch)) throw badRequest('error decoding patch: the patch must be an object');
    return applyMergePatch(document, patch);
  },
  'application/strategic-merge-patch+json': (document, patch, schema) =>
    applyStrategicMergePatch(document as Json, patch, schema),
};

export const patch: Verb = async (api, c, kind) => {
  const read = await readPatch(c);
  const source = await changeObject(api, c, kind, (_current, kv) =>
    admitValue(c, kind, patchDocument(read, api.objects.read(kv), kind.schema), read.duplicateFields),
  );
  return respondObject(api, c, kind, 200, source);
};

export interface ReadPatch {
  apply: Apply;
  value: unknown;
  duplicateFields: string[];
}

export async function readPatch(c: ApiContext): Promise<ReadPatch> {
  const type = (c.req.header('content-type') ?? '').split(';')[0]!.trim().toLowerCase();
  const apply = APPLY[type];
  if (!apply) throw refuse(type);
  return { apply, ...parseJson(await readBody(c)) };
}

/** `document` belongs to the caller and may be part of the result. */
export const patchDocument = ({ apply, value }: ReadPatch, document: object, schema: StructuralSchema): unknown =>
  apply(document, value, schema);

function refuse(type: string) {
  if (!type.startsWith('application/apply-patch')) return unsupportedMediaType(Object.keys(APPLY));
  return failure(
    'UnsupportedMediaType',
    'server-side apply is not served by this version: use client-side apply (kubectl apply without --server-side)',
  );
}
