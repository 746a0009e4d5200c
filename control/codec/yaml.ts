/**
 * YAML for people: manifests with many documents in, kubectl's style out. The parser is loaded when first used, because
 * servers hardly ever are. Called by the command line and by the API for `application/yaml`.
 *
 * Scalars are read as kubectl reads them (`0644` is octal, `yes` and `on` are true, `<<` merges), but for a bare `y` or
 * `n`, which stay the strings that people mean.
 */
import { badRequest } from '../machinery/status.ts';

/** Aliases are shared, not copied, until something is written out: few are enough for people. */
const ALIASES_MAX = 100;

/** The documents of a manifest, without the empty ones. Rejects with BadRequest. */
export const loadYaml = async (text: string): Promise<unknown[]> => {
  const yaml = await import('js-yaml');
  try {
    const documents = yaml.loadAll(text, { schema: manifestSchema(yaml), maxAliases: ALIASES_MAX });
    return documents.filter(document => document !== undefined && document !== null);
  } catch (error) {
    throw badRequest(`error converting YAML to JSON: yaml: ${(error as Error).message}`);
  }
};

/** Keys sorted, no line folding, lists flush with their key: as kubectl prints. */
export const dumpYaml = async (value: unknown): Promise<string> => {
  const { dump } = await import('js-yaml');
  return dump(value, { sortKeys: true, lineWidth: -1, noRefs: true, seqNoIndent: true });
};

const TRUE = /^(?:true|True|TRUE|yes|Yes|YES|on|On|ON)$/;
const FALSE = /^(?:false|False|FALSE|no|No|NO|off|Off|OFF)$/;
const INTEGER = /^([-+]?)(?:0b([01_]+)|0o?([0-7_]+)|0x([0-9a-fA-F_]+)|((?:0|[1-9][0-9_]*)))$/;

const manifestSchema = (yaml: typeof import('js-yaml')) => {
  const bool = yaml.defineScalarTag('tag:yaml.org,2002:bool', {
    implicit: true,
    identify: data => typeof data === 'boolean',
    resolve: source => (TRUE.test(source) ? true : FALSE.test(source) ? false : yaml.NOT_RESOLVED),
  });
  const int = yaml.defineScalarTag('tag:yaml.org,2002:int', {
    implicit: true,
    identify: data => Number.isInteger(data),
    resolve: source => integerOf(source) ?? yaml.NOT_RESOLVED,
  });
  return yaml.CORE_SCHEMA.withTags(yaml.mergeTag, bool, int);
};

const integerOf = (source: string): number | undefined => {
  const found = INTEGER.exec(source);
  if (!found) return undefined;
  const [, sign, binary, octal, hexadecimal, decimal] = found.map(part => part?.replaceAll('_', ''));
  const radix = binary ? 2 : octal ? 8 : hexadecimal ? 16 : 10;
  const value = Number.parseInt(binary || octal || hexadecimal || decimal || '', radix);
  return Number.isNaN(value) ? undefined : sign === '-' ? -value : value;
};
