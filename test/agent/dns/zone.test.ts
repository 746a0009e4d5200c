/** Names of Services, endpoints and pods, as Kubernetes' DNS specification and its search lists have them. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createZone, type ZoneEndpoint, type ZoneService } from '../../../agent/dns/zone.ts';

const test = suite('dns zone');
const services: Record<string, ZoneService> = {
  'default/web': { clusterIP: '10.96.0.7' },
  'shop/web': { clusterIP: '10.96.0.8' },
  'shop/db': { clusterIP: 'None' },
  'shop/empty': { clusterIP: 'None' },
  'shop/mail': { externalName: 'mail.example.com' },
};
const endpoints: Record<string, ZoneEndpoint[]> = {
  'shop/db': [{ ip: '10.244.0.5', hostname: 'db-0' }, { ip: '10.244.1.6' }, { ip: '10.244.1.6' }],
};
const zone = createZone(
  {
    service: (namespace, name) => services[`${namespace}/${name}`],
    endpoints: (namespace, name) => endpoints[`${namespace}/${name}`] ?? [],
  },
  'cluster.local',
);

const CASES: [name: string, namespace: string, answer: string][] = [
  ['web', 'default', '10.96.0.7'],
  ['web', 'shop', '10.96.0.8'],
  ['WEB.Shop', 'default', '10.96.0.8'],
  ['web.shop.svc', 'default', '10.96.0.8'],
  ['web.shop.svc.cluster.local', 'default', '10.96.0.8'],
  ['web.shop.svc.cluster.local.', 'default', '10.96.0.8'],
  ['db', 'shop', '10.244.0.5 10.244.1.6'],
  ['db-0.db', 'shop', '10.244.0.5'],
  ['10-244-1-6.db.shop.svc.cluster.local', 'default', '10.244.1.6'],
  ['db-9.db', 'shop', 'outside db-9.db'],
  ['db-9.db.shop.svc.cluster.local', 'shop', 'absent'],
  ['x.web.shop.svc.cluster.local', 'shop', 'absent'],
  ['empty.shop.svc.cluster.local', 'default', 'absent'],
  ['mail', 'shop', 'alias mail.example.com'],
  ['10-244-0-5.shop.pod.cluster.local', 'default', '10.244.0.5'],
  ['10-244-0-5.shop.pod', 'default', '10.244.0.5'],
  ['nobody.shop.svc.cluster.local', 'default', 'absent'],
  ['cluster.local', 'default', 'absent'],
  ['svc.cluster.local', 'default', 'absent'],
  ['web.', 'default', 'outside web'],
  ['example.com', 'default', 'outside example.com'],
  ['Example.COM.', 'default', 'outside example.com'],
  ['notcluster.local', 'default', 'outside notcluster.local'],
];

for (const [name, namespace, expected] of CASES) {
  test(`${name} in ${namespace}: ${expected}`, () => {
    const answer = zone(name, namespace);
    const text =
      answer.is === 'addresses'
        ? answer.addresses.join(' ')
        : answer.is === 'absent'
          ? answer.is
          : `${answer.is} ${answer.name}`;
    assert.is(text, expected);
  });
}

test.run();
