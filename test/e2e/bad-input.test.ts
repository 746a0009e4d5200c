/** Mistakes that people make, and what they are told: a Status, a reason on the pod, an event; and everything goes on. */
import { readFile, writeFile } from 'node:fs/promises';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { pushApp, root, startCluster, type TestCluster, until, writeManifest } from '../lib/cluster.ts';

let cluster: TestCluster;
const test = suite('bad input');
const apply = (name: string, text: string) => cluster.skerry('apply', '-f', writeManifest(cluster, name, text));
const podManifest = (name: string, image: string, more = '') =>
  `apiVersion: v1\nkind: Pod\nmetadata: {name: ${name}}\nspec:\n  restartPolicy: Never\n  containers:\n  - {name: main, image: "${image}"}\n${more}`;

const waitingOf = async (name: string) => {
  const { out } = await cluster.skerry('get', 'pod', name, '-o', 'json');
  const status = (
    JSON.parse(out) as {
      status?: { containerStatuses?: { state: { waiting?: { reason: string; message?: string } } }[] };
    }
  ).status;
  return status?.containerStatuses?.[0]?.state.waiting;
};
const eventsOf = async (name: string) => {
  const { out } = await cluster.skerry(
    'get',
    'events',
    '--field-selector',
    `involvedObject.name=${name}`,
    '-o',
    'json',
  );
  return (JSON.parse(out) as { items: { reason: string; message: string }[] }).items;
};

test.before(async () => {
  cluster = await startCluster('bad-input', ['--agents', '1']);
});
test.after(() => cluster?.stop());

test('an unknown field is named', async () => {
  const body = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'x' },
    spec: { containers: [{ name: 'a', image: 'b' }], bogus: 1 },
  };
  const answer = await post('/api/v1/namespaces/default/pods?fieldValidation=Strict', body);
  assert.is(answer.status, 400);
  assert.match(answer.text, 'strict decoding error: unknown field \\"spec.bogus\\"');
});

test('a wrong type is named', async () => {
  const { code, err } = await apply('wrong-type', podManifest('x', 'b', '  priority: high\n'));
  assert.is(code, 1);
  assert.match(err, /priority/);
});

test('a field that is missing is named', async () => {
  const { code, err } = await apply(
    'no-image',
    'apiVersion: v1\nkind: Pod\nmetadata: {name: x}\nspec: {containers: [{name: a}]}\n',
  );
  assert.is(code, 1);
  assert.match(err, /spec\.containers\[0\]\.image: Required value/);
});

test('a body of 10 MiB is refused, and the server goes on', async () => {
  const answer = await post('/api/v1/namespaces/default/configmaps', {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'big' },
    data: { a: 'x'.repeat(10 << 20) },
  });
  assert.is(answer.status, 413);
  assert.match(answer.text, 'Request entity too large');
  assert.is((await cluster.skerry('get', 'nodes')).code, 0);
});

test('an image that is not there: ErrImagePull, then ImagePullBackOff', async () => {
  await apply('missing', podManifest('missing', 'nowhere:v1'));
  const waiting = await until(async () => {
    const w = await waitingOf('missing');
    return w && /ErrImagePull|ImagePullBackOff/.test(w.reason) ? w : undefined;
  }, 'ErrImagePull');
  assert.match(waiting.message ?? '', 'nowhere:v1');
  await until(
    async () => (await eventsOf('missing')).find(e => e.reason === 'Failed' && e.message.includes('nowhere:v1')),
    'a Failed event that names the image',
  );
});

test('a corrupt module: CreateContainerError', async () => {
  await pushApp(cluster, 'counter');
  const whole = await readFile(`${root}/wasm-apps/counter/build/counter.wasm`);
  const corrupt = Buffer.concat([whole.subarray(0, whole.length >> 1), Buffer.alloc(64, 0xff)]);
  await deployBytes('corrupt', corrupt);
  const waiting = await until(
    () => waitingOf('corrupt').then(w => (w && /Create|RunContainer/.test(w.reason) ? w : undefined)),
    'CreateContainerError',
  );
  assert.match(waiting.reason, /^CreateContainerError$/);
  assert.match(waiting.message ?? '', /malformed|not a|invalid|end/i);
});

test('a module with an import that nobody provides is told its name', async () => {
  // (module (import "acme:thing/api" "go" (func)) (func (export "_start")))
  const type = [1, 4, 1, 0x60, 0, 0];
  const text = (s: string) => [s.length, ...Buffer.from(s)];
  const section = (id: number, body: number[]) => [id, body.length, ...body];
  const bytes = Buffer.from([
    ...[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, ...type],
    ...section(2, [1, ...text('acme:thing/api'), ...text('go'), 0, 0]),
    ...section(3, [1, 0]),
    ...section(7, [1, ...text('_start'), 0, 1]),
    ...section(10, [1, 2, 0, 0x0b]),
  ]);
  await deployBytes('imports', bytes);
  const waiting = await until(
    () => waitingOf('imports').then(w => (w && /Create|RunContainer/.test(w.reason) ? w : undefined)),
    'CreateContainerError',
  );
  assert.match(waiting.message ?? '', 'acme:thing/api');
});

test('the node is well after all of it', async () => {
  assert.match((await cluster.skerry('get', 'nodes')).out, /edge-0\s+Ready/);
  for (const { name, pid } of cluster.record().processes) assert.ok(process.kill(pid, 0), `${name} lives`);
});

test.run();

async function deployBytes(name: string, bytes: Buffer): Promise<void> {
  const path = `${cluster.folder}/../${name}.wasm`;
  await writeFile(path, bytes);
  const pushed = await cluster.skerry('push', path, `${name}:v1`);
  assert.is(pushed.code, 0, pushed.err);
  assert.is((await apply(name, podManifest(name, `${name}:v1`))).code, 0);
}

/** A raw request with the admin's certificate, as curl would send it. */
async function post(path: string, body: unknown): Promise<{ status: number; text: string }> {
  const { request } = await import('node:https');
  const { connectionOf } = await import('../../control/cli/kubeconfig.ts');
  const { readKubeconfig } = await import('../../control/cli/kubeconfig-file.ts');
  const found = connectionOf(await readKubeconfig(cluster.kubeconfig), undefined, () => '');
  if ('missing' in found) throw new Error(found.missing);
  return new Promise((resolve, reject) => {
    const headers = { 'content-type': 'application/json' };
    const sent = request(
      found.server + path,
      { method: 'POST', ca: found.ca, cert: found.cert, key: found.key, headers },
      response => {
        let text = '';
        response.on('data', chunk => (text += chunk));
        response.on('end', () => resolve({ status: response.statusCode!, text }));
      },
    );
    // The server may answer and close before it has read everything.
    sent.on('error', error => ((error as { code?: string }).code === 'EPIPE' ? undefined : reject(error)));
    sent.end(JSON.stringify(body));
  });
}
