/**
 * The addresses below `/v2` and what answers at each. Repository names contain slashes, so these are patterns over the whole
 * path, tried in order.
 */
import type { Blobs } from './blobs.ts';
import type { Repositories } from './repositories.ts';
import * as blob from './routes-blob.ts';
import * as manifest from './routes-manifest.ts';
import * as upload from './routes-upload.ts';
import type { Uploads } from './uploads.ts';

export interface Call {
  request: Request;
  query: URLSearchParams;
  /** The repository. */
  name: string;
  /** What follows: a digest, a tag, an upload's id. */
  rest: string;
  blobs: Blobs;
  repositories: Repositories;
  uploads: Uploads;
  /** Rejects when the caller may not read another repository (mounts). */
  mayPull(repository: string): Promise<void>;
}

export type Handler = (call: Call) => Promise<Response>;

export const ROUTES: readonly { pattern: RegExp; handlers: Record<string, Handler> }[] = [
  { pattern: /^\/?$/, handlers: { GET: version, HEAD: version } },
  { pattern: /^\/_catalog$/, handlers: { GET: manifest.catalogue } },
  { pattern: /^\/(?<name>.+)\/tags\/list$/, handlers: { GET: manifest.listTags } },
  {
    pattern: /^\/(?<name>.+)\/manifests\/(?<rest>[^/]+)$/,
    handlers: { GET: manifest.get, HEAD: manifest.get, PUT: manifest.put, DELETE: manifest.remove },
  },
  { pattern: /^\/(?<name>.+)\/referrers\/(?<rest>[^/]+)$/, handlers: { GET: manifest.listReferrers } },
  { pattern: /^\/(?<name>.+)\/blobs\/uploads\/?$/, handlers: { POST: upload.begin } },
  {
    pattern: /^\/(?<name>.+)\/blobs\/uploads\/(?<rest>[^/]+)$/,
    handlers: { GET: upload.state, PATCH: upload.append, PUT: upload.finish, DELETE: upload.cancel },
  },
  {
    pattern: /^\/(?<name>.+)\/blobs\/(?<rest>[^/]+)$/,
    handlers: { GET: blob.get, HEAD: blob.get, DELETE: blob.remove },
  },
];

async function version(): Promise<Response> {
  return new Response('{}', {
    headers: { 'Content-Type': 'application/json', 'Docker-Distribution-Api-Version': 'registry/2.0' },
  });
}
