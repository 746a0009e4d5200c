/**
 * Starts every controller. Called by control/main, once for each server that leads.
 *
 * Always: all of them read through shared informers and write through `client`, with the rights of its identity; they end
 * with the signal.
 */
import type { Client } from '../client/client.ts';
import { type AddressRanges, DEFAULT_RANGES } from '../machinery/address-ranges.ts';
import type { Log } from '../machinery/log.ts';
import type { Clock, Dice } from '../platform/types.ts';
import { type Context, type Controller, runController } from './controller.ts';
import { csrController, type Sign } from './csr-approve-sign.ts';
import { deploymentController } from './deployment-controller.ts';
import { garbageCollector } from './garbage-collector.ts';
import { createInformers } from './informers.ts';
import { namespaceController } from './namespace.ts';
import { nodeIpamController } from './node-ipam.ts';
import { nodeLifecycleController } from './node-lifecycle.ts';
import { podGarbageCollector } from './pod-gc.ts';
import { replicaSetController } from './replica-set-controller.ts';
import { rootCaPublisher } from './root-ca-publisher.ts';
import { serviceAccountController } from './service-account.ts';
import { endpointSliceController, endpointsController } from './service-endpoints-controller.ts';

const NODE_GRACE_MS = 40_000;

export interface ControllersOptions {
  client: Client;
  clock: Clock;
  dice: Dice;
  log: Log;
  signal: AbortSignal;
  /** Absent: certificates are not signed here. */
  sign?: Sign;
  /** Absent: the CA is not published. */
  caPem?: string;
  options?: {
    /** How long a node may be silent. */
    nodeGraceMs?: number;
    ranges?: AddressRanges;
  };
}

/** Runs until the signal; resolves when all work has ended. */
export async function startControllers({ sign, caPem, options = {}, ...source }: ControllersOptions): Promise<void> {
  const { log, signal } = source;
  const context: Context = { ...source, informers: createInformers(source) };
  const controllers: Controller[] = [
    nodeIpamController(context, options.ranges ?? DEFAULT_RANGES),
    serviceAccountController(context),
    ...(sign ? [csrController(context, sign)] : []),
    ...(caPem ? [rootCaPublisher(context, caPem)] : []),
    deploymentController(context),
    replicaSetController(context),
    endpointSliceController(context),
    endpointsController(context),
    nodeLifecycleController(context, options.nodeGraceMs ?? NODE_GRACE_MS),
    podGarbageCollector(context),
    namespaceController(context),
    // Last: it shares what the others follow.
    garbageCollector(context),
  ];
  await Promise.all(
    controllers.map(controller =>
      runController(controller, context).catch(error => {
        if (!signal.aborted)
          log('error', `${controller.name} has ended`, { error: (error as Error).stack ?? String(error) });
      }),
    ),
  );
}
