/** A node for tests of pods: the real workers, images, volumes and logs over a fake server and a fake runtime. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createAddresses } from '../../agent/addresses.ts';
import { createCheckpoints } from '../../agent/checkpoint.ts';
import { openImageStore } from '../../agent/image-store.ts';
import { createImages } from '../../agent/images.ts';
import { createPodLogs } from '../../agent/logs.ts';
import { createObjectCache } from '../../agent/object-cache.ts';
import type { NodeContext } from '../../agent/pod-run.ts';
import { startPods } from '../../agent/pods.ts';
import { createFetchImage } from '../../agent/registry.ts';
import { createStatusReporter } from '../../agent/status-reporter.ts';
import { createTokens } from '../../agent/tokens.ts';
import { createEventRecorder } from '../../control/client/event-recorder.ts';
import type { Pod } from '../../control/kinds/pod.ts';
import { createNodePlatform } from '../../control/platform/node.ts';
import type { Runtime } from '../../runtime/sandbox.ts';
import { container } from '../lib/container.ts';
import type { FakeServer } from './fake-server.ts';

export const NODE_NAME = 'edge-0';

export async function createTestNode(server: FakeServer, runtime: Runtime, directory?: string) {
  const platform = createNodePlatform();
  const { clock, dice, files } = platform;
  const root = directory ?? (await mkdtemp(join(tmpdir(), 'skerry-agent-')));
  const stop = new AbortController();
  const { client } = server;
  const log = () => {};
  const common = { client, clock, dice, log, signal: stop.signal };
  const addresses = createAddresses(async () => () => {});
  addresses.setRange('10.244.7.0/24', '10.244.0.0/16');
  const store = await openImageStore({ directory: join(root, 'images'), files, clock });
  const fetchImage = createFetchImage({ client, store, ownHosts: new Set() });
  const node: NodeContext = {
    ...{ client, clock, dice, files, log, runtime, addresses, directory: root },
    events: createEventRecorder({ ...common, component: 'kubelet', host: NODE_NAME }),
    images: createImages({ store, fetchImage, clock }),
    objects: createObjectCache({ ...common, files, directory: join(root, 'objects') }),
    logs: createPodLogs({ clock, log }),
    checkpoints: createCheckpoints(join(root, 'checkpoints'), files, log),
    reporter: createStatusReporter(common),
    token: createTokens(client, clock),
    network: {
      network: () => ({
        resolve: async () => ['10.96.0.9'],
        connect: async (host, port) => ({ host, port }),
      }),
      serviceEnv: () => ({ WEB_SERVICE_HOST: '10.96.0.9' }),
    },
    nodeName: NODE_NAME,
    hostIP: '192.0.2.1',
    allocatable: { cpu: '2', memory: '1Gi' },
  };
  const pods = await startPods(node, stop.signal);
  return {
    node,
    pods,
    root,
    /** As after kill -9: the loops end, nothing else happens. */
    die: () => stop.abort(),
    async close() {
      stop.abort();
      await pods.shutDown(0);
      await rm(root, { recursive: true, force: true });
    },
  };
}

export const podPath = (name: string): string => `/api/v1/namespaces/default/pods/${name}`;

export const makePod = (name: string, spec: Partial<Pod['spec']> = {}): Pod => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name, namespace: 'default', uid: `uid-${name}` },
  spec: {
    nodeName: NODE_NAME,
    restartPolicy: 'Always',
    terminationGracePeriodSeconds: 1,
    containers: [container('main', { image: 'app:v1' })],
    ...spec,
  },
});

/** Asks again until it is so; says what was seen when it never is. */
export async function until<T>(what: string, see: () => T | undefined | false, timeoutMs = 5_000): Promise<T> {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    const seen = see();
    if (seen) return seen;
    if (performance.now() > deadline) throw new Error(`never happened: ${what}`);
    await new Promise(resolve => setTimeout(resolve, 5));
  }
}

export const statusOf = (server: FakeServer, name: string): NonNullable<Pod['status']> =>
  (server.objects.get(podPath(name)) as Pod | undefined)?.status ?? {};
