/**
 * Who asks for a certificate is written into the request by the server, so that approval can rest on it; and nobody becomes
 * system:masters by a certificate. Kubernetes does the first in the CSR's strategy and the second as CertificateSubjectRestriction.
 */
import type { ApiObject } from '../machinery/meta.ts';
import { forbidden, invalid } from '../machinery/status.ts';
import { readRequest } from '../machinery/x509.ts';
import { type Attributes, isResource, type Plugin } from './chain.ts';

const GROUP = 'certificates.k8s.io';
const CLIENT_SIGNER = 'kubernetes.io/kube-apiserver-client';
const MASTERS = 'system:masters';

interface SigningRequest extends ApiObject {
  spec: {
    request?: string;
    signerName?: string;
    username?: string;
    uid?: string;
    groups?: string[];
    extra?: Record<string, string[]>;
  };
}

export const certificateRequest = (): Plugin => ({
  name: 'CertificateSubjectRestriction',
  operations: ['CREATE'],
  mutate: attributes => {
    if (!isResource(attributes, GROUP, 'certificatesigningrequests')) return;
    const { spec } = attributes.object as SigningRequest;
    const { name, uid, groups, extra } = attributes.user;
    Object.assign(spec, { username: name, uid, groups: [...groups], extra });
  },
  validate: attributes => {
    if (!isResource(attributes, GROUP, 'certificatesigningrequests')) return;
    return refuseMasters(attributes, (attributes.object as SigningRequest).spec);
  },
});

async function refuseMasters(attributes: Attributes, { request, signerName }: SigningRequest['spec']): Promise<void> {
  const { groups } = await read(attributes, request ?? '');
  if (signerName !== CLIENT_SIGNER || !groups.includes(MASTERS)) return;
  const why = `use of ${CLIENT_SIGNER} signer with ${MASTERS} group is not allowed`;
  throw forbidden(attributes.resource, attributes.key.name, why);
}

/** What cannot be read cannot be signed either: it is refused at once. */
async function read({ resource, key }: Attributes, request: string): Promise<{ groups: readonly string[] }> {
  try {
    return await readRequest(new TextDecoder().decode(Uint8Array.fromBase64(request)));
  } catch (error) {
    const message = `Invalid value: "${request.slice(0, 32)}…": ${(error as Error).message}`;
    throw invalid(resource, key.name, [{ reason: 'FieldValueInvalid', message, field: 'spec.request' }]);
  }
}
