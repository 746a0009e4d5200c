/** Certificates, bootstrap tokens, service-account tokens, static tokens: who is believed, and when no more. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createAuthenticator, digestOf } from '../../../control/auth/authenticate.ts';
import { bootstrapSecret, makeBootstrapToken, parseBootstrapToken } from '../../../control/auth/bootstrap-token.ts';
import { createTokens, publicKeySet, type TokenKey, tokenKeyOf } from '../../../control/auth/tokens.ts';
import { decodePem } from '../../../control/machinery/pem.ts';
import { StatusError } from '../../../control/machinery/status.ts';
import { createCertificateAuthority, issue } from '../../../control/machinery/x509.ts';
import type { Usage } from '../../../control/machinery/x509-extensions.ts';
import { generateKeyPair } from '../../../control/machinery/x509-keys.ts';

const test = suite('authenticate');
const START = Date.UTC(2030, 0, 1);
const HOUR = 3_600_000;
let now = START;
test.before.each(() => {
  now = START;
});

const term = { notBefore: START - HOUR, notAfter: START + 24 * HOUR, serial: Uint8Array.of(1, 2, 3) };
const ca = await createCertificateAuthority({ name: 'ours', ...term });
const foreign = await createCertificateAuthority({ name: 'ours', ...term });
const keys = await generateKeyPair();
const certificate = async (from: typeof ca, usages: Usage[] = ['client auth'], user = 'jane') =>
  decodePem(
    'CERTIFICATE',
    await issue(from, { user, groups: ['dev', 'ops'], publicKey: keys.publicKey, usages, ...term }),
  );

const token = makeBootstrapToken(count => crypto.getRandomValues(new Uint8Array(count)));
const stored = new Map([
  [`kube-system/bootstrap-token-${token.id}`, bootstrapSecret(token, { expires: START + HOUR })],
]);

const objects = new Map<string, { uid?: string; deletionTimestamp?: string }>();
const signingKeys: TokenKey[] = [await tokenKeyOf(await generateKeyPair())];
const tokens = createTokens({
  keys: () => signingKeys,
  issuer: 'https://kubernetes.default.svc.cluster.local',
  now: () => now,
  uuid: () => 'jti-1',
  lookup: async (resource, namespace, name) => objects.get(`${resource}/${namespace}/${name}`),
});
const authenticate = createAuthenticator({
  ca: ca.certificatePem,
  now: () => now,
  secret: async (namespace, name) => stored.get(`${namespace}/${name}`),
  tokens,
  staticTokens: new Map([[await digestOf('s3cret'), { name: 'admin', groups: ['system:masters'] }]]),
});
const bearer = (text: string) => authenticate({ authorization: `Bearer ${text}` });
const refused = async (promise: Promise<unknown>): Promise<void> => {
  const error = await promise.then(
    value => value,
    (reason: unknown) => reason,
  );
  assert.instance(error, StatusError, JSON.stringify(error));
  assert.is((error as StatusError).status.code, 401);
};

test('no credentials are nobody', async () => {
  assert.is(await authenticate({}), undefined);
  assert.is(await authenticate({ authorization: null }), undefined);
});

test('a client certificate of our CA', async () => {
  const der = await certificate(ca);
  const expected = { name: 'jane', groups: ['dev', 'ops', 'system:authenticated'] };
  assert.equal(await authenticate({ peerCertificate: der }), expected);
  assert.equal(await authenticate({ peerCertificate: der, authorization: 'Bearer nonsense' }), expected);
  now = START + 25 * HOUR;
  await refused(authenticate({ peerCertificate: der }));
  now = START - 2 * HOUR;
  await refused(authenticate({ peerCertificate: der }));
});

test('certificates that do not count', async () => {
  await refused(authenticate({ peerCertificate: await certificate(foreign) }));
  await refused(authenticate({ peerCertificate: await certificate(ca, ['server auth']) }));
  await refused(authenticate({ peerCertificate: await certificate(ca, ['client auth'], '') }));
  await refused(authenticate({ peerCertificate: decodePem('CERTIFICATE', ca.certificatePem) }));
  await refused(authenticate({ peerCertificate: Uint8Array.of(1, 2, 3) }));
  await refused(authenticate({ peerCertificate: new Uint8Array() }));
});

test('a certificate that was changed', async () => {
  const der = await certificate(ca);
  const at = new TextDecoder('latin1').decode(der).indexOf('jane');
  der[at] = 0x6b;
  await refused(authenticate({ peerCertificate: der }));
});

test('bootstrap tokens', async () => {
  const text = `${token.id}.${token.secret}`;
  assert.ok(parseBootstrapToken(text));
  const identity = await bearer(text);
  assert.is(identity?.name, `system:bootstrap:${token.id}`);
  assert.equal(identity?.groups, ['system:bootstrappers', 'system:bootstrappers:skerry', 'system:authenticated']);
  await refused(bearer(`${token.id}.${'a'.repeat(16)}`));
  await refused(bearer(`zzzzzz.${token.secret}`));
  now = START + 2 * HOUR;
  await refused(bearer(text));
});

test('static tokens, also as the password of an OCI client', async () => {
  assert.is((await bearer('s3cret'))?.name, 'admin');
  assert.is((await authenticate({ authorization: `Basic ${btoa('anyone:s3cret')}` }))?.name, 'admin');
  for (const header of [
    'Bearer wrong',
    'Bearer',
    'Basic !!!',
    `Basic ${btoa('s3cret')}`,
    'Digest s3cret',
    `Bearer ${'x'.repeat(20000)}`,
  ]) {
    await refused(authenticate({ authorization: header }));
  }
});

const claims = {
  namespace: 'dev',
  serviceAccount: { name: 'robot', uid: 'sa-1' },
  pod: { name: 'web', uid: 'pod-1' },
  audiences: [],
  expirationSeconds: 3600,
};
const world = () => {
  objects.clear();
  objects.set('serviceaccounts/dev/robot', { uid: 'sa-1' });
  objects.set('pods/dev/web', { uid: 'pod-1' });
};

test('service-account tokens', async () => {
  world();
  const { token: jwt, expirationTimestamp } = await tokens.sign(claims);
  assert.is(expirationTimestamp, '2030-01-01T01:00:00Z');
  const identity = await bearer(jwt);
  assert.is(identity?.name, 'system:serviceaccount:dev:robot');
  assert.is(identity?.uid, 'sa-1');
  assert.equal(identity?.groups, ['system:serviceaccounts', 'system:serviceaccounts:dev', 'system:authenticated']);
  assert.equal(identity?.extra?.['authentication.kubernetes.io/pod-name'], ['web']);
  now = START + HOUR - 1000;
  assert.ok(await bearer(jwt));
  now = START + HOUR + 1000;
  await refused(bearer(jwt));
});

test('a token ends with what it is bound to', async () => {
  world();
  const { token: jwt } = await tokens.sign(claims);
  assert.ok(await bearer(jwt));
  objects.set('pods/dev/web', { uid: 'pod-1', deletionTimestamp: '2030-01-01T00:00:00Z' });
  assert.ok(await bearer(jwt), 'an ending pod keeps it');
  objects.set('pods/dev/web', { uid: 'pod-2' });
  await refused(bearer(jwt));
  world();
  objects.delete('serviceaccounts/dev/robot');
  await refused(bearer(jwt));
});

test('tokens for others, by others, and broken ones', async () => {
  world();
  const { token: vault } = await tokens.sign({ ...claims, audiences: ['vault'] });
  await refused(bearer(vault));
  assert.is((await tokens.verify(vault, ['vault']))?.name, 'system:serviceaccount:dev:robot');
  const { token: jwt } = await tokens.sign(claims);
  const [header, body, signature] = jwt.split('.') as [string, string, string];
  const none = btoa('{"alg":"none"}').replaceAll('=', '');
  for (const text of [
    `${header}.${body}.AAAA`,
    `${none}.${body}.`,
    `${header}.${body.slice(2)}.${signature}`,
    'a.b.c',
    '..',
  ]) {
    await refused(bearer(text));
  }
});

test('keys rotate', async () => {
  world();
  const { token: old } = await tokens.sign(claims);
  const retired = signingKeys[0]!;
  signingKeys.unshift(await tokenKeyOf(await generateKeyPair()));
  const { token: fresh } = await tokens.sign({ ...claims, expirationSeconds: 600 });
  assert.ok(await bearer(old));
  assert.ok(await bearer(fresh));
  assert.is((await publicKeySet(signingKeys)).keys.length, 2);
  assert.not.match(JSON.stringify(await publicKeySet(signingKeys)), /"d":/);
  signingKeys.splice(signingKeys.indexOf(retired), 1);
  await refused(bearer(old));
  const { token: last } = await tokens.sign(claims);
  assert.ok(await bearer(last));
});

test.run();
