/**
 * The agent's flags, read once into one frozen Config. Errors say which flag, and what it wants. Called by main.
 */
export interface AgentConfig {
  /** `https://host:port` */
  server: string;
  /** Needed for the first start only: afterwards the certificate in `directory` is used. */
  token: string | undefined;
  name: string;
  directory: string;
  nodeIp: string | undefined;
  labels: Readonly<Record<string, string>>;
  maxPods: number;
  heartbeatSeconds: number;
  hostListeners: boolean;
  /** How long containers may take to end when the agent is stopped. */
  stopSeconds: number;
}

export class ConfigError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'ConfigError';
  }
}

/** One table for parsing, errors and `--help`; the command line reads it. */
export const AGENT_OPTIONS = {
  server: { value: 'URL', description: 'The cluster: https://10.0.0.5:6443' },
  token: { value: 'TOKEN', description: 'Join token; needed until this box has its certificate' },
  'token-file': { value: 'FILE', description: 'Reads the join token from a file' },
  name: { value: 'NAME', description: "Name of the node; the host's name when not given" },
  state: { value: 'DIR', default: '/var/lib/skerry/agent', description: 'Certificates, modules, pods and logs' },
  'node-ip': { value: 'IP', description: 'Address that others reach this box by; found when not given' },
  labels: { value: 'K=V,…', description: 'Labels of the node' },
  'max-pods': { value: 'N', default: '110', description: 'No more pods than this' },
  heartbeat: { value: 'SECONDS', default: '10', description: 'How often the node says that it is alive' },
  'host-listeners': { value: 'on|off', default: 'on', description: 'Serve ClusterIPs and NodePorts on this box' },
  'stop-grace': { value: 'SECONDS', default: '5', description: 'How long pods may take to end with the agent' },
} as const;

const NODE_NAME = /^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/;

/** `text` answers an option's value or its default; `tokenFile`, a file's content. Throws ConfigError. */
export function configOf(
  text: (name: keyof typeof AGENT_OPTIONS) => string | undefined,
  { hostname, token }: { hostname: string; token: string | undefined },
): AgentConfig {
  const name = text('name') ?? hostname.toLowerCase();
  if (!NODE_NAME.test(name))
    throw new ConfigError(`--name ${JSON.stringify(name)} is no node name: use a-z, 0-9, - and .`);
  const listeners = text('host-listeners') ?? 'on';
  if (listeners !== 'on' && listeners !== 'off')
    throw new ConfigError(`--host-listeners takes on or off, not ${JSON.stringify(listeners)}`);
  return Object.freeze({
    server: checkedServer(text('server')),
    token: text('token') ?? token,
    name,
    directory: text('state') ?? AGENT_OPTIONS.state.default,
    nodeIp: text('node-ip'),
    labels: parseLabels(text('labels')),
    maxPods: count('--max-pods', text('max-pods'), 110),
    heartbeatSeconds: count('--heartbeat', text('heartbeat'), 10),
    hostListeners: listeners === 'on',
    stopSeconds: count('--stop-grace', text('stop-grace'), 5),
  });
}

function checkedServer(server: string | undefined): string {
  if (!server) throw new ConfigError('--server is missing: the address of the cluster, e.g. https://10.0.0.5:6443');
  const url = URL.parse(server);
  if (url?.protocol !== 'https:') throw new ConfigError(`--server ${JSON.stringify(server)} is no https:// address`);
  return url.origin;
}

function count(flag: string, text: string | undefined, otherwise: number): number {
  if (text === undefined) return otherwise;
  const value = Number(text);
  if (!(value > 0)) throw new ConfigError(`${flag} takes a number above 0, not ${JSON.stringify(text)}`);
  return value;
}

function parseLabels(text: string | undefined): Record<string, string> {
  const labels: Record<string, string> = {};
  for (const pair of text?.split(',').filter(Boolean) ?? []) {
    const [key, value, ...more] = pair.split('=');
    if (!key || value === undefined || more.length > 0)
      throw new ConfigError(`--labels takes KEY=VALUE pairs with commas between them, not ${JSON.stringify(pair)}`);
    labels[key] = value;
  }
  return labels;
}
