/** The kubelet's variables for Services. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { serviceEnv } from '../../../agent/proxy/service-env.ts';
import type { Service } from '../../../control/kinds/service.ts';
import type { ServiceSpec } from '../../../control/kinds/types/service.ts';

const test = suite('service environment');
const service = (name: string, spec: ServiceSpec): Service => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name },
  spec,
});
const master = service('kubernetes', { clusterIP: '10.96.0.1', ports: [{ name: 'https', port: 443 }] });

test('host, ports by name, and links', () => {
  const ports = [
    { name: 'http', port: 80 },
    { name: 'my-dns', port: 53, protocol: 'UDP' as const },
  ];
  assert.equal(serviceEnv([service('redis-primary', { clusterIP: '10.96.0.11', ports })], undefined), {
    REDIS_PRIMARY_SERVICE_HOST: '10.96.0.11',
    REDIS_PRIMARY_SERVICE_PORT: '80',
    REDIS_PRIMARY_SERVICE_PORT_HTTP: '80',
    REDIS_PRIMARY_SERVICE_PORT_MY_DNS: '53',
    REDIS_PRIMARY_PORT: 'tcp://10.96.0.11:80',
    REDIS_PRIMARY_PORT_80_TCP: 'tcp://10.96.0.11:80',
    REDIS_PRIMARY_PORT_80_TCP_PROTO: 'tcp',
    REDIS_PRIMARY_PORT_80_TCP_PORT: '80',
    REDIS_PRIMARY_PORT_80_TCP_ADDR: '10.96.0.11',
    REDIS_PRIMARY_PORT_53_UDP: 'udp://10.96.0.11:53',
    REDIS_PRIMARY_PORT_53_UDP_PROTO: 'udp',
    REDIS_PRIMARY_PORT_53_UDP_PORT: '53',
    REDIS_PRIMARY_PORT_53_UDP_ADDR: '10.96.0.11',
  });
});

test('every namespace gets the API; a Service of its own with that name wins; headless ones have none', () => {
  assert.is(serviceEnv([], master)['KUBERNETES_SERVICE_HOST'], '10.96.0.1');
  const own = service('kubernetes', { clusterIP: '10.96.0.9', ports: [{ port: 80 }] });
  assert.is(serviceEnv([own], master)['KUBERNETES_SERVICE_HOST'], '10.96.0.9');
  assert.is(serviceEnv([own], master)['KUBERNETES_SERVICE_PORT_HTTPS'], undefined);
  const nothing = [
    service('a', { clusterIP: 'None', ports: [{ port: 1 }] }),
    service('b', { type: 'ExternalName', externalName: 'x', ports: [{ port: 1 }] }),
    service('c', { clusterIP: '10.96.0.3' }),
  ];
  assert.equal(serviceEnv(nothing, undefined), {});
});

test.run();
