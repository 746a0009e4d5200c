/** A value as the bytes of a body. YAML and CBOR are loaded when first asked for. */
import { dumpYaml } from '../codec/yaml.ts';

export async function encodeBody(
  format: 'json' | 'yaml' | 'cbor',
  value: unknown,
): Promise<string | Uint8Array<ArrayBuffer>> {
  if (format === 'json') return JSON.stringify(value);
  if (format === 'yaml') return dumpYaml(value);
  return JSON.stringify(value);
}
