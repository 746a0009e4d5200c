/**
 * The real API on the memory store with the real controllers and scheduler, and agents that run nothing: Deployments,
 * Services, namespaces and nodes from one end to the other.
 */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Client } from '../../../control/client/client.ts';
import { isPodReady } from '../../../control/client/pod-state.ts';
import { startControllers } from '../../../control/controllers/start.ts';
import type { Deployment } from '../../../control/kinds/deployment.ts';
import type { EndpointSlice } from '../../../control/kinds/endpoint-slice.ts';
import type { Node } from '../../../control/kinds/node.ts';
import type { Pod } from '../../../control/kinds/pod.ts';
import type { ReplicaSet } from '../../../control/kinds/replica-set.ts';
import { conditionOf } from '../../../control/machinery/conditions.ts';
import {
  DEPLOYMENTS,
  ENDPOINT_SLICES,
  ENDPOINTS,
  EVENTS,
  NAMESPACES,
  NODES,
  PODS,
  REPLICA_SETS,
  SERVICE_ACCOUNTS,
  SERVICES,
} from '../../../control/machinery/resources.ts';
import { createNodePlatform } from '../../../control/platform/node.ts';
import { startScheduler } from '../../../control/scheduler/scheduler.ts';
import { ADMIN, startTestServer } from '../../lib/api-server.ts';
import { type FakeKubelet, startFakeKubelet } from '../../lib/fake-kubelet.ts';
import { inProcessClient } from '../../lib/in-process-client.ts';

const test = suite('controllers/cluster');
const NODE_GRACE_MS = 600;

interface Cluster {
  client: Client;
  logs: string[];
  kubelets: FakeKubelet[];
  stop(): Promise<void>;
}

async function startCluster(nodes = ['edge-0', 'edge-1']): Promise<Cluster> {
  const server = await startTestServer();
  const platform = createNodePlatform();
  const ending = new AbortController();
  const { signal } = ending;
  const logs: string[] = [];
  const log = (level: string, message: string, fields?: unknown) => {
    if (level === 'warn' || level === 'error') logs.push(`${level} ${message} ${JSON.stringify(fields)}`);
  };
  const as = (name: string) => inProcessClient(server, { name, groups: ['system:authenticated'] });
  const client = inProcessClient(server, ADMIN);
  const common = { ...platform, log, signal };
  const running = [
    startControllers({
      ...common,
      client: as('system:kube-controller-manager'),
      caPem: 'PEM',
      options: { nodeGraceMs: NODE_GRACE_MS },
    }),
    startScheduler({ ...common, client: as('system:kube-scheduler') }),
  ];
  for (const name of ['kube-node-lease']) {
    await client.create(NAMESPACES, { apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
  }
  const kubelets = [];
  for (const name of nodes) kubelets.push(await startFakeKubelet(client, platform, name, signal, { beatMs: 100 }));
  return {
    client,
    logs,
    kubelets,
    async stop() {
      ending.abort();
      await Promise.all(running);
      await server.close();
    },
  };
}

/** The cluster always ends, and nothing was worth a warning. */
function scene(name: string, play: (cluster: Cluster) => Promise<void>): void {
  test(name, async () => {
    const cluster = await startCluster();
    try {
      await play(cluster);
    } finally {
      await cluster.stop();
    }
    assert.equal(cluster.logs, []);
  });
}

async function until<T>(what: string, look: () => Promise<T | undefined | false>, ms = 8_000): Promise<T> {
  const end = performance.now() + ms;
  for (;;) {
    const found = await look();
    if (found) return found;
    if (performance.now() > end) throw new Error(`not in time: ${what}`);
    await new Promise(resolve => setTimeout(resolve, 15));
  }
}

const web = (replicas: number, image = 'hello-http:v1'): Deployment => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'web', namespace: 'default' },
  spec: {
    replicas,
    selector: { matchLabels: { app: 'web' } },
    strategy: {},
    template: {
      metadata: { labels: { app: 'web' } },
      spec: {
        containers: [{ name: 'main', image, ports: [{ containerPort: 8080 }], resources: {} }],
        tolerations: ['not-ready', 'unreachable'].map(name => ({
          key: `node.kubernetes.io/${name}`,
          operator: 'Exists',
          effect: 'NoExecute',
          tolerationSeconds: 1,
        })),
      },
    },
  },
});

const key = { namespace: 'default', name: 'web' };

const rolledOut = (client: Client, replicas: number) =>
  until(`rollout of ${replicas}`, async () => {
    const deployment = await client.get<Deployment>(DEPLOYMENTS, key);
    const { observedGeneration = 0, updatedReplicas, availableReplicas, replicas: all } = deployment.status ?? {};
    const counts = [updatedReplicas, availableReplicas, all].every(count => (count ?? 0) === replicas);
    return observedGeneration >= deployment.metadata.generation! && counts && deployment;
  });

scene('a Deployment is rolled out, scaled, updated and undone', async ({ client }) => {
  await client.create(DEPLOYMENTS, web(3));
  const first = await rolledOut(client, 3);
  assert.is(conditionOf(first.status?.conditions, 'Available')?.status, 'True');
  assert.is(first.metadata.annotations?.['deployment.kubernetes.io/revision'], '1');

  await client.patch(DEPLOYMENTS, key, { spec: { replicas: 5 } }, { type: 'merge' });
  await rolledOut(client, 5);
  await client.patch(DEPLOYMENTS, key, { spec: { replicas: 2 } }, { type: 'merge' });
  await rolledOut(client, 2);
  const pods = (await client.list<Pod>(PODS)).items.filter(pod => !pod.metadata.deletionTimestamp);
  assert.equal(pods.map(pod => pod.spec.nodeName).sort(), ['edge-0', 'edge-1'], 'spread over both nodes');

  const image = (version: string) => ({
    spec: { template: { spec: { containers: [{ name: 'main', image: `hello-http:${version}` }] } } },
  });
  await client.patch(DEPLOYMENTS, key, image('v2'), { type: 'strategic' });
  const second = await rolledOut(client, 2);
  assert.is(second.metadata.annotations?.['deployment.kubernetes.io/revision'], '2');
  await client.patch(DEPLOYMENTS, key, image('v1'), { type: 'strategic' });
  await rolledOut(client, 2);
  const sets = (await client.list<ReplicaSet>(REPLICA_SETS)).items;
  assert.equal(
    sets.map(set => [set.metadata.annotations?.['deployment.kubernetes.io/revision'], set.spec.replicas]).sort(),
    [
      ['2', 0],
      ['3', 2],
    ],
  );
  const events = (await client.list<{ reason: string } & Pod>(EVENTS)).items.map(event => event.reason);
  for (const reason of ['ScalingReplicaSet', 'SuccessfulCreate', 'SuccessfulDelete', 'Scheduled'])
    assert.ok(events.includes(reason), `an Event ${reason}`);
});

scene('a deleted Deployment takes its sets and pods along; a deleted namespace everything', async ({ client }) => {
  await client.create(DEPLOYMENTS, web(2));
  await rolledOut(client, 2);
  await client.delete(DEPLOYMENTS, key, { propagationPolicy: 'Background' });
  await until('pods gone', async () => (await client.list(PODS)).items.length === 0);
  assert.is((await client.list(REPLICA_SETS)).items.length, 0);

  await client.create(NAMESPACES, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'team' } });
  await until('default service account', () =>
    client.get(SERVICE_ACCOUNTS, { namespace: 'team', name: 'default' }).catch(() => undefined),
  );
  const there = { ...web(1), metadata: { name: 'web', namespace: 'team' } };
  await client.create(DEPLOYMENTS, there);
  await until('a pod', async () => (await client.list(PODS, { namespace: 'team' })).items.length === 1);
  await client.delete(NAMESPACES, { name: 'team' });
  await until('namespace gone', async () =>
    client.get(NAMESPACES, { name: 'team' }).then(
      () => false,
      () => true,
    ),
  );
});

scene('foreground deletion removes the pods first, orphan deletion keeps them', async ({ client }) => {
  await client.create(DEPLOYMENTS, web(2));
  await rolledOut(client, 2);
  await client.delete(DEPLOYMENTS, key, { propagationPolicy: 'Foreground' });
  await until('deployment gone', () =>
    client.get(DEPLOYMENTS, key).then(
      () => false,
      () => true,
    ),
  );
  assert.is((await client.list(REPLICA_SETS)).items.length, 0);

  await client.create(DEPLOYMENTS, web(2));
  await rolledOut(client, 2);
  await client.delete(DEPLOYMENTS, key, { propagationPolicy: 'Orphan' });
  await until('set without owner', async () => {
    const [set] = (await client.list<ReplicaSet>(REPLICA_SETS)).items;
    return set && !set.metadata.ownerReferences?.length;
  });
  assert.is((await client.list(PODS)).items.length, 2);
});

scene('a Service has the ready pods as endpoints', async ({ client }) => {
  const spec = { selector: { app: 'web' }, ports: [{ port: 80, targetPort: 8080 }] };
  await client.create(SERVICES, { apiVersion: 'v1', kind: 'Service', metadata: key, spec } as never);
  await client.create(DEPLOYMENTS, web(3));
  await rolledOut(client, 3);
  const slice = await until('three endpoints', async () => {
    const [found] = (
      await client.list<EndpointSlice>(ENDPOINT_SLICES, {
        namespace: 'default',
        labelSelector: 'kubernetes.io/service-name=web',
      })
    ).items;
    return found?.endpoints?.filter(endpoint => endpoint.conditions.ready).length === 3 && found;
  });
  assert.equal(
    slice.ports?.map(port => port.port),
    [8080],
  );
  await until('endpoints', async () => {
    const endpoints = await client
      .get<{ subsets?: { addresses?: unknown[] }[] } & Pod>(ENDPOINTS, key)
      .catch(() => undefined);
    return endpoints?.subsets?.[0]?.addresses?.length === 3;
  });
});

scene(
  'a node that falls silent loses its pods to the other, and gets them back into service when it returns',
  async ({ client, kubelets }) => {
    await client.create(DEPLOYMENTS, web(2));
    await rolledOut(client, 2);
    const nodes = await client.list<Node>(NODES);
    assert.equal(nodes.items.map(node => node.spec.podCIDR).sort(), ['10.244.0.0/24', '10.244.1.0/24']);
    kubelets[1]!.kill();
    await until('node unknown', async () => {
      const node = await client.get<Node>(NODES, { name: 'edge-1' });
      return conditionOf(node.status?.conditions, 'Ready')?.status === 'Unknown' && node.spec.taints?.length === 2;
    });
    await until('two ready pods on edge-0', async () => {
      const { items } = await client.list<Pod>(PODS);
      return items.filter(pod => pod.spec.nodeName === 'edge-0' && isPodReady(pod)).length === 2;
    });
  },
);

test.run();
