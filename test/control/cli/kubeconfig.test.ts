import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { connectionOf, EMPTY, type Kubeconfig, merge, remove, renamed } from '../../../control/cli/kubeconfig.ts';

const admin: Kubeconfig = {
  ...EMPTY,
  clusters: [
    { name: 'skerry', cluster: { server: 'https://127.0.0.1:6443', 'certificate-authority-data': btoa('CA') } },
  ],
  users: [{ name: 'admin', user: { 'client-certificate-data': btoa('CERT'), 'client-key-data': btoa('KEY') } }],
  contexts: [{ name: 'skerry', context: { cluster: 'skerry', user: 'admin' } }],
  'current-context': 'skerry',
};
const mine: Kubeconfig = {
  ...EMPTY,
  clusters: [{ name: 'prod', cluster: { server: 'https://prod' } }],
  users: [{ name: 'me', user: { token: 't' } }],
  contexts: [{ name: 'prod', context: { cluster: 'prod', user: 'me', namespace: 'shop' } }],
  'current-context': 'prod',
  preferences: { colors: true },
};

const test = suite('kubeconfig');

test('a cluster goes in under its own name and becomes current', () => {
  const merged = merge(mine, renamed(admin, 'skerry-dev'));
  assert.is(merged['current-context'], 'skerry-dev');
  assert.equal(
    merged.contexts?.map(c => c.name),
    ['prod', 'skerry-dev'],
  );
  assert.equal(merged.contexts?.[1]?.context, { cluster: 'skerry-dev', user: 'skerry-dev' });
  assert.equal(merged['preferences'], { colors: true });
});

test('merging twice is merging once', () => {
  const once = merge(mine, renamed(admin, 'skerry-dev'));
  assert.equal(merge(once, renamed(admin, 'skerry-dev')), once);
});

test('taking it out gives back what was there', () => {
  assert.equal(remove(merge(mine, renamed(admin, 'skerry-dev')), 'skerry-dev', 'prod'), mine);
});

test('a context chosen meanwhile stays chosen, and one that is gone is not put back', () => {
  const merged = merge(mine, renamed(admin, 'skerry-dev'));
  assert.is(remove({ ...merged, 'current-context': 'prod' }, 'skerry-dev', 'other')['current-context'], 'prod');
  assert.is(remove(merged, 'skerry-dev', 'deleted')['current-context'], '');
});

test('a connection has decoded PEM texts and the namespace of its context', () => {
  assert.equal(
    connectionOf(admin, undefined, () => ''),
    {
      server: 'https://127.0.0.1:6443',
      namespace: 'default',
      ca: 'CA',
      cert: 'CERT',
      key: 'KEY',
      token: undefined,
    },
  );
  const found = connectionOf(mine, 'prod', () => '');
  assert.ok('namespace' in found && found.namespace === 'shop' && found.token === 't');
});

test('what is missing is said', () => {
  assert.equal(
    connectionOf(EMPTY, undefined, () => ''),
    { missing: 'no current context' },
  );
  assert.equal(
    connectionOf(mine, 'nope', () => ''),
    { missing: 'no context "nope"' },
  );
});

test.run();
