/** `skerry kubeconfig`: the admin kubeconfig of a local cluster, its content or its path. */
import { DEFAULT_NAME, readRecord } from '../cluster/record.ts';
import { type Command, CommandError, type Context, type Input } from '../command.ts';

export const command: Command = {
  name: 'kubeconfig',
  summary: 'Print the kubeconfig of a local cluster',
  operands: '[NAME]',
  options: { path: { description: "Print the file's path instead of its content" } },
  notes: 'Example: export KUBECONFIG=$(skerry kubeconfig --path)',
  run: kubeconfig,
};

async function kubeconfig(input: Input, context: Context): Promise<number> {
  const name = input.operands[0] ?? DEFAULT_NAME;
  const record = await readRecord(context, name);
  if (record === undefined)
    throw new CommandError(`no cluster "${name}" in ${context.directory}; \`skerry up ${name}\` starts one`);
  if (input.on('path')) context.terminal.out(record.kubeconfig);
  else context.terminal.out(new TextDecoder().decode(await context.platform.files.read(record.kubeconfig)).trimEnd());
  return 0;
}
