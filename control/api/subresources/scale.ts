/**
 * The number of replicas of an object as an object of its own (autoscaling/v1 Scale), so that who scales needs to know
 * nothing else of it.
 */
import { type Scale, scale as scaleBody } from '../../kinds/bodies.ts';
import { decodeObject } from '../../kinds/prepare.ts';
import type { Kind } from '../../kinds/strategy.ts';
import type { ApiObject } from '../../machinery/meta.ts';
import { badRequest, conflict, invalid, notFound, OBJECT_MODIFIED } from '../../machinery/status.ts';
import type { KeyValue } from '../../store/store.ts';
import type { Api, Verb } from '../api.ts';
import { decodeRequest } from '../decode.ts';
import { objectKey } from '../objects.ts';
import type { ApiContext } from '../request.ts';
import { isStored, respondValue } from '../respond.ts';
import { patchDocument, readPatch } from '../verbs/patch.ts';
import { changeObject } from '../verbs/update.ts';

export const getScale: Verb = async (api, c, kind) => {
  const kv = await api.store.get(objectKey(kind, c.get('info')));
  if (!kv) throw notFound(kind, c.get('info').name);
  return respondValue(c, 200, scaleOf(kind, api.objects.peek(kv)));
};

export const putScale: Verb = async (api, c, kind) => {
  const { object } = await decodeRequest(c, scaleBody);
  return store(api, c, kind, () => object);
};

export const patchScale: Verb = async (api, c, kind) => {
  const read = await readPatch(c);
  return store(api, c, kind, current => {
    const patched = patchDocument(read, scaleOf(kind, current), scaleBody.schema);
    return decodeObject(scaleBody, patched).object;
  });
};

async function store(
  api: Api,
  c: ApiContext,
  kind: Kind,
  wanted: (current: Readonly<ApiObject>) => Scale,
): Promise<Response> {
  const source = await changeObject(api, c, kind, (current, kv) => ({
    object: applyScale(api, kind, kv, wanted(current)),
    causes: [],
  }));
  return respondValue(c, 200, scaleOf(kind, isStored(source) ? api.objects.peek(source) : source));
}

function applyScale(api: Api, kind: Kind, kv: KeyValue, wanted: Scale): ApiObject {
  const object = api.objects.read(kv);
  const { name, resourceVersion } = wanted.metadata;
  if (name !== undefined && name !== object.metadata.name) {
    throw badRequest(`the name of the object (${name}) does not match the name on the URL (${object.metadata.name})`);
  }
  if (resourceVersion && resourceVersion !== object.metadata.resourceVersion) {
    throw conflict(kind, object.metadata.name, OBJECT_MODIFIED);
  }
  const replicas = wanted.spec.replicas ?? 0;
  if (replicas < 0) {
    const message = `Invalid value: ${replicas}: must be greater than or equal to 0`;
    throw invalid({ group: 'autoscaling', kind: 'Scale' }, object.metadata.name, [
      { reason: 'FieldValueInvalid', message, field: 'spec.replicas' },
    ]);
  }
  kind.subresources!.scale!.set(object, replicas);
  return object;
}

function scaleOf(kind: Kind, object: Readonly<ApiObject>): Scale {
  const { replicas, statusReplicas, selector } = kind.subresources!.scale!.get(object as ApiObject);
  const { name, namespace, uid, resourceVersion, creationTimestamp } = object.metadata;
  return {
    kind: 'Scale',
    apiVersion: 'autoscaling/v1',
    metadata: { name, namespace, uid, resourceVersion, creationTimestamp },
    spec: { replicas },
    status: { replicas: statusReplicas, selector },
  };
}
