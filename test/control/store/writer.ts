/**
 * A process that writes until it is killed: 32 writers, each its own keys with rising numbers, each acknowledged number told
 * on stdout. Started by crash.test.ts: `node writer.ts DIRECTORY FIRST_NUMBER`.
 */
import { writeSync } from 'node:fs';
import { createNodePlatform } from '../../../control/platform/node.ts';
import { openEmbeddedStore } from '../../../control/store/engines/embedded.ts';

const [directory, first] = [process.argv[2]!, Number(process.argv[3])];
const limits = { segmentBytes: 262_144, snapshotLogBytesMin: 524_288, historyEventsMax: 2000 };
const store = await openEmbeddedStore({ directory, platform: createNodePlatform(), limits });
writeSync(1, `open ${store.revision()}\n`);
const lease = '/registry/coordination.k8s.io/leases/kube-node-lease/edge-0';
await Promise.all(
  Array.from({ length: 32 }, async (_, writer) => {
    for (let i = first; ; i++) {
      const value = new TextEncoder().encode(`${i} ${'x'.repeat(200 + ((i * 37) % 900))}`);
      const key = writer === 0 ? lease : `/w/${writer}/${i % 20}`;
      const { revision } = await store.txn([], [{ type: 'put', key, value }]);
      writeSync(1, `${key} ${i} ${revision}\n`);
    }
  }),
);
