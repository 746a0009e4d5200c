/**
 * How results leave the server: one object or a list, as JSON, YAML, CBOR, Table or metadata alone, whatever the client
 * accepts first; large bodies are compressed.
 *
 * Always: JSON of a stored revision comes from objects.ts, made once; every response carries Audit-Id and the warnings.
 */
import { gzip, type ZlibOptions } from 'node:zlib';
import type { Kind } from '../kinds/strategy.ts';
import type { ApiObject } from '../machinery/meta.ts';
import type { KeyValue } from '../store/store.ts';
import { accepted, type Representation } from './accept.ts';
import type { Api } from './api.ts';
import { encodeBody } from './encode-body.ts';
import { isForPeople, pretty } from './pretty.ts';
import type { ApiContext } from './request.ts';
import { metadataOnly, tableOf } from './tables.ts';

const GZIP_BYTES_MIN = 128 * 1024;
const GZIP: ZlibOptions = { level: 1 };

/** Stored, or computed and never stored (dry run, scale, reviews). */
export type Source = KeyValue | ApiObject;

export const isStored = (source: Source): source is KeyValue => 'modRevision' in source;

export async function respondObject(
  api: Api,
  c: ApiContext,
  kind: Kind,
  status: number,
  source: Source,
): Promise<Response> {
  const wanted = accepted(c, 'object');
  if (wanted.shape === 'object' && wanted.format === 'json') {
    return send(c, status, wanted.contentType, isStored(source) ? api.objects.json(source) : JSON.stringify(source));
  }
  const object = isStored(source) ? api.objects.peek(source) : source;
  return send(c, status, wanted.contentType, await encodeBody(wanted.format, shaped(api, c, kind, object, wanted)));
}

function shaped(api: Api, c: ApiContext, kind: Kind, object: Readonly<ApiObject>, wanted: Representation): unknown {
  switch (wanted.shape) {
    case 'object':
      return object;
    case 'metadata':
      return metadataOnly(object, wanted.version);
    case 'table': {
      const metadata = { resourceVersion: object.metadata.resourceVersion };
      const includeObject = c.get('query').get('includeObject');
      return tableOf(kind, [object], { metadata, includeObject, version: wanted.version, now: api.clock.now() });
    }
  }
}

/** A value that is no API object of a Kind: Status, discovery, review. */
export async function respondValue(c: ApiContext, status: number, value: unknown): Promise<Response> {
  const wanted = accepted(c, 'value');
  return send(c, status, wanted.contentType, await encodeBody(wanted.format, value));
}

export function send(
  c: ApiContext,
  status: number,
  contentType: string,
  body: string | Uint8Array<ArrayBuffer>,
  extra?: Record<string, string>,
): Response | Promise<Response> {
  const headers = { ...headersOf(c, contentType), ...extra };
  if (isForPeople(c, contentType, body)) body = pretty(body);
  if (body.length < GZIP_BYTES_MIN || !acceptsGzip(c)) return new Response(body, { status, headers });
  headers['content-encoding'] = 'gzip';
  headers['vary'] = 'Accept-Encoding';
  return new Promise((resolve, reject) => {
    gzip(body, GZIP, (error, compressed) =>
      error ? reject(error) : resolve(new Response(new Uint8Array(compressed), { status, headers })),
    );
  });
}

export const acceptsGzip = (c: ApiContext): boolean => {
  const header = c.req.header('accept-encoding');
  return header !== undefined && /(?:^|,)\s*gzip\s*(?:;(?!\s*q=0(?:\.0*)?\s*(?:,|$))[^,]*)?(?:,|$)/.test(header);
};

/** Plain and complete from the start: the adapter sends such headers without building a Headers object. */
export function headersOf(c: ApiContext, contentType: string): Record<string, string> {
  const headers: Record<string, string> = {
    'audit-id': c.get('auditId'),
    'cache-control': 'no-cache, private',
    'content-type': contentType,
  };
  const warnings = c.get('warnings');
  if (warnings.length > 0) headers['warning'] = warningsText(warnings);
  return headers;
}

const WARNINGS_BYTES_MAX = 4096;

/** `299 - "text"`, each once; long ones are cut so that headers stay within what clients take. */
function warningsText(warnings: readonly string[]): string {
  const lines: string[] = [];
  let bytes = 0;
  for (const warning of new Set(warnings)) {
    const text = `299 - "${warning.replace(/[\\"]/g, '\\$&').replace(/[^\x20-\x7e]/g, '?')}"`;
    bytes += text.length;
    if (bytes > WARNINGS_BYTES_MAX) break;
    lines.push(text);
  }
  return lines.join(', ');
}
