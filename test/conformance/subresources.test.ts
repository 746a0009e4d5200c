/** Subresources and reviews: scale, binding, eviction, log, token, approval, and the questions about rights. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Tunnels } from '../../control/api/tunnel.ts';
import { serviceUnavailable } from '../../control/machinery/status.ts';
import { startTestServer } from '../lib/api-server.ts';

const test = suite('subresources');
const asked: string[] = [];
const tunnels: Tunnels = {
  request: async (node, path) => {
    if (node !== 'edge-0') throw serviceUnavailable(`no tunnel to ${node}`);
    asked.push(path);
    return new Response('line 1\nline 2\n');
  },
  open: async () => Promise.reject(new Error('not here')),
  accept: () => {},
  nodes: () => ['edge-0'],
  close: () => {},
};
const { call, close } = await startTestServer({ tunnels });
const PODS = '/api/v1/namespaces/default/pods';
const MERGE = { 'content-type': 'application/merge-patch+json' };

const createPod = (name: string, ...containers: string[]) =>
  call('POST', PODS, {
    metadata: { name },
    spec: { containers: (containers.length ? containers : ['main']).map(c => ({ name: c, image: 'hello:v1' })) },
  });
const bind = (name: string, node = 'edge-0') =>
  call('POST', `${PODS}/${name}/binding`, { metadata: { name }, target: { kind: 'Node', name: node } });

test('binding: once, and never on a pod that is ending', async () => {
  await createPod('b1');
  assert.is((await bind('b1')).body.status, 'Success');
  const { body } = await call('GET', `${PODS}/b1`);
  assert.is(body.spec.nodeName, 'edge-0');
  assert.is(body.status.conditions.find((c: { type: string }) => c.type === 'PodScheduled').status, 'True');
  const again = await bind('b1', 'edge-1');
  assert.is(again.code, 409);
  assert.is(
    again.body.message,
    'Operation cannot be fulfilled on pods/binding "b1": pod b1 is already assigned to node "edge-0"',
  );
  assert.is((await bind('absent')).code, 404);
});

test('eviction deletes with grace', async () => {
  await createPod('e1');
  await bind('e1');
  const eviction = { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name: 'e1', namespace: 'default' } };
  assert.is((await call('POST', `${PODS}/e1/eviction?dryRun=All`, eviction)).code, 201);
  assert.is((await call('GET', `${PODS}/e1`)).body.metadata.deletionTimestamp, undefined);
  assert.is((await call('POST', `${PODS}/e1/eviction`, eviction)).code, 201);
  assert.ok((await call('GET', `${PODS}/e1`)).body.metadata.deletionTimestamp);
});

test('log: the container is chosen, options are checked, waiting is said in the words of the kubelet', async () => {
  await createPod('l1', 'a', 'b');
  const log = (query = '') => call('GET', `${PODS}/l1/log${query}`);
  assert.is((await log('?container=a')).text, '');
  await bind('l1');
  const message = async (query: string) => (await log(query)).body?.message;
  assert.is(await message(''), 'a container name must be specified for pod l1, choose one of: [a b]');
  assert.is(await message('?container=x'), 'container x is not valid for pod l1');
  assert.is(await message('?container=a'), 'container "a" in pod "l1" is not available');
  const status = (reason: string) => ({
    status: {
      containerStatuses: [
        { name: 'a', state: { waiting: { reason } }, ready: false, restartCount: 0, image: 'hello:v1', imageID: '' },
        { name: 'b', state: { running: {} }, ready: true, restartCount: 0, image: 'hello:v1', imageID: '' },
      ],
    },
  });
  await call('PATCH', `${PODS}/l1/status`, status('ContainerCreating'), MERGE);
  assert.is(await message('?container=a'), 'container "a" in pod "l1" is waiting to start: ContainerCreating');
  await call('PATCH', `${PODS}/l1/status`, status('ErrImagePull'), MERGE);
  assert.is(await message('?container=a'), 'container "a" in pod "l1" is waiting to start: image can\'t be pulled');
  assert.is(await message('?container=b&previous=true'), 'previous terminated container "b" in pod "l1" not found');
  const lines = await log('?container=b&follow=True&tailLines=5&timestamps=1&limitBytes=100');
  assert.is(lines.text, 'line 1\nline 2\n');
  assert.is(lines.headers.get('content-type'), 'text/plain');
  assert.is(asked.at(-1), '/containerLogs/default/l1/b?follow=true&timestamps=true&tailLines=5&limitBytes=100');
  assert.is((await log('?container=b&tailLines=-1')).code, 422);
  assert.is((await log('?container=b&tailLines=x')).code, 400);
  assert.is((await log('?container=b&sinceSeconds=1&sinceTime=2026-01-01T00:00:00Z')).code, 422);
});

test('log of a node without a tunnel: 503', async () => {
  await createPod('l2');
  await bind('l2', 'edge-9');
  const containerStatuses = [
    { name: 'main', state: { running: {} }, ready: true, restartCount: 0, image: 'x', imageID: '' },
  ];
  await call('PATCH', `${PODS}/l2/status`, { status: { containerStatuses } }, MERGE);
  assert.is((await call('GET', `${PODS}/l2/log`)).code, 503);
});

test('scale: read, put, patched', async () => {
  const path = '/apis/apps/v1/namespaces/default/deployments';
  const template = { metadata: { labels: { app: 's' } }, spec: { containers: [{ name: 'a', image: 'b' }] } };
  await call('POST', path, {
    metadata: { name: 's' },
    spec: { replicas: 2, selector: { matchLabels: { app: 's' } }, template },
  });
  const { body } = await call('GET', `${path}/s/scale`);
  assert.is(body.kind, 'Scale');
  assert.is(body.spec.replicas, 2);
  assert.is(body.status.selector, 'app=s');
  const put = await call('PUT', `${path}/s/scale`, { ...body, spec: { replicas: 3 } }, { 'content-type': '' });
  assert.is(put.body.spec.replicas, 3);
  assert.is((await call('PUT', `${path}/s/scale`, { ...body, spec: { replicas: 4 } })).code, 409);
  assert.is((await call('PATCH', `${path}/s/scale`, { spec: { replicas: 5 } }, MERGE)).body.spec.replicas, 5);
  assert.is((await call('PATCH', `${path}/s/scale`, { spec: { replicas: -1 } }, MERGE)).code, 422);
  const after = (await call('GET', `${path}/s`)).body;
  assert.is(after.spec.replicas, 5);
  assert.is(after.metadata.generation, 3);
});

test('reviews answer and are not stored', async () => {
  const review = (kind: string, spec: object) =>
    call('POST', `/apis/authorization.k8s.io/v1/${kind.toLowerCase()}s`, { spec });
  const attributes = { verb: 'get', resource: 'pods', namespace: 'default' };
  const mine = await review('SelfSubjectAccessReview', { resourceAttributes: attributes });
  assert.is(mine.code, 201);
  assert.is(mine.body.status.allowed, true);
  const theirs = await review('SubjectAccessReview', { resourceAttributes: attributes, user: 'jane' });
  assert.is(theirs.body.status.allowed, false);
  const path = await review('SubjectAccessReview', {
    nonResourceAttributes: { path: '/healthz', verb: 'get' },
    user: 'j',
    groups: ['system:authenticated'],
  });
  assert.is(path.body.status.allowed, true);
  assert.ok((await review('SelfSubjectAccessReview', {})).code >= 400);
  const me = await call('POST', '/apis/authentication.k8s.io/v1/selfsubjectreviews', {});
  assert.is(me.body.status.userInfo.username, 'kubernetes-admin');
});

test.after(close);
test.run();
