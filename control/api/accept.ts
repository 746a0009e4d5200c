/**
 * What the client would like to get, out of what can be given: the first clause of Accept that can be served wins.
 * Table and metadata forms are given only to those who ask; protobuf is never given. Nothing fits: 406.
 */
import { notAcceptable } from '../machinery/status.ts';
import type { ApiContext } from './request.ts';

export interface Representation {
  format: 'json' | 'yaml' | 'cbor';
  shape: 'object' | 'table' | 'metadata';
  /** Of meta.k8s.io, for the shapes. */
  version: 'v1' | 'v1beta1';
  contentType: string;
}

type Endpoint = 'object' | 'list' | 'watch' | 'value';

const FORMATS: Readonly<Record<string, Representation['format']>> = {
  'application/json': 'json',
  'application/*': 'json',
  '*/*': 'json',
  'application/yaml': 'yaml',
  'application/cbor': 'cbor',
};
const SERVED = ['application/json', 'application/yaml', 'application/cbor'];
const JSON_OBJECT: Representation = { format: 'json', shape: 'object', version: 'v1', contentType: 'application/json' };

export function accepted(c: ApiContext, endpoint: Endpoint): Representation {
  const header = c.req.header('accept');
  if (!header || header === 'application/json' || header === '*/*') return JSON_OBJECT;
  for (const clause of clauses(header)) {
    const found = represent(clause, endpoint);
    if (found) return found;
  }
  throw notAcceptable(SERVED);
}

interface Clause {
  type: string;
  parameters: Record<string, string>;
  q: number;
}

/** By quality, and in the client's order among equals. */
export function clauses(header: string): Clause[] {
  const parsed = header.split(',').map(text => {
    const [type = '', ...rest] = text.split(';').map(part => part.trim());
    const parameters = Object.fromEntries(rest.map(p => p.split('=', 2).map(side => side.trim()) as [string, string]));
    return { type: type.toLowerCase(), parameters, q: parameters['q'] === undefined ? 1 : Number(parameters['q']) };
  });
  return parsed.filter(clause => clause.q > 0).sort((a, b) => b.q - a.q);
}

function represent({ type, parameters }: Clause, endpoint: Endpoint): Representation | undefined {
  const format = FORMATS[type];
  if (!format || (endpoint === 'watch' && format === 'yaml')) return undefined;
  const mediaType = mediaTypeOf(format, endpoint);
  const { as, g, v } = parameters;
  if (as === undefined || endpoint === 'value')
    return { format, shape: 'object', version: 'v1', contentType: mediaType };
  if (g !== 'meta.k8s.io' || (v !== 'v1' && v !== 'v1beta1')) return undefined;
  const shape = as === 'Table' ? 'table' : as.startsWith('PartialObjectMetadata') ? 'metadata' : undefined;
  if (!shape || (as === 'PartialObjectMetadataList') !== (endpoint === 'list' && shape === 'metadata'))
    return undefined;
  return { format, shape, version: v, contentType: mediaType };
}

function mediaTypeOf(format: Representation['format'], endpoint: Endpoint): string {
  if (format === 'cbor') return endpoint === 'watch' ? 'application/cbor-seq' : 'application/cbor';
  return `application/${format}`;
}
