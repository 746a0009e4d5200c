/**
 * The server's flags, read once into one frozen Config. Errors say which flag, and what it wants. Called by main.
 */
import { type AddressRanges, DEFAULT_RANGES, overlap, rangeProblem } from './machinery/address-ranges.ts';
import { parseCidr } from './machinery/cidr.ts';

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
  /** Blocks of addresses; fixed for the life of a cluster. */
  ranges: Readonly<AddressRanges>;
  /** How long a node may be silent before it counts as not ready. */
  nodeGraceMs: number | undefined;
  /** How long pods stay on such a node, unless they say otherwise. */
  tolerationSeconds: number | undefined;
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
  'pod-cidr': {
    value: 'CIDR',
    default: DEFAULT_RANGES.podCidr,
    description: 'Addresses of pods, a /24 for each node; within 10.0.0.0/8, unlike those of other clusters of a box',
  },
  'service-cidr': {
    value: 'CIDR',
    default: DEFAULT_RANGES.serviceCidr,
    description: 'Addresses of Services; the first is the API',
  },
  'node-grace': { value: 'SECONDS', description: 'How long a node may be silent before it is not ready (40)' },
  'default-toleration-seconds': {
    value: 'SECONDS',
    description: 'How long pods stay on a node that is not ready, unless they say otherwise (300)',
  },
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
    ranges: rangesOf(text('pod-cidr'), text('service-cidr')),
    nodeGraceMs: milliseconds(secondsOf('--node-grace', text('node-grace'), 1)),
    tolerationSeconds: secondsOf('--default-toleration-seconds', text('default-toleration-seconds'), 0),
  });
}

const listOf = (text: string | undefined): string[] =>
  (text ?? '')
    .split(',')
    .map(part => part.trim())
    .filter(part => part !== '');

function rangesOf(podCidr = DEFAULT_RANGES.podCidr, serviceCidr = DEFAULT_RANGES.serviceCidr): AddressRanges {
  const podProblem = rangeProblem('podCidr', podCidr);
  if (podProblem) throw new ConfigError(`--pod-cidr ${podProblem}`);
  const serviceProblem = rangeProblem('serviceCidr', serviceCidr);
  if (serviceProblem) throw new ConfigError(`--service-cidr ${serviceProblem}`);
  if (overlap(parseCidr(podCidr)!, parseCidr(serviceCidr)!))
    throw new ConfigError(`--pod-cidr ${podCidr} and --service-cidr ${serviceCidr} overlap`);
  return Object.freeze({ podCidr, serviceCidr });
}

function checkedName(flag: string, name: string): string {
  if (HOST.test(name) || /^[0-9a-fA-F:]+$/.test(name)) return name;
  throw new ConfigError(`${flag} takes a host name or address, not ${JSON.stringify(name)}`);
}

const SECONDS_MAX = 86_400;

const milliseconds = (seconds: number | undefined): number | undefined =>
  seconds === undefined ? undefined : seconds * 1000;

function secondsOf(flag: string, text: string | undefined, min: number): number | undefined {
  if (text === undefined) return undefined;
  const seconds = Number(text);
  if (Number.isInteger(seconds) && seconds >= min && seconds <= SECONDS_MAX) return seconds;
  throw new ConfigError(
    `${flag} takes a whole number of seconds from ${min} to ${SECONDS_MAX}, not ${JSON.stringify(text)}`,
  );
}
