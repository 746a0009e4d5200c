/**
 * Starts one container: image, configuration, sandbox. Called by the pod's worker, one container at a time.
 *
 * Always: the record says what happened, with Kubernetes' reasons and Events; an error here never leaves this file; a
 * sandbox that was started is in `run.running` until its record says how it ended.
 */
import type { Pod } from '../control/kinds/pod.ts';
import type { Container } from '../control/kinds/types/container.ts';
import { milliValue, parseQuantity, wholeValue } from '../control/machinery/quantity.ts';
import {
  type Exit,
  type Limits,
  type LoadedModule,
  RuntimeError,
  type Sandbox,
  type SandboxSpec,
} from '../runtime/sandbox.ts';
import { configError, SetupError } from './config-error.ts';
import { terminatedOf } from './container-exit.ts';
import { beginProbes } from './container-probes.ts';
import { argumentsOf, environmentOf } from './environment.ts';
import { withHostAliases } from './host-aliases.ts';
import { ImageError } from './image-error.ts';
import { pullImage } from './image-pull.ts';
import type { PulledImage } from './images.ts';
import { afterStart } from './lifecycle.ts';
import { graceOf } from './pod-actions.ts';
import {
  containerEvent,
  containerOf,
  factsOf,
  logDirectory,
  type NodeContext,
  nowText,
  type PodRun,
  podDirectory,
  type RunningContainer,
} from './pod-run.ts';
import { stopOne } from './pod-stop.ts';
import type { ContainerRecord } from './record.ts';
import { next } from './restart.ts';
import { makeMessageFile, messageOf } from './termination-message.ts';
import { refusalOf } from './unsupported.ts';
import { mountsOf } from './volumes/lay-out.ts';

/** A configuration that was refused is tried again after this long, or when an object it names changes. */
const CONFIG_RETRY_MS = 10_000;
const HTTP_PORT_DEFAULT = 8080;
const CLUSTER_DOMAIN = 'cluster.local';

export async function startContainer(run: PodRun, name: string): Promise<void> {
  const record = run.records.get(name)!;
  const container = containerOf(run, name);
  countRestart(run, record);
  try {
    const refused = refusalOf(run.pod, name);
    if (refused) return refuse(run, record, configError(refused), Number.POSITIVE_INFINITY);
    const image = await pullImage(run, container, record);
    if (!image || run.ending.signal.aborted) return;
    const made = await sandboxSpec(run, container, record, image);
    if (run.ending.signal.aborted) return;
    await launch(run, container, record, image, made);
  } catch (error) {
    if (!run.ending.signal.aborted) refuse(run, record, error);
  }
}

/** A start that follows a run is a restart: the run before is remembered, the next wait grows. */
function countRestart({ node }: PodRun, record: ContainerRecord): void {
  const now = node.clock.now();
  if (record.state.is === 'terminated') record.last = record.state.end;
  else if (!record.restarting) return;
  record.restarting = false;
  record.restartCount++;
  record.backOff = next(record.backOff, record.finishedMs ?? now, now);
  record.state = { is: 'waiting', reason: 'ContainerCreating' };
}

async function sandboxSpec(run: PodRun, container: Container, record: ContainerRecord, image: PulledImage) {
  const { node, pod } = run;
  const facts = factsOf(run);
  const namespace = pod.metadata.namespace ?? '';
  const services = node.network.serviceEnv(namespace);
  const own = await environmentOf(container, { facts, objects: node.objects, serviceEnv: services });
  const env = { ...imageEnvironment(image), HOSTNAME: hostnameOf(pod), ...own };
  const context = { files: node.files, directory: podDirectory(run), facts, objects: node.objects, token: node.token };
  const mounts = await mountsOf(container, context, env);
  const module = await loadModule(run, image);
  const message = await makeMessageFile(run, container, module, mounts);
  const log = await node.logs.begin(logDirectory(run, container.name), record.restartCount);
  const ip = run.ip ?? node.hostIP;
  const spec: Omit<SandboxSpec, 'stdout' | 'stderr'> & { log: typeof log } = {
    name: `${namespace}/${pod.metadata.name}/${container.name}`,
    module,
    args: argumentsOf(container, image, env),
    env,
    mounts: message ? [...mounts, message.mount] : mounts,
    limits: limitsOf(container, node.allocatable),
    listen:
      module.world === 'http' ? { host: node.addresses.hostAlias(ip), port: servedPort(container, env) } : undefined,
    network: withHostAliases(node.network.network({ namespace, name: pod.metadata.name, ip, uid: run.uid }), pod),
    log,
  };
  return { spec, module, messagePath: message?.path };
}

const loadModule = async ({ node, engine }: PodRun, image: PulledImage): Promise<LoadedModule> =>
  node.runtime.load(image.digest, await node.images.read(image), engine);

function hostnameOf({ metadata, spec }: Pod): string {
  const name = spec.hostname ?? metadata.name;
  const full = spec.setHostnameAsFQDN && spec.subdomain;
  return full ? `${name}.${spec.subdomain}.${metadata.namespace}.svc.${CLUSTER_DOMAIN}` : name;
}

const imageEnvironment = ({ config }: PulledImage): Record<string, string> =>
  Object.fromEntries((config.Env ?? []).map(pair => pair.split(/=(.*)/s).slice(0, 2) as [string, string]));

/** Without a limit it is the node's memory that ends: then the kernel would end the agent, and all pods with it. */
function limitsOf({ resources }: Container, allocatable: NodeContext['allocatable']): Limits {
  const memory = resources?.limits?.['memory'] ?? allocatable['memory'];
  const cpu = resources?.requests?.['cpu'] ?? resources?.limits?.['cpu'];
  return {
    memoryBytes: memory === undefined ? undefined : wholeValue(parseQuantity(memory)),
    cpuMillis: cpu === undefined ? undefined : milliValue(parseQuantity(cpu)),
  };
}

const servedPort = ({ ports }: Container, env: Readonly<Record<string, string>>): number =>
  ports?.[0]?.containerPort ?? (Number(env['PORT']) || HTTP_PORT_DEFAULT);

type Made = Awaited<ReturnType<typeof sandboxSpec>>;

async function launch(
  run: PodRun,
  container: Container,
  record: ContainerRecord,
  image: PulledImage,
  { module, messagePath, spec: { log, ...spec } }: Made,
): Promise<void> {
  const { name } = container;
  record.containerID = `skerry://${Buffer.from(run.node.dice.bytes(32)).toString('hex')}`;
  let sandbox: Sandbox;
  try {
    containerEvent(run, name, 'Normal', 'Created', `Created container: ${name}`);
    const stdout = (chunk: Uint8Array) => log.write('stdout', chunk);
    const stderr = (chunk: Uint8Array) => log.write('stderr', chunk);
    sandbox = await run.node.runtime.start({ ...spec, stdout, stderr });
  } catch (error) {
    await log.end();
    throw error;
  }
  const startedAt = nowText(run);
  const stopProbes = new AbortController();
  const exited = sandbox.exited.catch((error): Exit => ({ code: 1, reason: 'failed', message: textOf(error) }));
  const running: RunningContainer = {
    container,
    sandbox,
    module,
    image,
    log,
    stopProbes,
    messagePath,
    startedAt,
    ended: Promise.resolve(),
  };
  // Before it is ready its exit is not yet anybody's business: the order of the two is fixed below.
  const ready = sandbox.ready.then(
    () => undefined,
    (error: unknown) => error,
  );
  const failed = await Promise.race([ready, exited.then(() => undefined)]);
  if (failed !== undefined) {
    await sandbox.kill().catch(() => {});
    await log.end();
    if (failed instanceof RuntimeError && failed.code === 'address-in-use' && run.running.size === 0) moveAway(run);
    return crash(run, record, startedAt, failed);
  }
  run.running.set(name, running);
  record.state = { is: 'running', startedAt };
  containerEvent(run, name, 'Normal', 'Started', `Started container ${name}`);
  beginProbes(run, running);
  running.ended = exited.then(exit => finish(run, running, record, exit));
  if (!(await afterStart(run, running))) void stopOne(run, running, graceOf(run.pod) * 1000);
  run.wake();
}

async function finish(run: PodRun, running: RunningContainer, record: ContainerRecord, exit: Exit): Promise<void> {
  running.stopProbes.abort();
  await running.log.end().catch(error => run.node.log('warn', 'a log was not closed', { error: String(error) }));
  const { container, messagePath } = running;
  const failed = exit.code !== 0;
  const words = await messageOf(run, container, { path: messagePath, restartCount: record.restartCount, failed });
  run.running.delete(record.name);
  record.started = false;
  record.ready = false;
  record.finishedMs = run.node.clock.now();
  const about = { startedAt: running.startedAt, finishedAt: nowText(run), containerID: record.containerID! };
  record.state = { is: 'terminated', end: terminatedOf(exit, about, words) };
  run.wake();
}

/** Some other program of this box has this address: the pod, of which nothing runs yet, takes another. */
function moveAway(run: PodRun): void {
  if (run.pod.spec.hostNetwork) return;
  run.node.addresses.release(run.uid);
  run.ip = undefined;
  run.volumesStale = true;
}

/** It was created but could not run (its port is taken, its start function traps): as a process that dies at once. */
function crash(run: PodRun, record: ContainerRecord, startedAt: string, error: unknown): void {
  const message = textOf(error);
  containerEvent(run, record.name, 'Warning', 'Failed', `Error: ${message}`);
  const exit: Exit = { code: 128, reason: 'failed', message };
  record.finishedMs = run.node.clock.now();
  const about = { startedAt, finishedAt: nowText(run), containerID: record.containerID! };
  record.state = { is: 'terminated', end: terminatedOf(exit, about) };
}

/** It was never created: the container waits, with the reason, and is tried again. */
function refuse(run: PodRun, record: ContainerRecord, error: unknown, waitMs = CONFIG_RETRY_MS): void {
  const reason =
    error instanceof SetupError ? error.reason : error instanceof ImageError ? 'ErrImagePull' : 'CreateContainerError';
  if (!(error instanceof SetupError || error instanceof RuntimeError || error instanceof ImageError))
    run.node.log('error', 'a container could not be created', {
      container: record.name,
      error: String((error as Error)?.stack ?? error),
    });
  const message = textOf(error);
  containerEvent(run, record.name, 'Warning', 'Failed', `Error: ${message}`);
  record.state = { is: 'waiting', reason, message, retryAt: run.node.clock.now() + waitMs };
}

const textOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
