/**
 * PATCH: JSON patch, merge patch, strategic merge patch, each applied to what is current when it is stored. A patch that
 * names a resourceVersion is refused when another is current; all others are simply computed again.
 */
import { parseJson } from '../../codec/json.ts';
import type { Kind } from '../../kinds/strategy.ts';
import { applyJsonPatch } from '../../machinery/json-patch.ts';
import { applyMergePatch } from '../../machinery/merge-patch.ts';
import type { ApiObject } from '../../machinery/meta.ts';
import { isRecord } from '../../machinery/property.ts';
import { badRequest, failure, unsupportedMediaType } from '../../machinery/status.ts';
import { applyStrategicMergePatch } from '../../machinery/strategic-merge.ts';
import type { Verb } from '../api.ts';
import { readBody } from '../body.ts';
import { admitValue } from '../decode.ts';
import { respondObject } from '../respond.ts';
import { changeObject } from './update.ts';

type Apply = (document: ApiObject, patch: unknown, kind: Kind) => unknown;

const APPLY: Readonly<Record<string, Apply>> = {
  'application/json-patch+json': (document, patch) => applyJsonPatch(document, patch),
  'application/merge-patch+json': (document, patch) => {
    if (!isRecord(patch)) throw badRequest('error decoding patch: the patch must be an object');
    return applyMergePatch(document, patch);
  },
  'application/strategic-merge-patch+json': (document, patch, kind) =>
    applyStrategicMergePatch(document as unknown as Record<string, unknown>, patch, kind.schema),
};

export const patch: Verb = async (api, c, kind) => {
  const type = c.req.header('content-type')?.split(';')[0]!.trim().toLowerCase() ?? '';
  const apply = APPLY[type];
  if (!apply) throw refuse(type);
  const { value, duplicateFields } = parseJson(await readBody(c));
  const source = await changeObject(api, c, kind, (_current, kv) => {
    const patched = apply(api.objects.read(kv), value, kind);
    return admitValue(c, kind, patched, duplicateFields);
  });
  return respondObject(api, c, kind, 200, source);
};

function refuse(type: string) {
  if (!type.startsWith('application/apply-patch')) return unsupportedMediaType(Object.keys(APPLY));
  return failure(
    'UnsupportedMediaType',
    'server-side apply is not served by this version: use client-side apply (kubectl apply without --server-side)',
  );
}
