/**
 * Image references as people write them (`hello:v1`, `ghcr.io/team/app@sha256:…`), taken apart. Pure.
 * A reference without a registry host means the cluster's own registry.
 */
export interface ImageRef {
  /** Empty: the cluster's own registry. */
  host: string;
  repository: string;
  tag?: string;
  digest?: string;
}

const PATH = /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*)*$/;
const TAG = /^\w[\w.-]{0,127}$/;
const DIGEST = /^sha256:[0-9a-f]{64}$/;
const HOST = /^(?:\[[0-9a-fA-F:]+\]|[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?)(?::\d+)?$/;
const REPOSITORY_LENGTH_MAX = 255;

/** Undefined when it is not a reference. A reference with neither tag nor digest gets the tag `latest`. */
export function parseImageRef(text: string): ImageRef | undefined {
  const [named, digest, ...more] = text.split('@');
  if (named === undefined || more.length > 0) return undefined;
  const slash = named.indexOf('/');
  const first = slash === -1 ? '' : named.slice(0, slash);
  const hasHost = first.includes('.') || first.includes(':') || first === 'localhost';
  const rest = hasHost ? named.slice(slash + 1) : named;
  const colon = rest.lastIndexOf(':');
  const repository = colon === -1 ? rest : rest.slice(0, colon);
  const tag = colon === -1 ? undefined : rest.slice(colon + 1);
  if (hasHost && !HOST.test(first)) return undefined;
  if (!PATH.test(repository) || repository.length > REPOSITORY_LENGTH_MAX) return undefined;
  if (tag !== undefined && !TAG.test(tag)) return undefined;
  if (digest !== undefined && !DIGEST.test(digest)) return undefined;
  return { host: hasHost ? first : '', repository, tag: tag ?? (digest ? undefined : 'latest'), digest };
}

/** `ghcr.io/team/app`, without tag or digest. */
export const repositoryText = ({ host, repository }: ImageRef): string => (host ? `${host}/${repository}` : repository);

/** The last part of the path: what a program calls itself when nobody says otherwise. */
export const programName = ({ repository }: ImageRef): string => repository.slice(repository.lastIndexOf('/') + 1);
