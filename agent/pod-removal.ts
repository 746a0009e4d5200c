/**
 * The end of a pod that was deleted: containers, last status, the object itself, then everything it left on this box. Called
 * by the pod's worker.
 *
 * Always: the server forgets the pod only after its containers have ended; only this pod is deleted, never its successor.
 */
import { createBackoff } from '../control/client/backoff.ts';
import { PODS } from '../control/machinery/resources.ts';
import { isReason } from '../control/machinery/status.ts';
import { publish } from './pod-report.ts';
import { type PodRun, podDirectory } from './pod-run.ts';
import { stopContainers } from './pod-stop.ts';

const DELETE_RETRY_FIRST_MS = 200;
const DELETE_RETRY_MAX_MS = 10_000;

export async function terminate(run: PodRun, graceSeconds: number): Promise<void> {
  const { node, uid } = run;
  await stopContainers(run, run.gone && run.pod.metadata.deletionTimestamp ? 0 : graceSeconds * 1000);
  run.over = true;
  node.addresses.release(uid);
  if (!run.gone) {
    publish(run);
    await run.reporter.settled();
    await removeObject(run);
  }
  run.reporter.close();
  await node.checkpoints.forget(uid);
  const { namespace, name } = run.pod.metadata;
  for (const path of [podDirectory(run), `${node.directory}/logs/${namespace}_${name}_${uid}`]) {
    await node.files
      .remove(path, { recursive: true })
      .catch(
        error =>
          error.code !== 'ENOENT' &&
          node.log('warn', 'files of a pod that has ended could not be removed', { error: String(error) }),
      );
  }
}

/** The last word: the server may forget the pod now. Tried until the server answers. */
async function removeObject(run: PodRun): Promise<void> {
  const { node, uid, pod } = run;
  const { namespace, name } = pod.metadata;
  const backoff = createBackoff({ initialMs: DELETE_RETRY_FIRST_MS, maxMs: DELETE_RETRY_MAX_MS, dice: node.dice });
  while (!run.gone) {
    try {
      await node.client.delete(PODS, { namespace, name }, { gracePeriodSeconds: 0, preconditions: { uid } });
      return;
    } catch (error) {
      if (isReason(error, 'NotFound', 'Conflict')) return;
      await node.clock.sleep(backoff.next());
    }
  }
}
