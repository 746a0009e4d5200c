/**
 * From a wasm file to a URL: push, Deployment, Service, rollout. Called by `skerry run` and `skerry demo`.
 */
import type { Node } from '../kinds/node.ts';
import type { Service } from '../kinds/service.ts';
import type { ApiObject, Key } from '../machinery/meta.ts';
import { NODES, SERVICES } from '../machinery/resources.ts';
import type { Clock } from '../platform/types.ts';
import { CommandError } from './command.ts';
import type { Session } from './connect.ts';

export interface App {
  name: string;
  image: string;
  replicas: number;
  port: number;
}

/** The manifests of a small web application: what one would write by hand. */
export const manifestsOf = (app: App): ApiObject[] => {
  const labels = { app: app.name };
  return [
    {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: app.name, labels },
      spec: {
        replicas: app.replicas,
        selector: { matchLabels: labels },
        template: {
          metadata: { labels },
          spec: { containers: [{ name: app.name, image: app.image, ports: [{ containerPort: app.port }] }] },
        },
      },
    } as ApiObject,
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: app.name, labels },
      spec: { type: 'NodePort', selector: labels, ports: [{ port: 80, targetPort: app.port }] },
    } as ApiObject,
  ];
};

/** Where the Service can be reached from outside: the first node's address and the node port. */
export const urlOf = async (session: Session, key: Key): Promise<string> => {
  const [found, nodes] = await Promise.all([
    session.client.get<Service>(SERVICES, key),
    session.client.list<Node>(NODES),
  ]);
  const port = found.spec?.ports?.[0]?.nodePort;
  const address = nodes.items[0]?.status?.addresses?.find(a => a.type === 'InternalIP')?.address;
  if (port === undefined || address === undefined)
    throw new CommandError(`service ${key.name} has no node port to reach it by`);
  return `http://${address}:${port}/`;
};

/** One GET over a connection of its own, so that the Service balances each; retried while nobody listens yet. */
export const getText = async (url: string, clock: Clock, waitMs = 5_000): Promise<{ status: number; body: string }> => {
  const { request } = await import('node:http');
  const once = () =>
    new Promise<{ status: number; body: string }>((resolve, reject) => {
      const sent = request(url, { agent: false, timeout: waitMs }, response => {
        let body = '';
        response.setEncoding('utf8');
        response.on('data', chunk => (body += chunk));
        response.on('end', () => resolve({ status: response.statusCode ?? 0, body }));
        response.on('error', reject);
      });
      sent.on('timeout', () => sent.destroy(new Error(`no answer within ${waitMs} ms`)));
      sent.on('error', reject);
      sent.end();
    });
  const deadline = clock.monotonic() + waitMs;
  for (;;) {
    try {
      return await once();
    } catch (error) {
      if ((error as { code?: string }).code !== 'ECONNREFUSED' || clock.monotonic() > deadline) throw error;
      await clock.sleep(20);
    }
  }
};
