import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { pathOf, requestInfo } from '../../../control/machinery/resource.ts';

const pods = { group: '', version: 'v1', resource: 'pods' };
const deployments = { group: 'apps', version: 'v1', resource: 'deployments' };
const test = suite('resource');

const PATHS: [string, string][] = [
  [pathOf(pods), '/api/v1/pods'],
  [pathOf(pods, { namespace: 'default' }), '/api/v1/namespaces/default/pods'],
  [pathOf(pods, { namespace: 'default', name: 'a' }, 'log'), '/api/v1/namespaces/default/pods/a/log'],
  [pathOf(deployments, { namespace: 'x', name: 'y' }), '/apis/apps/v1/namespaces/x/deployments/y'],
  [pathOf({ group: '', version: 'v1', resource: 'nodes' }, { name: 'edge-0' }), '/api/v1/nodes/edge-0'],
];
for (const [actual, expected] of PATHS) test(expected, () => assert.is(actual, expected));

// method, path?query, verb group version resource subresource namespace name; `-` is empty
const INFOS: [string, string, string][] = [
  ['GET', '/api/v1/pods', 'list - v1 pods - - -'],
  ['GET', '/api/v1/pods?watch=true', 'watch - v1 pods - - -'],
  ['GET', '/api/v1/pods?watch=0', 'list - v1 pods - - -'],
  ['GET', '/api/v1/watch/pods', 'watch - v1 pods - - -'],
  ['GET', '/api/v1/watch/secrets/x', 'watch - v1 secrets - - x'],
  ['POST', '/api/v1/watch/pods', 'create - v1 watch - - pods'],
  ['HEAD', '/api/v1/namespaces/a/pods/b', 'get - v1 pods - a b'],
  ['POST', '/api/v1/namespaces/a/pods/b/binding', 'create - v1 pods binding a b'],
  ['DELETE', '/api/v1/namespaces/a/pods', 'deletecollection - v1 pods - a -'],
  ['DELETE', '/api/v1/namespaces/a/pods/b', 'delete - v1 pods - a b'],
  ['GET', '/api/v1/namespaces', 'list - v1 namespaces - - -'],
  ['GET', '/api/v1/namespaces/a', 'get - v1 namespaces - a a'],
  ['PUT', '/api/v1/namespaces/a/finalize', 'update - v1 namespaces finalize a a'],
  ['PATCH', '/apis/apps/v1/namespaces/a/deployments/b/scale', 'patch apps v1 deployments scale a b'],
  ['GET', '/api/v1/namespaces/a/pods?fieldSelector=metadata.name%3Dx&watch=1', 'watch - v1 pods - a x'],
  ['GET', '/api/v1/namespaces/a/pods?fieldSelector=((', 'list - v1 pods - a -'],
  ['GET', '/api/v1/nodes/a%2Fb', 'get - v1 nodes - - a/b'],
];
for (const [method, url, expected] of INFOS) {
  test(`${method} ${url}`, () => {
    const [path = '', query] = url.split('?');
    const info = requestInfo(method, path, new URLSearchParams(query));
    const { verb, group, version, resource, subresource, namespace, name } = info;
    const text = [verb, group, version, resource, subresource, namespace, name].map(part => part || '-').join(' ');
    assert.is(text, expected);
    assert.is(info.resourceRequest, true);
  });
}

for (const path of ['/', '/healthz', '/api', '/api/v1', '/apis', '/apis/apps', '/apis/apps/v1', '/openapi/v3/api/v1']) {
  test(`${path} is no resource`, () => {
    const info = requestInfo('GET', path, new URLSearchParams());
    assert.is(info.resourceRequest, false);
    assert.is(info.verb, 'get');
  });
}

test('what follows a subresource is kept', () => {
  const info = requestInfo('GET', '/api/v1/namespaces/a/services/b/proxy/x/y', new URLSearchParams());
  assert.equal(info.rest, ['x', 'y']);
});

test.run();
