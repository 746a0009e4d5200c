/**
 * The modules that pods run: asked for by reference, fetched once from the registry, checked against their digest, kept on
 * disk by digest. Called by pod workers; the node's status lists what is here so that the scheduler can prefer this node.
 *
 * Always: bytes whose sha256 is not the digest asked for are never kept or run; one digest is fetched once however many ask.
 */
import type { Clock } from '../control/platform/types.ts';
import { ImageError, type ImageErrorReason } from './image-error.ts';
import { type ImageRef, parseImageRef, programName, repositoryText } from './image-ref.ts';
import type { ImageStore, StoredImage } from './image-store.ts';
import type { FetchImage } from './registry.ts';

interface ImageRequest {
  image: string;
  policy: 'Always' | 'IfNotPresent' | 'Never';
  signal: AbortSignal;
  /** Hears that bytes are about to be fetched. */
  pulling(): void;
}

export interface PulledImage extends StoredImage {
  imageID: string;
  /** argv[0] when neither the pod nor the image says. */
  program: string;
  /** Undefined: it was here already. */
  pulledMs?: number;
}

export interface Images {
  /** Rejects with ImageError. */
  ensure(request: ImageRequest): Promise<PulledImage>;
  read(image: StoredImage): Promise<Uint8Array>;
  /** For the node's status: what is here, with sizes. */
  list(): { names: string[]; sizeBytes: number }[];
  /** Removes the longest unused modules until they fit. */
  collect(inUse: ReadonlySet<string>): Promise<void>;
}

export function createImages(options: { store: ImageStore; fetchImage: FetchImage; clock: Clock }): Images {
  const { store, fetchImage, clock } = options;
  const underWay = new Map<string, Promise<StoredImage>>();

  const fetchOnce = (ref: ImageRef, signal: AbortSignal): Promise<StoredImage> => {
    const key = `${repositoryText(ref)}@${ref.digest ?? ref.tag}`;
    const found = underWay.get(key);
    // Someone else's pull may end because their pod went away; then this pod asks for itself.
    if (found) return found.catch(error => (signal.aborted ? Promise.reject(error) : fetchOnce(ref, signal)));
    const fetching = fetchImage(ref, signal).finally(() => underWay.delete(key));
    underWay.set(key, fetching);
    return fetching;
  };

  const ensure = async ({ image, policy, signal, pulling }: ImageRequest): Promise<PulledImage> => {
    const ref = parseImageRef(image);
    if (!ref) throw invalidName(image);
    const cached = await store.find(ref);
    const answer = (stored: StoredImage, pulledMs?: number): PulledImage => ({
      ...stored,
      imageID: `${repositoryText(ref)}@${stored.manifestDigest}`,
      program: programName(ref),
      pulledMs,
    });
    if (cached && (policy !== 'Always' || ref.digest)) return answer(cached);
    if (policy === 'Never') {
      const message = `Container image "${image}" is not present with pull policy of Never`;
      throw new ImageError('ErrImageNeverPull', message);
    }
    const began = clock.monotonic();
    pulling();
    try {
      return answer(await fetchOnce(ref, signal), clock.monotonic() - began);
    } catch (error) {
      // A box whose server is away still starts what it already has.
      if (cached && error instanceof ImageError && error.reason === 'RegistryUnavailable') return answer(cached);
      throw error;
    }
  };

  return { ensure, read: store.read, list: store.list, collect: store.collect };
}

const invalidName = (image: string): ImageError => {
  const why = `couldn't parse image name "${image}": invalid reference format`;
  const reason: ImageErrorReason = 'InvalidImageName';
  return new ImageError(reason, `Failed to apply default image tag "${image}": ${why}`);
};
