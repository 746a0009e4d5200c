/**
 * Gets ready what a pod's containers share: its address and its volumes. Called by the pod's worker before a start, and when
 * an object that a volume shows has changed.
 */
import { SetupError } from './config-error.ts';
import { factsOf, type PodRun, podDirectory } from './pod-run.ts';
import { engineOf } from './runtime-class.ts';
import { layOutVolumes } from './volumes/lay-out.ts';

const SETUP_BACK_OFF_FIRST_MS = 500;
const SETUP_BACK_OFF_MAX_MS = 120_000;
/** Until the server has given this node its range of addresses. */
const ADDRESS_RETRY_MS = 50;

/** Answers how long to wait before the next try, or nothing when all is there. */
export async function setUp(run: PodRun): Promise<number | undefined> {
  const { node, pod } = run;
  try {
    run.engine = await engineOf(pod, node.objects);
    run.ip ??= pod.spec.hostNetwork ? node.hostIP : await node.addresses.take(run.uid);
    if (run.ip === undefined && node.addresses.range === undefined) return ADDRESS_RETRY_MS;
    if (run.ip === undefined) {
      const why = `no address is free in ${node.addresses.range}`;
      throw new SetupError('FailedCreatePodSandBox', `Failed to create pod sandbox: ${why}`);
    }
    if (!run.sandboxReady || run.volumesStale) {
      run.volumesStale = false;
      const facts = factsOf(run);
      const directory = podDirectory(run);
      await layOutVolumes({ files: node.files, directory, facts, objects: node.objects, token: node.token });
    }
    run.sandboxReady = true;
    run.setupBackOffMs = 0;
    return undefined;
  } catch (error) {
    const setup = error instanceof SetupError ? error : new SetupError('FailedMount', String(error));
    node.events(pod, 'Warning', setup.reason, setup.message);
    run.setupBackOffMs = Math.min(SETUP_BACK_OFF_MAX_MS, run.setupBackOffMs * 2 || SETUP_BACK_OFF_FIRST_MS);
    // Volumes that are there keep their old content; containers that run are not touched.
    return run.setupBackOffMs;
  }
}
