/**
 * The cluster's own registry: OCI distribution 1.1 under `/v2/`. The API server mounts this app; agents pull from it and
 * `skerry push` and any OCI client push to it.
 *
 * Always: what is served has the digest it is asked for by; an answer other than success is in the specification's error form.
 */
import { Hono } from 'hono';
import type { Log } from '../machinery/log.ts';
import type { Clock, Dice, Files } from '../platform/types.ts';
import { createBlobs } from './blobs.ts';
import { isName } from './digest.ts';
import { errorBody, RegistryRefusal, refused } from './errors.ts';
import { createRepositories } from './repositories.ts';
import { ROUTES } from './routes.ts';
import { createUploads } from './uploads.ts';

export interface RegistryOptions {
  /** Everything is kept below it. */
  directory: string;
  files: Files;
  clock: Clock;
  dice: Dice;
  log: Log;
  /** Absent: whoever gets here may do all. The API server asks who it is; `env` is the Hono environment it passed on. */
  authorize?(access: Access): Verdict | Promise<Verdict>;
}

export interface Access {
  env: unknown;
  action: 'pull' | 'push' | 'delete';
  /** Absent for `/v2/` and the catalogue. */
  repository?: string;
}

export type Verdict = 'allowed' | 'unauthenticated' | 'forbidden';

export function createRegistry(options: RegistryOptions): Hono {
  const { directory, files, clock, dice, log } = options;
  const blobs = createBlobs(`${directory}/blobs`, files);
  const repositories = createRepositories(`${directory}/repositories`, files, blobs);
  const uploads = createUploads({ directory: `${directory}/uploads`, files, blobs, clock, dice });
  const authorize = async (env: unknown, action: Access['action'], repository?: string) => {
    const verdict = (await options.authorize?.({ env, action, repository })) ?? 'allowed';
    if (verdict === 'unauthenticated')
      throw refused('UNAUTHORIZED', 'authentication required', { 'WWW-Authenticate': 'Basic realm="skerry"' });
    if (verdict === 'forbidden') throw refused('DENIED', `no permission to ${action} ${repository ?? ''}`.trim());
  };

  const answer = async (request: Request, env: unknown): Promise<Response> => {
    const url = new URL(request.url);
    const path = url.pathname.slice(url.pathname.indexOf('/v2') + '/v2'.length);
    for (const { pattern, handlers } of ROUTES) {
      const match = pattern.exec(path);
      if (!match) continue;
      const handler = handlers[request.method];
      if (!handler) throw refused('UNSUPPORTED', `${request.method} is not served here`);
      const { name, rest = '' } = match.groups ?? {};
      if (name !== undefined && !isName(name)) throw refused('NAME_INVALID', `"${name}" is not a repository name`);
      await authorize(env, actionOf(request.method), name);
      const mayPull = (repository: string) => authorize(env, 'pull', repository);
      return handler({
        request,
        query: url.searchParams,
        name: name ?? '',
        rest: decoded(rest),
        blobs,
        repositories,
        uploads,
        mayPull,
      });
    }
    throw refused('NAME_UNKNOWN', `nothing is served at ${url.pathname}`);
  };

  const app = new Hono();
  const serve = (request: Request, env: unknown) =>
    answer(request, env).catch(error => failureResponse(error, request, log));
  app.all('/v2', c => serve(c.req.raw, c.env));
  app.all('/v2/*', c => serve(c.req.raw, c.env));
  return app;
}

/** Clients may write the colon of a digest as `%3A`. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw refused('DIGEST_INVALID', `"${text}" is not well encoded`);
  }
}

const actionOf = (method: string): Access['action'] =>
  method === 'GET' || method === 'HEAD' ? 'pull' : method === 'DELETE' ? 'delete' : 'push';

function failureResponse(error: unknown, request: Request, log: Log): Response {
  const headers = { 'Content-Type': 'application/json', 'Docker-Distribution-Api-Version': 'registry/2.0' };
  const text = (body: string) => (request.method === 'HEAD' ? null : body);
  if (error instanceof RegistryRefusal) {
    const body = text(errorBody(error.code, error.message, error.detail));
    return new Response(body, { status: error.status, headers: { ...headers, ...error.headers } });
  }
  log('error', `registry: ${request.method} ${new URL(request.url).pathname} failed`, {
    error: error instanceof Error ? error.stack : String(error),
  });
  return new Response(text(errorBody('UNKNOWN', 'internal error')), { status: 500, headers });
}
