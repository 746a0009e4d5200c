/**
 * What the server may ask of this agent, on the kubelet's paths: `/containerLogs/…`, `/healthz`, `/stats/summary`. Called by
 * the tunnel for each request.
 */
import type { ServerHttp2Stream } from 'node:http2';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Log } from '../control/machinery/log.ts';
import type { Clock } from '../control/platform/types.ts';
import { type LogQuery, readLog } from './log-reader.ts';
import type { PodLogs } from './logs.ts';
import { logDirectory } from './pod-run.ts';
import type { Pods } from './pods.ts';
import { statsSummary } from './stats.ts';
import type { StreamHandler } from './tunnel.ts';

export interface RouteDeps {
  pods: Pods;
  logs: PodLogs;
  clock: Clock;
  nodeName: string;
  log: Log;
}

export function createRoutes(deps: RouteDeps): StreamHandler {
  return (stream, path, method) => {
    const url = new URL(path, 'http://agent');
    const [first, ...rest] = url.pathname.split('/').filter(Boolean).map(decodeURIComponent);
    answer(deps, stream, method, first ?? '', rest, url.searchParams).catch(error => {
      deps.log('error', 'a request through the tunnel failed', { path, error: String(error) });
      if (!stream.headersSent) text(stream, 500, String(error));
      else stream.close();
    });
  };
}

async function answer(
  deps: RouteDeps,
  stream: ServerHttp2Stream,
  method: string,
  first: string,
  rest: string[],
  query: URLSearchParams,
): Promise<void> {
  if (method !== 'GET') return text(stream, 405, `${method} is not allowed`);
  switch (first) {
    case 'healthz':
      return text(stream, 200, 'ok');
    case 'stats':
      return json(stream, await statsSummary(deps.pods, deps.nodeName, deps.clock.now()));
    case 'containerLogs':
      return containerLogs(deps, stream, rest, query);
    default:
      return text(stream, 404, `there is no /${first}`);
  }
}

async function containerLogs(
  { pods, logs, clock }: RouteDeps,
  stream: ServerHttp2Stream,
  [namespace = '', pod = '', container = '']: string[],
  query: URLSearchParams,
): Promise<void> {
  const run = pods.find(namespace, pod)?.run;
  if (!run) return text(stream, 404, `pod "${pod}" in namespace "${namespace}" is not on this node`);
  const record = run.records.get(container);
  if (!record) return text(stream, 404, `container "${container}" in pod "${pod}" is not available`);
  const previous = isTrue(query.get('previous'));
  const number = record.restartCount - (previous ? 1 : 0);
  if (previous && !record.last)
    return text(stream, 400, `previous terminated container "${container}" in pod "${pod}" not found`);
  if (!previous && record.state.is === 'waiting' && !record.last) {
    const why = imageProblem(record.state.reason) ? 'trying and failing to pull image' : record.state.reason;
    return text(stream, 400, `container "${container}" in pod "${pod}" is waiting to start: ${why}`);
  }
  const stop = new AbortController();
  stream.once('close', () => stop.abort());
  stream.respond({ ':status': 200, 'content-type': 'text/plain; charset=utf-8' });
  const directory = logDirectory(run, container);
  const chunks = readLog({ logs, clock }, directory, number, logQuery(query, clock.now()), stop.signal);
  await pipeline(Readable.from(chunks, { objectMode: false }), stream, { signal: stop.signal }).catch(error => {
    if (!stop.signal.aborted) throw error;
  });
}

const imageProblem = (reason: string): boolean => /Image/.test(reason);

function logQuery(query: URLSearchParams, now: number): LogQuery {
  const number = (name: string) => (query.has(name) ? Number(query.get(name)) : undefined);
  const sinceSeconds = number('sinceSeconds');
  const sinceTime = query.get('sinceTime');
  return {
    follow: isTrue(query.get('follow')),
    tailLines: number('tailLines'),
    since: sinceSeconds !== undefined ? now - sinceSeconds * 1000 : sinceTime ? Date.parse(sinceTime) : undefined,
    timestamps: isTrue(query.get('timestamps')),
    limitBytes: number('limitBytes'),
  };
}

/** `?follow` alone is true as well. */
const isTrue = (value: string | null): boolean => value !== null && !/^(?:0|f|false)$/i.test(value);

function text(stream: ServerHttp2Stream, status: number, body: string): void {
  stream.respond({ ':status': status, 'content-type': 'text/plain; charset=utf-8' });
  stream.end(body);
}

function json(stream: ServerHttp2Stream, body: unknown): void {
  stream.respond({ ':status': 200, 'content-type': 'application/json' });
  stream.end(JSON.stringify(body));
}
