/** `skerry down`: stops a local cluster and removes what it wrote. Stopping what is not there is no error. */
import { DEFAULT_NAME, listClusters, readRecord } from '../cluster/record.ts';
import { stopCluster } from '../cluster/stop.ts';
import type { Command, Context, Input } from '../command.ts';

export const command: Command = {
  name: 'down',
  summary: 'Stop a local cluster',
  operands: '[NAME]',
  options: {
    all: { description: 'Every local cluster of this state folder' },
    keep: { description: 'Keep its data; `skerry up` starts it again as it was' },
  },
  run: down,
};

async function down(input: Input, context: Context): Promise<number> {
  const name = input.operands[0] ?? DEFAULT_NAME;
  const records = input.on('all') ? await listClusters(context) : [await readRecord(context, name)];
  for (const record of records) {
    if (record === undefined) {
      context.terminal.out(`no cluster "${name}" in ${context.directory}`);
      continue;
    }
    await stopCluster(record, context, { keep: input.on('keep') });
    const kept = input.on('keep') ? `; its data stays in ${record.folder}` : '';
    const restored = record.switched?.previous ? `; kubectl context is ${record.switched.previous} again` : '';
    context.terminal.out(`stopped "${record.name}"${restored}${kept}`);
  }
  return 0;
}
