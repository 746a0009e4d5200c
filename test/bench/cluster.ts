/**
 * What a small box pays: memory of an idle server and agent, what each pod adds, CPU and disk of an idle cluster, and the
 * time from creating a pod to Ready with the module in the agent's cache.
 *
 *   node test/bench/cluster.ts
 */
import { readFileSync } from 'node:fs';
import { connectionOf } from '../../control/cli/kubeconfig.ts';
import { readKubeconfig } from '../../control/cli/kubeconfig-file.ts';
import { createClient } from '../../control/client/rest.ts';
import { type Pod, pod } from '../../control/kinds/pod.ts';
import { createTlsTransport } from '../../control/platform/http-transport.ts';
import { pushApp, startCluster } from '../lib/cluster.ts';

const IDLE_SECONDS = 20;
const STARTS = 20;
const PODS = 20;

const warm = await startCluster('bench'); // Fills the compile cache, as the second start of a box finds it.
await warm.skerry('down', '--all');
const again = await warm.skerry('up', 'bench', '--no-switch');
if (again.code !== 0) throw new Error(again.err);
const cluster = warm;
try {
  await pushApp(cluster, 'hello-http');
  const processes = cluster.record().processes;
  const before = processes.map(p => usage(p.pid));
  await sleep(IDLE_SECONDS * 1000);
  console.log(`idle for ${IDLE_SECONDS} s, after \`skerry up\` (1 server, 2 agents, no pods)`);
  processes.forEach((p, i) => {
    const now = usage(p.pid);
    const cpu = ((now.cpuTicks - before[i]!.cpuTicks) * 10) / IDLE_SECONDS;
    const disk = (now.writtenBytes - before[i]!.writtenBytes) / IDLE_SECONDS;
    console.log(
      `  ${p.name.padEnd(9)} ${now.rssMiB.toFixed(0)} MiB resident (${now.privateMiB.toFixed(0)} private), ${cpu.toFixed(1)} ms CPU/s, ${disk.toFixed(0)} B/s to disk`,
    );
  });

  const found = connectionOf(await readKubeconfig(cluster.kubeconfig), undefined, () => '');
  if ('missing' in found) throw new Error(found.missing);
  const transport = createTlsTransport(found);
  const client = createClient({ transport, userAgent: 'bench' });
  const key = (name: string) => ({ namespace: 'default', name });
  const create = (name: string) => client.create<Pod>(pod, podNamed(name), { namespace: 'default' });

  await Promise.all(
    ['warm-a', 'warm-b', 'warm-c', 'warm-d'].map(async name =>
      readyAfter(name, await create(name).then(() => performance.now())),
    ),
  );
  const times: number[] = [];
  for (let i = 0; i < STARTS; i++) {
    const begun = performance.now();
    await create(`start-${i}`);
    times.push(await readyAfter(`start-${i}`, begun));
    await client.delete(pod, key(`start-${i}`), { gracePeriodSeconds: 0 });
  }
  times.sort((a, b) => a - b);
  console.log(
    `create → Ready, module cached, ${STARTS} pods one by one: median ${times[STARTS >> 1]!.toFixed(0)} ms, max ${times.at(-1)!.toFixed(0)} ms`,
  );

  await sleep(2_000);
  const agents = () => {
    const all = processes.filter(p => p.name.startsWith('edge')).map(p => usage(p.pid));
    return { rssMiB: sum(all.map(u => u.rssMiB)), cpuMs: sum(all.map(u => u.cpuTicks)) * 10 };
  };
  const empty = agents();
  const begun = performance.now();
  await Promise.all(Array.from({ length: PODS }, (_, i) => create(`many-${i}`)));
  await Promise.all(Array.from({ length: PODS }, (_, i) => readyAfter(`many-${i}`, begun)));
  const all = performance.now() - begun;
  await sleep(2_000);
  const full = agents();
  console.log(
    `${PODS} pods at once: all Ready after ${all.toFixed(0)} ms; ${((full.rssMiB - empty.rssMiB) / PODS).toFixed(1)} MiB and ${((full.cpuMs - empty.cpuMs) / PODS).toFixed(0)} ms CPU each`,
  );
  const gone = (name: string) => client.delete(pod, key(name), { gracePeriodSeconds: 0 });
  await Promise.all(Array.from({ length: PODS }, (_, i) => gone(`many-${i}`)));
  await sleep(5_000);
  console.log(
    `both agents: ${empty.rssMiB.toFixed(0)} MiB before, ${full.rssMiB.toFixed(0)} with ${PODS} pods more, ${agents().rssMiB.toFixed(0)} after`,
  );
  transport.close();

  async function readyAfter(name: string, since: number): Promise<number> {
    for (;;) {
      const { status } = await client.get<Pod>(pod, key(name));
      if (status?.conditions?.some(c => c.type === 'Ready' && c.status === 'True')) return performance.now() - since;
      await sleep(2);
    }
  }
} finally {
  await cluster.stop();
}

function podNamed(name: string): Pod {
  const container = { name: 'main', image: 'hello-http:v1', ports: [{ containerPort: 8080 }] };
  return { apiVersion: 'v1', kind: 'Pod', metadata: { name }, spec: { containers: [container] } } as Pod;
}

function usage(pid: number): { rssMiB: number; privateMiB: number; cpuTicks: number; writtenBytes: number } {
  const read = (file: string) => readFileSync(`/proc/${pid}/${file}`, 'utf8');
  const rollup = read('smaps_rollup');
  const kib = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(rollup)?.[1] ?? 0);
  const fields = read('stat').split(') ')[1]!.split(' ');
  return {
    rssMiB: kib('Rss') / 1024,
    privateMiB: (kib('Private_Clean') + kib('Private_Dirty')) / 1024,
    cpuTicks: Number(fields[11]) + Number(fields[12]),
    writtenBytes: Number(/^write_bytes: (\d+)/m.exec(read('io'))?.[1] ?? 0),
  };
}

function sleep(ms: number): Promise<void> {
  return new Promise(resolve => setTimeout(resolve, ms));
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
