/** `skerry logs`: what a container printed. */

import { errorFrom } from '../../client/errors.ts';
import type { Pod } from '../../kinds/pod.ts';
import { PODS } from '../../machinery/resources.ts';
import { type Command, type Context, type Input, UsageError } from '../command.ts';
import { CONNECT_OPTIONS, connect, type Session } from '../connect.ts';

export const command: Command = {
  name: 'logs',
  summary: 'Print what a container of a pod has printed',
  operands: 'POD',
  options: {
    ...CONNECT_OPTIONS,
    follow: { short: 'f', description: 'Go on printing as lines come' },
    container: { value: 'NAME', short: 'c', description: 'Container; the first one when absent' },
    tail: { value: 'N', description: 'Only the last N lines' },
    previous: { short: 'p', description: 'The run before the last restart' },
    timestamps: { description: 'Put the time before each line' },
  },
  run: logs,
};

async function logs(input: Input, context: Context): Promise<number> {
  const [typed] = input.operands;
  if (typed === undefined || input.operands.length > 1) throw new UsageError('one pod name is needed');
  const session = await connect(input, context);
  try {
    await print(session, typed.replace(/^pods?\//, ''), input, context);
    return 0;
  } finally {
    session.close();
  }
}

async function print(session: Session, name: string, input: Input, context: Context): Promise<void> {
  const found = await session.client.get<Pod>(PODS, { namespace: session.namespace, name });
  const query = new URLSearchParams({ container: input.text('container') ?? found.spec.containers[0]!.name });
  const tail = input.number('tail', 0, 1_000_000_000);
  if (tail !== undefined) query.set('tailLines', String(tail));
  for (const flag of ['follow', 'previous', 'timestamps']) if (input.on(flag)) query.set(flag, 'true');
  const path = `/api/v1/namespaces/${session.namespace}/pods/${name}/log?${query}`;
  const response = await session.client.raw(path, { signal: context.signal });
  if (!response.ok) throw await errorFrom(response);
  const decoder = new TextDecoder();
  for await (const chunk of response.body ?? [])
    context.terminal.write(decoder.decode(chunk as Uint8Array, { stream: true }));
}
