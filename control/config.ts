/**
 * The server's flags, read once into one frozen Config. Errors say which flag, and what it wants. Called by main.
 */
export interface ServerConfig {
  /** Absolute; everything the server keeps is below it. */
  directory: string;
  host: string;
  /** 0: any free one. */
  port: number;
  /** The name or address by which others reach this server. */
  advertise: string;
  /** Further names and addresses in the server's certificate. */
  sans: readonly string[];
  /** How long a node may be silent before its pods are replaced. */
  nodeGraceMs: number | undefined;
}

export class ConfigError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'ConfigError';
  }
}

/** One table for parsing, errors and `--help`; the command line reads it. */
export const SERVER_OPTIONS = {
  state: { value: 'DIR', default: '/var/lib/skerry/server', description: 'Keys, objects and modules of the cluster' },
  listen: { value: 'HOST:PORT', default: '127.0.0.1:6443', description: 'Where to serve; port 0 takes any free one' },
  advertise: { value: 'HOST', description: 'Name or address that others reach this server by' },
  san: { value: 'NAME,…', description: "Further names and addresses in the server's certificate" },
  'node-grace': { value: 'SECONDS', description: 'How long a node may be silent before its pods are replaced' },
} as const;

const ANY_HOST = new Set(['0.0.0.0', '::', '[::]']);
const HOST = /^(?:[A-Za-z0-9](?:[-A-Za-z0-9.]*[A-Za-z0-9])?|\[[0-9a-fA-F:]+\])$/;

/** `text` answers an option's value or its default; `addresses` are the box's own that others can reach. */
export function configOf(
  text: (name: keyof typeof SERVER_OPTIONS) => string | undefined,
  { addresses, resolve }: { addresses: readonly string[]; resolve: (path: string) => string },
): ServerConfig {
  const listen = text('listen') ?? SERVER_OPTIONS.listen.default;
  const at = listen.lastIndexOf(':');
  const host = listen.slice(0, Math.max(at, 0));
  const port = Number(listen.slice(at + 1));
  if (at < 0 || !HOST.test(host) || !Number.isInteger(port) || port < 0 || port > 65_535 || listen.endsWith(':')) {
    throw new ConfigError(`--listen takes HOST:PORT, not ${JSON.stringify(listen)}`);
  }
  const bare = host.replace(/^\[|\]$/g, '');
  const advertise = text('advertise') ?? (ANY_HOST.has(host) ? addresses[0] : bare);
  if (!advertise) throw new ConfigError('--advertise is missing: this box has no address that others could use');
  return Object.freeze({
    directory: resolve(text('state') ?? SERVER_OPTIONS.state.default),
    host: bare,
    port,
    advertise: checkedName('--advertise', advertise),
    sans: listOf(text('san')).map(name => checkedName('--san', name)),
    nodeGraceMs: secondsOf(text('node-grace')),
  });
}

const listOf = (text: string | undefined): string[] =>
  (text ?? '')
    .split(',')
    .map(part => part.trim())
    .filter(part => part !== '');

function checkedName(flag: string, name: string): string {
  if (HOST.test(name) || /^[0-9a-fA-F:]+$/.test(name)) return name;
  throw new ConfigError(`${flag} takes a host name or address, not ${JSON.stringify(name)}`);
}

function secondsOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const seconds = Number(text);
  if (Number.isInteger(seconds) && seconds >= 1 && seconds <= 3600) return seconds * 1000;
  throw new ConfigError(`--node-grace takes a whole number of seconds from 1 to 3600, not ${JSON.stringify(text)}`);
}
