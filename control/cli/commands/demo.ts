/**
 * `skerry demo`, which is also `npm start`: the whole main job on real processes, step by step with times. A cluster of
 * one server and two agents comes up, a wasm module is pushed and rolled out three times, and a Service in front of it
 * answers from outside. Ends with everything stopped, or with `--keep` with everything running.
 */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Pod } from '../../kinds/pod.ts';
import type { Key } from '../../machinery/meta.ts';
import { PODS } from '../../machinery/resources.ts';
import { lastLines } from '../cluster/processes.ts';
import { type ClusterRecord, readRecord } from '../cluster/record.ts';
import { PREFERRED_PORT } from '../cluster/start.ts';
import { stopCluster } from '../cluster/stop.ts';
import { rolledOut, waitFor, whyNotReady } from '../cluster/wait.ts';
import { type Command, CommandError, type Context, type Input } from '../command.ts';
import { connectWith, type Session } from '../connect.ts';
import { type App, getText, manifestsOf, urlOf } from '../deploy.ts';
import { createSteps, type Steps } from '../print/steps.ts';
import { applyAll } from './apply.ts';
import { tableText } from './get.ts';
import { pushFile } from './push.ts';
import { bringUp } from './up.ts';

const CLUSTER = 'demo';
const AGENTS = 2;
const REQUESTS = 10;
const WAIT_MS = 30_000;
const LOG_LINES_SHOWN = 20;
const APP: App = { name: 'hello-http', image: 'hello-http:demo', replicas: 3, port: 8080 };

export const command: Command = {
  name: 'demo',
  summary: 'Show the whole main job on a local cluster, then stop it',
  operands: '',
  options: { keep: { description: 'Leave the cluster running' } },
  run: demo,
};

async function demo(input: Input, context: Context): Promise<number> {
  const keep = input.on('keep');
  const steps = createSteps(context.terminal, context.platform.clock);
  try {
    await show(steps, context, keep);
  } catch (error) {
    const logs = await failureLogs(context);
    await takeDown(context);
    throw new CommandError(`${(error as Error).message}${logs}`);
  }
  if (!keep) await steps.step('stop', () => takeDown(context).then(() => 'server and agents ended'));
  context.terminal.out(`\n total ${steps.total()}`);
  return 0;
}

async function show(steps: Steps, context: Context, keep: boolean): Promise<void> {
  const module = moduleFile(context);
  module.catch(() => {}); // Told by the step that waits for it; the cluster may fail first.
  const cluster = await bringUp(
    { name: CLUSTER, agents: AGENTS, port: PREFERRED_PORT, waitMs: WAIT_MS, switchContext: keep },
    context,
    steps,
  );
  const session = await connectWith(cluster.kubeconfig, context);
  try {
    await steps.step('module', async () => {
      const file = await module;
      return file.built ? `built ${file.path}` : file.path;
    });
    await steps.step('push', async () => pushFile(session, (await module).path, APP.image));
    await deployAndCall(steps, session, context);
    await tellHow(session, cluster, context, keep);
  } finally {
    session.close();
  }
}

async function deployAndCall(steps: Steps, session: Session, context: Context): Promise<void> {
  const key: Key = { namespace: session.namespace, name: APP.name };
  const { clock } = context.platform;
  await steps.step('apply', async () => {
    const lines: string[] = [];
    await applyAll(manifestsOf(APP), session, line => lines.push(line));
    return lines.join(', ');
  });
  await steps.step('rollout', async () => {
    const describe = async () =>
      `the deployment was not rolled out${await whyNotReady(session.client, session.namespace, `app=${APP.name}`)}`;
    await waitFor(() => rolledOut(session.client, key), { clock, waitMs: WAIT_MS, describe, signal: context.signal });
    return `${APP.replicas}/${APP.replicas} pods ready`;
  });
  await steps.step('requests', async () => {
    const url = await urlOf(session, key);
    const answers: string[] = [];
    for (let i = 0; i < REQUESTS; i++) {
      const { status, body } = await getText(url, clock);
      if (status !== 200) throw new CommandError(`request ${i + 1} to ${url} was answered with ${status}: ${body}`);
      answers.push(body.trim());
    }
    return `${REQUESTS} × 200 from ${url}\n${tally(answers)}`;
  });
}

/** Which pod answered how often. */
function tally(answers: readonly string[]): string {
  const counts = new Map<string, number>();
  for (const answer of answers) counts.set(answer, (counts.get(answer) ?? 0) + 1);
  return [...counts].map(([answer, count]) => `${String(count).padStart(3)} × ${answer}`).join('\n');
}

async function tellHow(session: Session, cluster: ClusterRecord, context: Context, keep: boolean): Promise<void> {
  const { terminal } = context;
  const table = await session.client.raw(`/api/v1/namespaces/${session.namespace}/pods`, {
    headers: { accept: 'application/json;as=Table;v=v1;g=meta.k8s.io' },
  });
  terminal.out(
    `\n${tableText((await table.json()) as Parameters<typeof tableText>[0], { wide: true, namespaces: false })}`,
  );
  const { items } = await session.client.list<Pod>(PODS, {
    namespace: session.namespace,
    labelSelector: `app=${APP.name}`,
  });
  const name = items[0]!.metadata.name;
  const log = await session.client.raw(`/api/v1/namespaces/${session.namespace}/pods/${name}/log?tailLines=5`);
  terminal.out(`\nlog of ${name}:\n${(await log.text()).trimEnd()}`);
  const url = await urlOf(session, { namespace: session.namespace, name: APP.name });
  terminal.out(`\nreach it    curl ${url}`);
  terminal.out(`kubectl     kubectl --kubeconfig ${cluster.kubeconfig} get pods -o wide`);
  if (!keep) terminal.out('stay        npm start -- --keep     leaves the cluster up\n');
}

/** The hello module: as shipped, or built from its source, which starts while the cluster does. */
async function moduleFile(context: Context): Promise<{ path: string; built: boolean }> {
  const apps = [import.meta.dirname + '/../../../wasm-apps', import.meta.dirname + '/../../../../wasm-apps'].find(
    existsSync,
  );
  if (apps === undefined) throw new CommandError('the package has no wasm-apps folder');
  const path = join(apps, APP.name, 'build', `${APP.name}.wasm`);
  if (existsSync(path)) return { path, built: false };
  const [program, ...before] = context.self.slice(0, -1);
  const build = [...before, join(apps, 'build.ts'), APP.name];
  await promisify(execFile)(program!, build, { signal: context.signal }).catch(error => {
    throw new CommandError(
      `building ${APP.name} failed: ${(error as { stderr?: string }).stderr || (error as Error).message}`,
    );
  });
  return { path, built: true };
}

async function failureLogs(context: Context): Promise<string> {
  const record = await readRecord(context, CLUSTER);
  return (record?.processes ?? []).map(p => `\n--- ${p.name}: ${p.log}\n${lastLines(p.log, LOG_LINES_SHOWN)}`).join('');
}

async function takeDown(context: Context): Promise<void> {
  const record = await readRecord(context, CLUSTER);
  if (record !== undefined) await stopCluster(record, context, { keep: false });
}
