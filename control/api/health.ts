/**
 * /healthz, /livez, /readyz: `ok`, or which check failed; `?verbose` lists all of them, `?exclude=` leaves some out, and
 * each is a path of its own (`/readyz/store`). Text as apiserver writes it.
 *
 * Called by app.ts; a check says why it fails, or undefined.
 */
import type { Hono } from 'hono';
import { getOwn } from '../machinery/property.ts';
import type { ApiEnv } from './request.ts';

type Check = () => string | undefined;

/** `ready` are the checks that only /readyz makes (start-up is complete); `live` are made by all three. */
export interface HealthChecks {
  live: Readonly<Record<string, Check>>;
  ready: Readonly<Record<string, Check>>;
}

export function mountHealth(app: Hono<ApiEnv>, checks: HealthChecks): void {
  const endpoints = {
    healthz: { ping: () => undefined, ...checks.live },
    livez: { ping: () => undefined, ...checks.live },
    readyz: { ping: () => undefined, ...checks.live, ...checks.ready },
  };
  for (const [name, all] of Object.entries<Readonly<Record<string, Check>>>(endpoints)) {
    app.get(`/${name}`, c => answer(name, all, c.get('query')));
    app.get(`/${name}/:check`, c => {
      const check = getOwn(all, c.req.param('check')) as Check | undefined;
      if (!check) return text(404, '404 page not found\n');
      const why = check();
      return why === undefined ? text(200, 'ok') : text(500, `internal server error: ${why}\n`);
    });
  }
}

function answer(name: string, checks: Readonly<Record<string, Check>>, query: URLSearchParams): Response {
  const excluded = new Set(query.getAll('exclude'));
  const lines: string[] = [];
  let failed = false;
  for (const [check, run] of Object.entries(checks)) {
    const why = excluded.has(check) ? undefined : run();
    failed ||= why !== undefined;
    lines.push(
      excluded.has(check)
        ? `[+]${check} excluded: ok`
        : why === undefined
          ? `[+]${check} ok`
          : `[-]${check} failed: ${why}`,
    );
  }
  if (failed) return text(500, `${lines.join('\n')}\n${name} check failed\n`);
  return text(200, query.has('verbose') ? `${lines.join('\n')}\n${name} check passed\n` : 'ok');
}

const text = (status: number, body: string): Response =>
  new Response(body, {
    status,
    headers: { 'content-type': 'text/plain; charset=utf-8', 'cache-control': 'no-cache, private' },
  });
