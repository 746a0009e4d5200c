/** Probes against real sockets: thresholds, wording. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type ProbeReport, portOf, runProbe } from '../../agent/probes.ts';
import type { Probe } from '../../control/kinds/types/probe.ts';
import { createNodePlatform } from '../../control/platform/node.ts';
import { container } from '../lib/container.ts';

const test = suite('probes');
const { clock, dice } = createNodePlatform();

/** The first `count` reports. */
async function reports(probe: Probe, count: number, port: number): Promise<string[]> {
  const stop = new AbortController();
  const seen: ProbeReport[] = [];
  const main = container('main', { ports: [{ name: 'web', containerPort: port }] });
  await runProbe({
    kind: 'Readiness',
    probe: { periodSeconds: 0.01, ...probe },
    target: { host: '127.0.0.1', podIP: '10.244.0.2', container: main },
    ...{ clock, dice, signal: stop.signal },
    report(report) {
      seen.push(report);
      if (seen.length === count) stop.abort();
    },
  });
  return seen.map(({ ok, settled, output }) => `${ok ? 'ok' : 'failed'}${settled ? ' settled' : ''} ${output}`.trim());
}

async function withServer(codes: number[], play: (port: number) => Promise<void>): Promise<void> {
  const server = createServer((_, response) => {
    response.statusCode = codes.length > 1 ? codes.shift()! : codes[0]!;
    if (response.statusCode !== 999) response.end('x'.repeat(100_000));
  });
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  try {
    await play((server.address() as AddressInfo).port);
  } finally {
    server.close();
    server.closeAllConnections();
  }
}

const get = { httpGet: { port: 'web', path: '/ready' } };

test('successes and failures count in a row', () =>
  withServer([200, 200, 500, 500, 302, 200], async port => {
    const probe = { ...get, successThreshold: 2, failureThreshold: 2, initialDelaySeconds: 0.01 };
    assert.equal(await reports(probe, 6, port), [
      'ok',
      'ok settled',
      'failed HTTP probe failed with statuscode: 500',
      'failed settled HTTP probe failed with statuscode: 500',
      'ok',
      'ok settled',
    ]);
  }));

test('right after the start failures are asked again soon, and not counted', () =>
  withServer([500, 500, 200], async port => {
    assert.equal(await reports({ ...get, periodSeconds: 10 }, 1, port), ['ok settled']);
  }));

test('a port where nobody listens, and one that does not answer', async () => {
  const delayed = { initialDelaySeconds: 0.01, failureThreshold: 1 };
  const [refused] = await reports({ ...delayed, tcpSocket: { port: 1 } }, 1, 1);
  assert.is(refused, 'failed settled dial tcp 127.0.0.1:1: connect: connection refused');
  await withServer([999], async port => {
    const [late] = await reports({ ...delayed, ...get, timeoutSeconds: 0.05 }, 1, port);
    assert.match(late!, /context deadline exceeded/);
    assert.equal(await reports({ ...delayed, tcpSocket: { port } }, 1, port), ['ok settled']);
  });
});

test('ports by number and name', () => {
  const main = container('main', { ports: [{ name: 'web', containerPort: 8080 }] });
  assert.equal([portOf('web', main), portOf(9, main), portOf('none', main)], [8080, 9, undefined]);
});

test.run();
