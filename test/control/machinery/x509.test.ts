/** Certificates of ours, judged by others: @peculiar/x509, node's X509Certificate, and TLS itself. */
import 'reflect-metadata';
import { X509Certificate as NodeCertificate } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import * as tls from 'node:tls';
import * as peculiar from '@peculiar/x509';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { CertificateError, time } from '../../../control/machinery/der.ts';
import { decodePem, decodePemAll, encodePem } from '../../../control/machinery/pem.ts';
import {
  createCertificateAuthority,
  createRequest,
  fingerprint,
  issue,
  loadCertificateAuthority,
  readCertificate,
  readRequest,
  signRequest,
} from '../../../control/machinery/x509.ts';
import {
  exportPrivateKey,
  generateKeyPair,
  importPrivateKey,
  type KeyPair,
} from '../../../control/machinery/x509-keys.ts';
import { random } from '../../lib/random.ts';

const test = suite('x509');
const HOUR = 3_600_000;
const now = Date.now();
const term = (days = 1, serial = [0x80, 1, 2, 3]) => ({
  notBefore: now - HOUR,
  notAfter: now + days * 24 * HOUR,
  serial: Uint8Array.from(serial),
});

const ca = await createCertificateAuthority({ name: 'skerry', ...term(3650) });
const serverKeys = await generateKeyPair();
const serverPem = await issue(ca, {
  user: 'kube-apiserver',
  groups: [],
  publicKey: serverKeys.publicKey,
  usages: ['digital signature', 'server auth'],
  sans: { dns: ['localhost', 'kubernetes.default.svc'], ip: ['127.0.0.1', '10.96.0.1', '::1'] },
  ...term(),
});
const clientKeys = await generateKeyPair();
const csr = await createRequest({ user: 'system:node:edge-0', groups: ['system:nodes', 'åland'], keyPair: clientKeys });
const clientPem = await signRequest(ca, csr, { usages: ['digital signature', 'client auth'], ...term() });

test('node accepts the authority', () => {
  const certificate = new NodeCertificate(ca.certificatePem);
  assert.is(certificate.ca, true);
  assert.is(certificate.subject, 'CN=skerry');
  assert.is(certificate.serialNumber, '80010203');
  assert.ok(certificate.verify(certificate.publicKey));
});

for (const [name, pem] of [
  ['server', serverPem],
  ['client', clientPem],
] as const) {
  test(`node accepts the ${name} certificate`, () => {
    const authority = new NodeCertificate(ca.certificatePem);
    const certificate = new NodeCertificate(pem);
    assert.ok(certificate.checkIssued(authority));
    assert.ok(certificate.verify(authority.publicKey));
    assert.is(certificate.ca, false);
    assert.is(Date.parse(certificate.validFrom), Math.floor((now - HOUR) / 1000) * 1000);
  });
}

test('node sees the names', () => {
  const server = new NodeCertificate(serverPem);
  assert.is(server.checkHost('localhost'), 'localhost');
  for (const ip of ['127.0.0.1', '10.96.0.1', '::1']) assert.ok(server.checkIP(ip), ip);
  assert.is(server.checkIP('10.0.0.1'), undefined);
  assert.is(new NodeCertificate(clientPem).subject, 'O=system:nodes\nO=åland\nCN=system:node:edge-0');
});

test('peculiar reads the extensions', async () => {
  const server = new peculiar.X509Certificate(serverPem);
  const of = <T extends peculiar.Extension>(type: new (raw: ArrayBuffer) => T) => server.getExtension(type)!;
  assert.is(of(peculiar.BasicConstraintsExtension).ca, false);
  assert.is(of(peculiar.BasicConstraintsExtension).critical, true);
  assert.is(of(peculiar.KeyUsagesExtension).usages, peculiar.KeyUsageFlags.digitalSignature);
  assert.equal([...of(peculiar.ExtendedKeyUsageExtension).usages], [peculiar.ExtendedKeyUsage.serverAuth]);
  const authority = new peculiar.X509Certificate(ca.certificatePem);
  const keyId = authority.getExtension(peculiar.SubjectKeyIdentifierExtension)!.keyId;
  assert.is(of(peculiar.AuthorityKeyIdentifierExtension).keyId, keyId);
  assert.is(keyId, (await peculiar.SubjectKeyIdentifierExtension.create(ca.keyPair.publicKey)).keyId);
  assert.is(authority.getExtension(peculiar.BasicConstraintsExtension)!.ca, true);
  assert.ok(await server.verify({ publicKey: authority.publicKey, date: new Date(now) }));
  assert.ok(await new peculiar.Pkcs10CertificateRequest(csr).verify());
});

test('we read what we write', async () => {
  const facts = readCertificate(serverPem);
  assert.is(facts.user, 'kube-apiserver');
  assert.equal(facts.sans, { dns: ['localhost', 'kubernetes.default.svc'], ip: ['127.0.0.1', '10.96.0.1', '::1'] });
  assert.is(facts.notAfter, Math.floor((now + 24 * HOUR) / 1000) * 1000);
  assert.is(facts.authority, false);
  assert.is(readCertificate(ca.certificatePem).authority, true);
  const request = await readRequest(csr);
  assert.is(request.user, 'system:node:edge-0');
  assert.equal(request.groups, ['system:nodes', 'åland']);
  assert.match(await fingerprint(ca.certificatePem), /^[0-9a-f]{64}$/);
  assert.is(
    (await fingerprint(ca.certificatePem)).toUpperCase(),
    new NodeCertificate(ca.certificatePem).fingerprint256.replace(/:/g, ''),
  );
});

test('requests by others: P-256 and RSA with names and groups', async () => {
  for (const algorithm of [
    { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' },
    { name: 'ECDSA', namedCurve: 'P-384', hash: 'SHA-384' },
    { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256', publicExponent: new Uint8Array([1, 0, 1]), modulusLength: 2048 },
    { name: 'Ed25519' },
  ]) {
    const keys = (await crypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])) as KeyPair;
    const request = await peculiar.Pkcs10CertificateRequestGenerator.create({
      name: 'O=dev+O=ops,CN=jane',
      keys,
      signingAlgorithm: algorithm,
      extensions: [new peculiar.SubjectAlternativeNameExtension([{ type: 'dns', value: 'a.example' }])],
    });
    const facts = await readRequest(request.toString('pem'));
    assert.is(facts.user, 'jane');
    assert.equal([...facts.groups].sort(), ['dev', 'ops']);
    assert.equal(facts.sans, { dns: ['a.example'], ip: [] });
    const signed = await signRequest(ca, request.toString('pem'), { usages: ['client auth'], ...term() });
    assert.ok(new NodeCertificate(signed).verify(new NodeCertificate(ca.certificatePem).publicKey), algorithm.name);
  }
});

test('keys survive PEM', async () => {
  const again = await loadCertificateAuthority({
    certificatePem: ca.certificatePem,
    privateKeyPem: await exportPrivateKey(ca.keyPair),
  });
  const pem = await signRequest(again, csr, { usages: ['client auth'], ...term() });
  const authority = new NodeCertificate(ca.certificatePem);
  assert.ok(new NodeCertificate(pem).verify(authority.publicKey));
  assert.ok(new NodeCertificate(pem).checkIssued(authority));
});

test('a key of another certificate is refused', async () => {
  const privateKeyPem = await exportPrivateKey(clientKeys);
  await rejects(loadCertificateAuthority({ certificatePem: ca.certificatePem, privateKeyPem }), /does not belong/);
  await rejects(importPrivateKey(encodePem('PRIVATE KEY', new Uint8Array(9))), /unusable private key/);
});

const rejects = async (promise: Promise<unknown>, pattern = /./): Promise<void> => {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  assert.instance(error, CertificateError, `${error}`);
  assert.match((error as Error).message, pattern);
};

test('a request that was tampered with is refused', async () => {
  const der = decodePem('CERTIFICATE REQUEST', csr);
  const at = new TextDecoder('latin1').decode(der).indexOf('edge-0');
  der[at + 5] = 0x31;
  await rejects(readRequest(encodePem('CERTIFICATE REQUEST', der)), /signature does not match/);
});

test('malformed requests reject with the typed error only', async () => {
  for (const pem of ['', 'x', '-----BEGIN CERTIFICATE REQUEST-----\nAAAA\n-----END CERTIFICATE REQUEST-----'])
    await rejects(readRequest(pem));
  const der = decodePem('CERTIFICATE REQUEST', csr);
  const dice = random(5);
  for (let round = 0; round < 1500; round++) {
    const broken = der.slice(0, dice.chance(0.3) ? dice.below(der.length) : der.length);
    for (let i = dice.below(4); i >= 0; i--) if (broken.length > 0) broken[dice.below(broken.length)] = dice.below(256);
    if (encodePem('CERTIFICATE REQUEST', broken) === csr) continue;
    await rejects(readRequest(encodePem('CERTIFICATE REQUEST', broken)));
  }
});

test('times: two-digit years until 2049', () => {
  const text = (year: number) => new TextDecoder().decode(time(Date.UTC(year, 0, 2, 3, 4, 5)).subarray(2));
  assert.is(text(2049), '490102030405Z');
  assert.is(text(2050), '20500102030405Z');
});

test('PEM bundles', () => {
  assert.is(decodePemAll('CERTIFICATE', `text\n${ca.certificatePem}\n${clientPem.replace(/\n/g, '\r\n')}`).length, 2);
  assert.throws(() => decodePem('PRIVATE KEY', ca.certificatePem), /no PRIVATE KEY/);
});

test('a TLS handshake with client certificates', async () => {
  const server = tls.createServer({
    key: await exportPrivateKey(serverKeys),
    cert: serverPem,
    ca: ca.certificatePem,
    requestCert: true,
    rejectUnauthorized: true,
  });
  const peer = new Promise<Uint8Array>(resolve =>
    server.on('secureConnection', socket => {
      resolve(new Uint8Array(socket.getPeerCertificate().raw));
      socket.end('hello');
    }),
  );
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  const client = tls.connect({
    host: '127.0.0.1',
    port: (server.address() as AddressInfo).port,
    ca: ca.certificatePem,
    key: await exportPrivateKey(clientKeys),
    cert: clientPem,
  });
  let text = '';
  for await (const chunk of client) text += chunk;
  server.close();
  assert.is(text, 'hello');
  assert.is(readCertificate(await peer).user, 'system:node:edge-0');
});

test.run();
