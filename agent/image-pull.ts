/**
 * Gets a container's image ready and tells the story as the kubelet does: Pulling, Pulled, ErrImagePull, then
 * ImagePullBackOff with growing waits. Called by container-start.
 */
import type { Container } from '../control/kinds/types/container.ts';
import { ImageError } from './image-error.ts';
import type { PulledImage } from './images.ts';
import { containerEvent, type PodRun } from './pod-run.ts';
import type { ContainerRecord } from './record.ts';
import { next, remaining } from './restart.ts';

/** So long ErrImagePull is shown before ImagePullBackOff: the kubelet's next look at the pod. */
const ERROR_SHOWN_MS = 2_000;

/** Undefined when there is none yet: the record says why and when to try again. */
export async function pullImage(
  run: PodRun,
  container: Container,
  record: ContainerRecord,
): Promise<PulledImage | undefined> {
  const image = container.image ?? '';
  const entry = run.imageBackOffs.get(image);
  const waitMs = remaining(entry, entry?.updatedAt ?? 0, run.node.clock.now());
  if (waitMs > 0) {
    holdBack(run, record, image, waitMs);
    return undefined;
  }
  const say = (type: 'Normal' | 'Warning', reason: string, message: string) =>
    containerEvent(run, container.name, type, reason, message);
  try {
    const pulled = await run.node.images.ensure({
      image,
      policy: container.imagePullPolicy ?? 'IfNotPresent',
      signal: run.ending.signal,
      pulling: () => say('Normal', 'Pulling', `Pulling image "${image}"`),
    });
    run.imageBackOffs.delete(image);
    record.imageID = pulled.imageID;
    say('Normal', 'Pulled', pulledMessage(image, pulled));
    return pulled;
  } catch (error) {
    if (!(error instanceof ImageError) || run.ending.signal.aborted) throw error;
    failed(run, record, image, error, say);
    return undefined;
  }
}

function pulledMessage(image: string, { pulledMs, size }: PulledImage): string {
  if (pulledMs === undefined) return `Container image "${image}" already present on machine`;
  const took = `${Math.max(1, Math.round(pulledMs))}ms`;
  return `Successfully pulled image "${image}" in ${took} (${took} including waiting). Image size: ${size} bytes.`;
}

function failed(
  run: PodRun,
  record: ContainerRecord,
  image: string,
  error: ImageError,
  say: (type: 'Normal' | 'Warning', reason: string, message: string) => void,
): void {
  const now = run.node.clock.now();
  const entry = run.imageBackOffs.get(image);
  run.imageBackOffs.set(image, next(entry, now, now));
  const reason = error.reason === 'RegistryUnavailable' ? 'ErrImagePull' : error.reason;
  if (reason === 'ErrImagePull') say('Warning', 'Failed', `Failed to pull image "${image}": ${error.message}`);
  else say('Warning', reason === 'InvalidImageName' ? 'InspectFailed' : reason, error.message);
  say('Warning', 'Failed', `Error: ${reason}`);
  const hopeless = reason === 'InvalidImageName' || reason === 'ErrImageNeverPull';
  const retryAt = now + (hopeless ? run.imageBackOffs.get(image)!.delayMs : ERROR_SHOWN_MS);
  record.state = { is: 'waiting', reason, message: error.message, retryAt };
}

function holdBack(run: PodRun, record: ContainerRecord, image: string, waitMs: number): void {
  const because =
    record.state.is === 'waiting' && record.state.reason === 'ErrImagePull'
      ? `: ErrImagePull: ${record.state.message}`
      : '';
  const message = `Back-off pulling image "${image}"`;
  containerEvent(run, record.name, 'Normal', 'BackOff', message);
  containerEvent(run, record.name, 'Warning', 'Failed', 'Error: ImagePullBackOff');
  const retryAt = run.node.clock.now() + waitMs;
  record.state = { is: 'waiting', reason: 'ImagePullBackOff', message: message + because, retryAt };
}
