/**
 * How fast the embedded engine is on this disk: durable puts in process, at 1, 16 and 128 at a time, beside the disk's own
 * rate of O_DSYNC writes; reopening; memory. `node test/bench/store/put.ts [SECONDS per row] [VALUE BYTES]`.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { loadavg } from 'node:os';
import { join } from 'node:path';
import { createNodePlatform } from '../../../control/platform/node.ts';
import { openEmbeddedStore } from '../../../control/store/engines/embedded.ts';
import type { Store } from '../../../control/store/store.ts';

const seconds = Number(process.argv[2] ?? 2);
const size = Number(process.argv[3] ?? 2048);
const KEYS = 20_000;
const platform = createNodePlatform();
// Not under /tmp, which is memory on some machines.
const directory = await mkdtemp(join(process.cwd(), '.bench-store-'));

try {
  console.log(`value ${size} B, ${seconds} s per row, load average ${loadavg()[0]!.toFixed(1)}`);
  console.log(`disk alone, 4 KiB O_DSYNC in place   ${await diskRate(join(directory, 'raw'))} writes/s`);
  let store = await openEmbeddedStore({ directory: join(directory, 'store'), platform });
  // Before its log files are recycled a new store is slower; what counts is how it runs for years.
  await puts(store, 128, 3);
  for (let round = 0; round < 2; round++)
    for (const clients of [1, 16, 128]) console.log(await puts(store, clients, seconds));
  await store.close();
  const begun = performance.now();
  store = await openEmbeddedStore({ directory: join(directory, 'store'), platform });
  const { keys, bytes } = store.status();
  console.log(`reopened ${keys} keys, ${(bytes / 1e6).toFixed(0)} MB in ${(performance.now() - begun).toFixed(0)} ms`);
  console.log(`memory ${(process.memoryUsage.rss() / 1e6).toFixed(0)} MB`);
  await store.close();
} finally {
  await rm(directory, { recursive: true });
}

async function diskRate(path: string): Promise<number> {
  const file = await platform.files.open(path, { write: true, create: true, syncEachWrite: true });
  await file.writeAt(0, new Uint8Array(1_048_576));
  const until = performance.now() + 1000;
  let writes = 0;
  for (; performance.now() < until; writes++) await file.writeAt((writes % 256) * 4096, new Uint8Array(4096));
  await file.close();
  return writes;
}

async function puts(store: Store, clients: number, duration: number): Promise<string> {
  const value = new Uint8Array(size).fill(65);
  const latencies: number[] = [];
  const begun = performance.now();
  const until = begun + duration * 1000;
  let next = 0;
  const client = async () => {
    for (let now = performance.now(); now < until; ) {
      await store.txn([], [{ type: 'put', key: `/registry/core/pods/default/${next++ % KEYS}`, value }]);
      const after = performance.now();
      latencies.push(after - now);
      now = after;
    }
  };
  await Promise.all(Array.from({ length: clients }, client));
  const rate = Math.round((latencies.length / (performance.now() - begun)) * 1000);
  latencies.sort((a, b) => a - b);
  const at = (part: number) => latencies[Math.floor(latencies.length * part)]!.toFixed(2);
  return `${String(clients).padStart(3)} clients  ${String(rate).padStart(6)} put/s   p50 ${at(0.5)}  p99 ${at(0.99)}  max ${at(0.99999)} ms`;
}
