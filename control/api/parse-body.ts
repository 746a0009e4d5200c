/**
 * Bytes to a value by media type: JSON (also when the type is missing, as apiserver does), YAML, CBOR, protobuf.
 * Loaded when first used: all but JSON.
 */
import { type ParsedJson, parseJson } from '../codec/json.ts';
import { badRequest, unsupportedMediaType } from '../machinery/status.ts';
import type { StructuralSchema } from '../machinery/structural.ts';

const PROTOBUF = 'application/vnd.kubernetes.protobuf';
const TYPES = ['application/json', 'application/yaml', PROTOBUF, 'application/cbor'];

export async function parseBody(
  contentType: string | undefined,
  body: Uint8Array,
  shape: { kind: string; schema: StructuralSchema },
): Promise<ParsedJson> {
  const type = (contentType ?? '').split(';')[0]!.trim().toLowerCase() || 'application/json';
  switch (type) {
    case 'application/json':
      if (body.byteLength === 0) throw empty(shape.kind);
      return parseJson(body);
    case 'application/yaml': {
      const { loadYaml } = await import('../codec/yaml.ts');
      const documents = await loadYaml(new TextDecoder().decode(body));
      if (documents.length === 0) throw empty(shape.kind);
      return { value: documents[0], duplicateFields: [] };
    }
    case 'application/cbor': {
      const { parseCbor } = await import('../codec/cbor-body.ts');
      return parseCbor(body);
    }
    case PROTOBUF: {
      const { decodeProtobuf } = await import('../codec/protobuf-decode.ts');
      // Whether the type is the right one is checked as for every other form.
      return { value: decodeProtobuf(body, () => shape.schema), duplicateFields: [] };
    }
    default:
      throw unsupportedMediaType(TYPES);
  }
}

const empty = (kind: string) =>
  badRequest(
    `the object provided is unrecognized (must be of type ${kind}): couldn't get version/kind; json parse error: unexpected end of JSON input ()`,
  );
