/** A value as the bytes of a body. YAML and CBOR are loaded when first asked for. */
export async function encodeBody(
  format: 'json' | 'yaml' | 'cbor',
  value: unknown,
): Promise<string | Uint8Array<ArrayBuffer>> {
  switch (format) {
    case 'json':
      return JSON.stringify(value);
    case 'yaml': {
      const { dumpYaml } = await import('../codec/yaml.ts');
      return dumpYaml(value);
    }
    case 'cbor': {
      const { cborBody } = await import('../codec/cbor-body.ts');
      return cborBody(value);
    }
  }
}
