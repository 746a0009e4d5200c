/**
 * Probes and lifecycle actions of containers.
 */
import {
  array,
  embedded,
  enumeration,
  int32,
  int64,
  intOrString,
  object,
  optional,
  pointer,
  required,
  type Static,
  string,
} from '../schema.ts';

const ExecAction = object('io.k8s.api.core.v1.ExecAction', 'Runs a command; exit code 0 is success.', {
  command: optional(1, array(string(), { type: 'atomic' })),
});

const HTTPHeader = object('io.k8s.api.core.v1.HTTPHeader', 'A header to send with a probe.', {
  name: required(1, string()),
  value: required(2, string()),
});

const HTTPGetAction = object('io.k8s.api.core.v1.HTTPGetAction', 'Asks by HTTP; 200 to 399 is success.', {
  path: optional(1, string(), { default: '/', description: 'Path to ask for.' }),
  port: required(2, intOrString(), 'Number or name of the port.'),
  host: optional(3, string(), 'Host to ask; the pod when absent.'),
  scheme: optional(4, enumeration('HTTP', 'HTTPS'), { default: 'HTTP', description: 'HTTP or HTTPS.' }),
  httpHeaders: optional(5, array(HTTPHeader, { type: 'atomic' }), 'Headers to send.'),
});

const TCPSocketAction = object('io.k8s.api.core.v1.TCPSocketAction', 'Opens a connection; success when it opens.', {
  port: required(1, intOrString(), 'Number or name of the port.'),
  host: optional(2, string()),
});

const GRPCAction = object('io.k8s.api.core.v1.GRPCAction', 'Asks the gRPC health service.', {
  port: required(1, int32()),
  service: pointer(2, string(), { default: '' }),
});

/** One of these is set; they are fields of the probe itself in JSON, a message of their own in protobuf. */
const probeHandler = {
  exec: pointer(1, ExecAction, 'Run a command in the container.'),
  httpGet: pointer(2, HTTPGetAction, 'Ask by HTTP.'),
  tcpSocket: pointer(3, TCPSocketAction, 'Open a TCP connection.'),
  grpc: pointer(4, GRPCAction, 'Ask the gRPC health service.'),
};

export const Probe = object('io.k8s.api.core.v1.Probe', 'A check that is made again and again on a container.', {
  ...embedded(1, probeHandler),
  initialDelaySeconds: optional(2, int32(), 'Seconds after start before the first check.'),
  timeoutSeconds: optional(3, int32(), { default: 1, description: 'Seconds after which a check has failed.' }),
  periodSeconds: optional(4, int32(), { default: 10, description: 'Seconds between checks.' }),
  successThreshold: optional(5, int32(), { default: 1, description: 'Successes in a row that count as success.' }),
  failureThreshold: optional(6, int32(), { default: 3, description: 'Failures in a row that count as failure.' }),
  terminationGracePeriodSeconds: pointer(7, int64(), 'Seconds the container gets to stop when this probe kills it.'),
});
export type Probe = Static<typeof Probe>;

const SleepAction = object('io.k8s.api.core.v1.SleepAction', 'Waits for some seconds.', {
  seconds: required(1, int64()),
});

export const LifecycleHandler = object(
  'io.k8s.api.core.v1.LifecycleHandler',
  'One lifecycle action; exactly one is set.',
  {
    exec: pointer(1, ExecAction),
    httpGet: pointer(2, HTTPGetAction),
    tcpSocket: pointer(3, TCPSocketAction),
    sleep: pointer(4, SleepAction),
  },
);
export type LifecycleHandler = Static<typeof LifecycleHandler>;

export const Lifecycle = object(
  'io.k8s.api.core.v1.Lifecycle',
  'What to do right after a container starts and right before it stops.',
  {
    postStart: pointer(1, LifecycleHandler, 'Right after the container was created.'),
    preStop: pointer(2, LifecycleHandler, 'Before the container is asked to stop.'),
  },
);
export type Lifecycle = Static<typeof Lifecycle>;
