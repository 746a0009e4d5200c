/**
 * The paths that tell clients what is here: `/`, /version, /api, /apis, their groups and versions, /openapi.
 */
import type { Context, Hono } from 'hono';
import { clauses } from './accept.ts';
import type { AGGREGATED, Discovery, Document } from './discovery.ts';
import { nothingThere } from './dispatch.ts';
import { type OpenApi, openApiV2, V2_CONTENT_TYPE } from './openapi.ts';
import type { ApiContext, ApiEnv } from './request.ts';
import { headersOf, respondValue, send } from './respond.ts';

interface Parts {
  discovery: Discovery;
  openApi: OpenApi;
  version: string;
}

export function mountDiscovery(app: Hono<ApiEnv>, { discovery, openApi, version }: Parts): void {
  app.get('/', c => respondValue(c, 200, { paths: pathsOf(discovery) }));
  app.get('/version', c => respondValue(c, 200, versionInfo(version)));
  for (const prefix of ['api', 'apis'] as const) {
    const root = (c: ApiContext) => answer(c, discovery.root(prefix, aggregatedFor(c)));
    app.get(`/${prefix}`, root);
    app.get(`/${prefix}/`, root);
  }
  app.get('/api/:version', c => answer(c, discovery.resources('', c.req.param('version'))));
  app.get('/apis/:group', c => answer(c, discovery.group(c.req.param('group'))));
  app.get('/apis/:group/:version', c => answer(c, discovery.resources(c.req.param('group'), c.req.param('version'))));
  app.get('/openapi/v2', serveV2);
  app.get('/openapi/v3', c => answer(c, openApi.index()));
  app.get('/openapi/v3/*', c => serveV3(c, openApi));
}

/** The aggregated form that the client prefers, unless it would rather have a plain list. */
function aggregatedFor(c: ApiContext): keyof typeof AGGREGATED | undefined {
  for (const { type, parameters } of clauses(c.req.header('accept') ?? '')) {
    if (type !== 'application/json') continue;
    if (parameters['as'] === undefined) return undefined;
    const known = parameters['as'] === 'APIGroupDiscoveryList' && parameters['g'] === 'apidiscovery.k8s.io';
    if (known && (parameters['v'] === 'v2' || parameters['v'] === 'v2beta1')) return parameters['v'];
  }
  return undefined;
}

function answer(c: Context<ApiEnv>, document: Document | undefined, caching = 'public'): Response | Promise<Response> {
  if (!document) throw nothingThere();
  if (document.etag === undefined) return send(c, 200, document.contentType, document.body);
  const extra = { etag: document.etag, vary: 'Accept', 'cache-control': caching };
  if (c.req.header('if-none-match') !== document.etag) {
    return send(c, 200, document.contentType, document.body, extra);
  }
  return new Response(null, { status: 304, headers: { ...headersOf(c, document.contentType), ...extra } });
}

function serveV2(c: ApiContext): Response | Promise<Response> {
  const wantsProtobuf = (c.req.header('accept') ?? '').includes('proto-openapi.spec.v2');
  if (wantsProtobuf) return send(c, 200, V2_CONTENT_TYPE, openApiV2.protobuf);
  return send(c, 200, 'application/json', openApiV2.json);
}

function serveV3(c: ApiContext, openApi: OpenApi): Response | Promise<Response> {
  const path = c.get('info').path.slice('/openapi/v3/'.length);
  const document = openApi.document(path);
  if (!document) throw nothingThere();
  const hash = c.get('query').get('hash');
  if (hash === null) return answer(c, document);
  if (hash !== document.hash) {
    return new Response(null, {
      status: 301,
      headers: { ...headersOf(c, 'text/plain'), location: `/openapi/v3/${path}?hash=${document.hash}` },
    });
  }
  return answer(c, document, 'public, immutable');
}

const pathsOf = (discovery: Discovery): string[] => {
  const versions = discovery.groupVersions();
  const groups = [...new Set(versions.map(({ group }) => group).filter(group => group !== ''))];
  return [
    '/api',
    '/api/v1',
    '/apis',
    ...groups.map(group => `/apis/${group}`),
    ...versions.filter(({ group }) => group !== '').map(({ group, version }) => `/apis/${group}/${version}`),
    '/cacerts',
    '/healthz',
    '/livez',
    '/openapi/v2',
    '/openapi/v3',
    '/readyz',
    '/version',
  ].sort();
};

function versionInfo(gitVersion: string) {
  const [, major = '', minor = ''] = /^v(\d+)\.(\d+)/.exec(gitVersion) ?? [];
  return {
    major,
    minor,
    gitVersion,
    gitCommit: '',
    gitTreeState: 'clean',
    buildDate: '1970-01-01T00:00:00Z',
    goVersion: 'none',
    compiler: 'none',
    platform: 'wasm/wasi',
  };
}
