/** What containers use, in the form of the kubelet's `/stats/summary`: CPU and memory of each. Called by tunnel-routes. */
import { timestamp } from '../control/machinery/meta.ts';
import type { PodRun } from './pod-run.ts';
import type { Pods } from './pods.ts';

export async function statsSummary(pods: Pick<Pods, 'list'>, nodeName: string, now: number): Promise<unknown> {
  const time = timestamp(now);
  const stats = await Promise.all(pods.list().map(({ run }) => podStats(run, time)));
  return { node: { nodeName, ...sum(stats, time) }, pods: stats };
}

interface Usage {
  cpu: { time: string; usageCoreNanoSeconds: number };
  memory: { time: string; workingSetBytes: number; usageBytes: number };
}

async function podStats(run: PodRun, time: string) {
  const { name, namespace, uid } = run.pod.metadata;
  const containers = await Promise.all(
    [...run.running.values()].map(async ({ container, sandbox, startedAt }) => {
      const { cpuMicros, memoryBytes } = await sandbox.usage().catch(() => ({ cpuMicros: 0, memoryBytes: 0 }));
      const cpu = { time, usageCoreNanoSeconds: Math.round(cpuMicros * 1000) };
      const memory = { time, workingSetBytes: memoryBytes, usageBytes: memoryBytes };
      return { name: container.name, startTime: startedAt, cpu, memory };
    }),
  );
  return { podRef: { name, namespace, uid }, startTime: run.startTime, containers, ...sum(containers, time) };
}

const sum = (parts: readonly Usage[], time: string): Usage => ({
  cpu: { time, usageCoreNanoSeconds: parts.reduce((total, { cpu }) => total + cpu.usageCoreNanoSeconds, 0) },
  memory: {
    time,
    workingSetBytes: parts.reduce((total, { memory }) => total + memory.workingSetBytes, 0),
    usageBytes: parts.reduce((total, { memory }) => total + memory.usageBytes, 0),
  },
});
