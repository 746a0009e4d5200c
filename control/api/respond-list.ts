/**
 * A list on its way out. Short ones are one body; long ones are streamed in pieces, made while the client reads, so that
 * ten thousand pods neither stop the event loop nor stand in memory twice.
 */
import { constants, createGzip } from 'node:zlib';
import type { Kind } from '../kinds/strategy.ts';
import { apiVersionOf } from '../machinery/meta.ts';
import type { KeyValue } from '../store/store.ts';
import { accepted, type Representation } from './accept.ts';
import type { Api } from './api.ts';
import { encodeBody } from './encode-body.ts';
import { type Bytes, concat } from './objects.ts';
import type { ApiContext } from './request.ts';
import { acceptsGzip, headersOf, send } from './respond.ts';
import { metadataOnly, tableOf } from './tables.ts';
import type { ListResult } from './verbs/list.ts';

const PIECE_BYTES = 64 * 1024;
const STREAM_BYTES_MIN = 512 * 1024;

export async function respondList(api: Api, c: ApiContext, kind: Kind, result: ListResult): Promise<Response> {
  const wanted = accepted(c, 'list');
  const metadata = {
    resourceVersion: String(result.revision),
    continue: result.continue,
    remainingItemCount: result.remainingItemCount,
  };
  const pieces = piecesOf(api, c, kind, wanted, result.items, metadata);
  if (!pieces) {
    const items = result.items.map(kv => api.objects.glance(kv));
    return send(c, 200, wanted.contentType, await encodeBody(wanted.format, listObject(kind, metadata, items)));
  }
  const bytes = result.items.reduce((sum, kv) => sum + kv.value.byteLength, 0);
  if (bytes < STREAM_BYTES_MIN) return send(c, 200, wanted.contentType, concat([...pieces]));
  const headers = headersOf(c, wanted.contentType);
  if (!acceptsGzip(c)) return new Response(streamOf(pieces), { status: 200, headers });
  headers['content-encoding'] = 'gzip';
  headers['vary'] = 'Accept-Encoding';
  return new Response(gzipped(pieces), { status: 200, headers });
}

type Metadata = { resourceVersion: string; continue?: string; remainingItemCount?: number };

/** JSON in pieces; undefined for the formats that are made whole. */
function piecesOf(
  api: Api,
  c: ApiContext,
  kind: Kind,
  wanted: Representation,
  items: readonly KeyValue[],
  metadata: Metadata,
): Iterable<Bytes> | undefined {
  if (wanted.format !== 'json') return undefined;
  const now = api.clock.now();
  const meta = JSON.stringify(metadata);
  switch (wanted.shape) {
    case 'object':
      return joined(
        `{"kind":"${kind.listKind}","apiVersion":"${apiVersionOf(kind)}","metadata":${meta},"items":[`,
        items,
        kv => api.objects.text(kv),
      );
    case 'metadata':
      return joined(
        `{"kind":"PartialObjectMetadataList","apiVersion":"meta.k8s.io/${wanted.version}","metadata":${meta},"items":[`,
        items,
        kv => JSON.stringify(metadataOnly(api.objects.glance(kv), wanted.version)),
      );
    case 'table': {
      const includeObject = c.get('query').get('includeObject');
      const empty = tableOf(kind, [], { metadata, includeObject, version: wanted.version, now });
      const head = JSON.stringify({ ...empty, rows: undefined }).slice(0, -1);
      return joined(`${head},"rows":[`, items, kv => {
        const options = { metadata, includeObject, version: wanted.version, now, columns: false };
        return JSON.stringify(tableOf(kind, [api.objects.glance(kv)], options).rows[0]);
      });
    }
  }
}

const encoder = new TextEncoder();
const COMMA = encoder.encode(',');
const END = encoder.encode(']}\n');

function* joined(head: string, items: readonly KeyValue[], textOf: (kv: KeyValue) => Bytes | string): Iterable<Bytes> {
  let parts: Uint8Array[] = [encoder.encode(head)];
  let bytes = 0;
  for (const [i, kv] of items.entries()) {
    const text = textOf(kv);
    const encoded = typeof text === 'string' ? encoder.encode(text) : text;
    if (i > 0) parts.push(COMMA);
    parts.push(encoded);
    bytes += encoded.byteLength;
    if (bytes < PIECE_BYTES) continue;
    yield concat(parts);
    parts = [];
    bytes = 0;
  }
  parts.push(END);
  yield concat(parts);
}

function streamOf(pieces: Iterable<Bytes>): ReadableStream<Bytes> {
  const iterator = pieces[Symbol.iterator]();
  return new ReadableStream({
    pull(controller) {
      const { done, value } = iterator.next();
      if (done) controller.close();
      else controller.enqueue(value);
    },
  });
}

function gzipped(pieces: Iterable<Bytes>): ReadableStream<Bytes> {
  const gzip = createGzip({ level: constants.Z_BEST_SPEED });
  const iterator = pieces[Symbol.iterator]();
  let produced = false;
  return new ReadableStream({
    start(controller) {
      gzip.on('data', (chunk: Bytes) => {
        produced = true;
        controller.enqueue(chunk);
      });
      gzip.on('end', () => controller.close());
      gzip.on('error', error => controller.error(error));
    },
    async pull() {
      // A piece may stay inside the compressor: go on until something came out.
      for (produced = false; !produced; ) {
        const { done, value } = iterator.next();
        if (done) return void gzip.end();
        await new Promise<void>(resolve => gzip.write(value, () => resolve()));
      }
    },
    cancel: () => void gzip.destroy(),
  });
}

const listObject = (kind: Kind, metadata: Metadata, items: readonly object[]) => ({
  kind: kind.listKind,
  apiVersion: apiVersionOf(kind),
  metadata,
  items,
});
