/**
 * PUT and PATCH certificatesigningrequests/NAME/approval. Besides the right to the endpoint, the caller needs the right to
 * `approve` for the request's signer (Kubernetes' CertificateApproval admission).
 */
import type { ApiObject } from '../../machinery/meta.ts';
import { forbidden, notFound } from '../../machinery/status.ts';
import type { Verb } from '../api.ts';
import { objectKey } from '../objects.ts';

export const approve =
  (verb: Verb): Verb =>
  async (api, c, kind) => {
    const info = c.get('info');
    const kv = await api.store.get(objectKey(kind, info));
    if (!kv) throw notFound(kind, info.name);
    const signer = (api.objects.peek(kv) as ApiObject & { spec: { signerName: string } }).spec.signerName;
    const user = c.get('user');
    const domain = `${signer.split('/')[0]}/*`;
    for (const name of [signer, domain]) {
      const asked = { ...info, user, verb: 'approve', resource: 'signers', subresource: '', name };
      if ((await api.authorize(asked)).allowed) return verb(api, c, kind);
    }
    const why = `user not permitted to approve requests with signerName "${signer}"`;
    throw forbidden(kind, info.name, why);
  };
