import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { kinds } from '../../../control/kinds/all.ts';
import type { Resource } from '../../../control/machinery/meta.ts';
import * as resources from '../../../control/machinery/resources.ts';

const test = suite('addresses of kinds');

const address = ({ group, version, resource, kind, namespaced }: Resource) => ({
  group,
  version,
  resource,
  kind,
  namespaced,
});
const byText = (all: readonly Resource[]) => all.map(one => JSON.stringify(address(one))).sort();

test('machinery/resources.ts has each Kind once, with its address', () => {
  assert.equal(byText(Object.values(resources)), byText(kinds));
});

test('a constant is named as its path', () => {
  for (const [name, { resource }] of Object.entries(resources))
    assert.is(name.replaceAll('_', '').toLowerCase(), resource);
});

test.run();
