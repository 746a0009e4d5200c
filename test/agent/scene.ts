/** One node with one image (`app:v1`) whose module says what it does; closed in the end. */
import type { ContainerStatus } from '../../control/kinds/types/container-status.ts';
import { createFakeRuntime } from './fake-runtime.ts';
import { createFakeServer, type FakeServer } from './fake-server.ts';
import { createTestNode, statusOf } from './node.ts';

export interface Scene {
  server: FakeServer;
  guests: ReturnType<typeof createFakeRuntime>;
  here: Awaited<ReturnType<typeof createTestNode>>;
}

export async function scene(
  module: string,
  play: (world: Scene) => Promise<void>,
  world: 'command' | 'http' = 'command',
  imports: readonly string[] = [],
): Promise<void> {
  const server = createFakeServer();
  server.pushModule('app', 'v1', Buffer.from(module));
  const guests = createFakeRuntime(world, imports);
  const here = await createTestNode(server, guests.runtime);
  try {
    await play({ server, guests, here });
  } finally {
    await here.close();
  }
}

export const reasons = (server: FakeServer): string[] => server.events().map(({ reason }) => reason);

/** The agent always says both states. */
type Reported = ContainerStatus & Required<Pick<ContainerStatus, 'state' | 'lastState'>>;

/** Status of the pod's first container. */
export const main = (server: FakeServer, name = 'web'): Reported | undefined =>
  statusOf(server, name).containerStatuses?.[0] as Reported | undefined;
