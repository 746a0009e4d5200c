/** Ranges of local clusters: allowed, apart from each other on neighbouring ports, the defaults on 6443. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { DEFAULT_RANGES, rangeProblem, rangesOfPort } from '../../../control/machinery/address-ranges.ts';

const test = suite('address ranges');

test('every port has ranges that are allowed and do not overlap', () => {
  assert.equal(rangesOfPort(6443), DEFAULT_RANGES);
  assert.equal(rangesOfPort(6444), { podCidr: '10.245.0.0/16', serviceCidr: '10.97.0.0/16' });
  for (let port = 1; port <= 65_535; port++) {
    const { podCidr, serviceCidr } = rangesOfPort(port);
    assert.is(rangeProblem('podCidr', podCidr) ?? rangeProblem('serviceCidr', serviceCidr), undefined, String(port));
    assert.ok(Number(podCidr.split('.')[1]) >= 128 && Number(serviceCidr.split('.')[1]) < 128, String(port));
  }
});

test('a hundred ports in a row share nothing', () => {
  const blocks = Array.from({ length: 100 }, (_, i) => Object.values(rangesOfPort(17_443 + i))).flat();
  assert.is(new Set(blocks).size, 200);
});

test.run();
