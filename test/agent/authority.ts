/** A certificate authority for tests, and certificates of it. */
import { createCertificateAuthority, createRequest, issue, signRequest } from '../../control/machinery/x509.ts';
import { exportPrivateKey, generateKeyPair } from '../../control/machinery/x509-keys.ts';

const serial = () => crypto.getRandomValues(new Uint8Array(8)).map((byte, i) => (i === 0 ? byte & 0x7f : byte));
const term = (seconds = 3600) => ({
  notBefore: Date.now() - 1000,
  notAfter: Date.now() + seconds * 1000,
  serial: serial(),
});

export async function createTestAuthority() {
  const ca = await createCertificateAuthority({ name: 'test', ...term() });
  return {
    ca,
    pem: ca.certificatePem,
    async server() {
      const keyPair = await generateKeyPair();
      const cert = await issue(ca, {
        user: 'server',
        groups: [],
        ...term(),
        publicKey: keyPair.publicKey,
        usages: ['digital signature', 'server auth'],
        sans: { dns: ['localhost'], ip: ['127.0.0.1'] },
      });
      return { cert, key: await exportPrivateKey(keyPair) };
    },
    async node(name: string) {
      const keyPair = await generateKeyPair();
      const csr = await createRequest({ user: `system:node:${name}`, groups: ['system:nodes'], keyPair });
      const cert = await signRequest(ca, csr, { ...term(), usages: ['digital signature', 'client auth'] });
      return { ca: ca.certificatePem, cert, key: await exportPrivateKey(keyPair) };
    },
    sign: (csr: string, seconds?: number) =>
      signRequest(ca, csr, { ...term(seconds), usages: ['digital signature', 'client auth'] }),
  };
}
