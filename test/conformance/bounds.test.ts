/** What a request may cost and reach: long lists are no work, and a status says nothing of owners. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { startTestServer } from '../lib/api-server.ts';

const test = suite('bounds');
const { call, close } = await startTestServer();
const MERGE = { 'content-type': 'application/merge-patch+json' };
const DEPLOYMENTS = '/apis/apps/v1/namespaces/default/deployments';
const deployment = (name: string) => ({
  spec: {
    selector: { matchLabels: { app: name } },
    template: { metadata: { labels: { app: name } }, spec: { containers: [{ name: 'c0', image: 'b' }] } },
  },
});

test('who reports on a pod gives it no other owner', async () => {
  const pods = '/api/v1/namespaces/default/pods';
  await call('POST', pods, { metadata: { name: 'owned' }, spec: { containers: [{ name: 'a', image: 'b' }] } });
  const metadata = { ownerReferences: [{ apiVersion: 'v1', kind: 'Pod', name: 'x', uid: 'u' }] };
  const patched = await call('PATCH', `${pods}/owned/status`, { metadata, status: { message: 'hi' } }, MERGE);
  assert.is(patched.body.status.message, 'hi');
  assert.is(patched.body.metadata.ownerReferences, undefined);
});

test('lists of thousands are no work: owners, containers', async () => {
  const owner = (i: number) => ({ apiVersion: 'v1', kind: 'Pod', name: `p${i}`, uid: `u${i}` });
  const ownerReferences = [...Array.from({ length: 10_000 }, (_, i) => owner(i)), owner(0)];
  const begun = performance.now();
  const name = 'crowded';
  const made = await call('POST', DEPLOYMENTS, {
    ...deployment(name),
    metadata: { name, labels: { app: name }, ownerReferences },
  });
  assert.is(made.body.metadata.ownerReferences.length, 10_000);
  assert.match(made.headers.get('warning') ?? '', /duplicate UID\(s\) observed: u0"/);
  const containers = Array.from({ length: 10_000 }, (_, i) => ({ name: `c${i}`, image: 'x' }));
  const strategic = { 'content-type': 'application/strategic-merge-patch+json' };
  const path = `${DEPLOYMENTS}/${name}?dryRun=All`;
  const patched = await call('PATCH', path, { spec: { template: { spec: { containers } } } }, strategic);
  assert.is(patched.code, 200, patched.text.slice(0, 300));
  assert.ok(performance.now() - begun < 5000, `${performance.now() - begun} ms`);
});

test.after(close);
test.run();
