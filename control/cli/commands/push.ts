/** `skerry push`: a wasm file into the cluster's own registry. */
import { readFile } from 'node:fs/promises';
import { pushModule } from '../../registry/push.ts';
import { type Command, CommandError, type Context, type Input, UsageError } from '../command.ts';
import { CONNECT_OPTIONS, connect, type Session } from '../connect.ts';

export const command: Command = {
  name: 'push',
  summary: "Put a wasm module or component into the cluster's registry",
  operands: 'FILE REF',
  options: { kubeconfig: CONNECT_OPTIONS.kubeconfig, context: CONNECT_OPTIONS.context },
  notes: 'Example: skerry push app.wasm app:v1     then use `image: app:v1` in a pod.',
  run: push,
};

async function push(input: Input, context: Context): Promise<number> {
  const [file, reference] = input.operands;
  if (file === undefined || reference === undefined) throw new UsageError('FILE and REF are needed');
  const session = await connect(input, context);
  try {
    context.terminal.out(await pushFile(session, file, reference));
    return 0;
  } finally {
    session.close();
  }
}

/** Answers `REF@DIGEST  SIZE`. */
export const pushFile = async (session: Session, file: string, reference: string): Promise<string> => {
  const bytes = await readFile(file).catch(error => {
    throw new CommandError(`cannot read ${file}: ${(error as Error).message}`);
  });
  if (bytes.length < 8 || bytes.readUInt32LE(0) !== 0x6d736100)
    throw new CommandError(`${file} is not a WebAssembly module`);
  const digest = await pushModule({ transport: session.transport, reference, bytes });
  return `${reference}@${digest}  ${(bytes.length / 1024).toFixed(1)} KiB`;
};
