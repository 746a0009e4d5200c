/**
 * Variables that tell a container of the Services of its namespace, as the kubelet sets them (`WEB_SERVICE_HOST`, and the
 * links that Docker had). Pure. Called for each container start.
 */
import type { Service } from '../../control/kinds/service.ts';
import type { ServicePort } from '../../control/kinds/types/service.ts';

/** `master` is the `kubernetes` Service of `default`, which every namespace gets. */
export function serviceEnv(services: readonly Service[], master: Service | undefined): Record<string, string> {
  const env: Record<string, string> = {};
  const own = services.some(service => service.metadata.name === 'kubernetes');
  for (const service of [...(master && !own ? [master] : []), ...services]) Object.assign(env, variablesOf(service));
  return env;
}

function variablesOf({ metadata, spec = {} }: Service): Record<string, string> {
  const { clusterIP: host, ports = [] } = spec;
  const [first] = ports;
  if (!host || host === 'None' || spec.type === 'ExternalName' || !first) return {};
  const name = upper(metadata.name);
  const env: Record<string, string> = {
    [`${name}_SERVICE_HOST`]: host,
    [`${name}_SERVICE_PORT`]: String(first.port),
    [`${name}_PORT`]: url(host, first),
  };
  for (const port of ports) {
    const protocol = port.protocol ?? 'TCP';
    const link = `${name}_PORT_${port.port}_${protocol}`;
    if (port.name) env[`${name}_SERVICE_PORT_${upper(port.name)}`] = String(port.port);
    env[link] = url(host, port);
    env[`${link}_PROTO`] = protocol.toLowerCase();
    env[`${link}_PORT`] = String(port.port);
    env[`${link}_ADDR`] = host;
  }
  return env;
}

const upper = (text: string): string => text.toUpperCase().replaceAll('-', '_');

const url = (host: string, { protocol = 'TCP', port }: ServicePort): string =>
  `${protocol.toLowerCase()}://${host}:${port}`;
