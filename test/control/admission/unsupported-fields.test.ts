/** Warnings about fields that Skerry does not do: for pods and for what makes pods, once, and never a refusal. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Attributes } from '../../../control/admission/chain.ts';
import { unsupportedFieldWarnings } from '../../../control/admission/unsupported-fields.ts';

const test = suite('unsupported fields');

async function warnings(resource: string, object: object, more: Partial<Attributes> = {}): Promise<string[]> {
  const said: string[] = [];
  const group = resource === 'pods' || resource === 'services' ? '' : 'apps';
  await unsupportedFieldWarnings().validate!({
    operation: 'CREATE',
    resource: { group, version: 'v1', resource, kind: 'X', namespaced: true },
    subresource: undefined,
    key: { namespace: 'default', name: 'web' },
    object: { apiVersion: 'v1', kind: 'X', metadata: { name: 'web' }, ...object } as never,
    user: { name: 'ann', groups: [] },
    dryRun: false,
    warn: text => said.push(text),
    ...more,
  });
  return said;
}

const spec = { hostPID: true, containers: [{ name: 'a', lifecycle: { postStart: { exec: { command: ['x'] } } } }] };

test('a pod is told what is ignored and what will keep it from starting', async () => {
  assert.equal(await warnings('pods', { spec }), [
    "spec.containers[0].lifecycle.postStart.exec: not supported by Skerry's wasm runtime; the container will not start: a WebAssembly container has no other program to run",
    "spec.hostPID: not supported by Skerry's wasm runtime; ignored: a module sees no processes",
  ]);
});

test('so is whoever writes a template, by its field', async () => {
  const [first] = await warnings('deployments', { spec: { template: { spec } } });
  assert.match(first!, /^spec\.template\.spec\.containers\[0\]\.lifecycle/);
});

test('nothing is said of other objects, of subresources, or again when nothing of it changed', async () => {
  const oldObject = { apiVersion: 'v1', kind: 'X', metadata: { name: 'web' }, spec } as never;
  assert.equal(await warnings('services', { spec }), []);
  assert.equal(await warnings('pods', { spec }, { operation: 'UPDATE', subresource: 'status', oldObject }), []);
  assert.equal(await warnings('pods', { spec: structuredClone(spec) }, { operation: 'UPDATE', oldObject }), []);
  assert.is((await warnings('pods', { spec: { ...spec, tty: 1 } }, { operation: 'UPDATE', oldObject })).length, 2);
});

test.run();
