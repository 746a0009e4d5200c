/** `skerry run`: a wasm file becomes a Deployment and a Service; prints where it answers. */
import { basename } from 'node:path';
import { rolledOut, waitFor, whyNotReady } from '../cluster/wait.ts';
import { type Command, type Context, type Input, UsageError } from '../command.ts';
import { CONNECT_OPTIONS, connect, type Session } from '../connect.ts';
import { type App, manifestsOf, urlOf } from '../deploy.ts';
import { createSteps } from '../print/steps.ts';
import { applyAll } from './apply.ts';
import { pushFile } from './push.ts';
import { waitMilliseconds } from './up.ts';

const REPLICAS_MAX = 10_000;

export const command: Command = {
  name: 'run',
  summary: 'Push a wasm file, deploy it, and print its URL',
  operands: 'FILE.wasm',
  options: {
    ...CONNECT_OPTIONS,
    name: { value: 'NAME', description: "Name of Deployment and Service; the file's when absent" },
    port: { value: 'P', default: '8080', description: 'Port that the module is served on inside the pod' },
    replicas: { value: 'N', default: '1', description: 'Pods' },
    wait: { value: 'TIME', default: '30s', description: 'How long to wait for the rollout' },
  },
  run,
};

async function run(input: Input, context: Context): Promise<number> {
  const [file] = input.operands;
  if (file === undefined || input.operands.length > 1) throw new UsageError('one FILE.wasm is needed');
  const name = input.text('name') ?? nameFrom(file);
  const app: App = {
    name,
    image: `${name}:${context.platform.clock.now().toString(36)}`,
    replicas: input.number('replicas', 0, REPLICAS_MAX)!,
    port: input.number('port', 1, 65_535)!,
  };
  const session = await connect(input, context);
  try {
    await deploy(app, file, session, context, waitMilliseconds(input.text('wait')!));
    return 0;
  } finally {
    session.close();
  }
}

async function deploy(app: App, file: string, session: Session, context: Context, waitMs: number): Promise<void> {
  const { clock } = context.platform;
  const steps = createSteps(context.terminal, clock);
  const key = { namespace: session.namespace, name: app.name };
  await steps.step('push', () => pushFile(session, file, app.image));
  await steps.step('apply', async () => {
    const lines: string[] = [];
    await applyAll(manifestsOf(app), session, line => lines.push(line));
    return lines.join('; ');
  });
  await steps.step('rollout', async () => {
    const describe = async () =>
      `${app.name} was not rolled out${await whyNotReady(session.client, session.namespace, `app=${app.name}`)}`;
    await waitFor(() => rolledOut(session.client, key), { clock, waitMs, describe, signal: context.signal });
    return `${app.replicas}/${app.replicas} ready`;
  });
  context.terminal.out(`\n ${await urlOf(session, key)}`);
}

/** `dist/My_App.wasm` → `my-app`. */
function nameFrom(file: string): string {
  const name = basename(file)
    .replace(/\.wasm$/, '')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '');
  if (!/^[a-z]/.test(name))
    throw new UsageError(`give it a name with --name: ${basename(file)} has none that Kubernetes would take`);
  return name;
}
