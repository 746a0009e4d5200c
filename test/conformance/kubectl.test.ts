/**
 * Every kubectl on this machine against a real server: what people type, and what they must see. The versions are the
 * `kubectl.1.NN` beside the resolved `kubectl`, else the one on the PATH.
 */
import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { removeFolder, startLiveServer } from '../lib/live-server.ts';

const test = suite('kubectl');
const live = await startLiveServer();
const home = mkdtempSync(join(tmpdir(), 'skerry-kubectl-'));

function versions(): { name: string; path: string }[] {
  for (const folder of (process.env['PATH'] ?? '').split(delimiter)) {
    try {
      const real = realpathSync(join(folder, 'kubectl'));
      const beside = readdirSync(dirname(real)).filter(name => /^kubectl\.1\.\d+$/.test(name));
      if (beside.length === 0) return [{ name: 'kubectl', path: real }];
      return beside.sort().map(name => ({ name, path: join(dirname(real), name) }));
    } catch {
      // Not in this folder.
    }
  }
  return [];
}

interface Result {
  code: number;
  out: string;
  err: string;
}

/** `$ns` is the namespace of the version. */
const kubectl = (path: string, args: string[], stdin = ''): Promise<Result> =>
  new Promise(resolve => {
    const env = { HOME: home, PATH: process.env['PATH'] ?? '', KUBECONFIG: live.kubeconfig };
    const child = execFile(path, args, { env, timeout: 30_000 }, (error, out, err) =>
      resolve({ code: error ? (typeof error.code === 'number' ? error.code : 1) : 0, out, err }),
    );
    child.stdin?.end(stdin);
  });

const manifest = join(home, 'app.yaml');
writeFileSync(
  manifest,
  `apiVersion: apps/v1
kind: Deployment
metadata: {name: web, labels: {app: web}}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers: [{name: main, image: "hello:v1", ports: [{containerPort: 8080}]}]
---
apiVersion: v1
kind: List
items:
- apiVersion: v1
  kind: Service
  metadata: {name: web}
  spec: {selector: {app: web}, ports: [{port: 80, targetPort: 8080}]}
`,
);

/** Words of the command, what it must print, and its exit code if that is not 0. */
const SCENE: [command: string, expected: RegExp, code?: number][] = [
  ['create namespace $ns', /^namespace\/\S+ created/],
  ['apply -f $file', /deployment.apps\/web created\nservice\/web created/],
  ['apply -f $file', /deployment.apps\/web unchanged\nservice\/web unchanged/],
  ['diff -f $file', /^$/],
  ['get deploy,svc', /NAME +READY +UP-TO-DATE +AVAILABLE +AGE\ndeployment.apps\/web +0\/2/],
  ['get deploy web -o wide', /CONTAINERS +IMAGES +SELECTOR\n.*main +hello:v1 +app=web/],
  ['get svc web -o jsonpath={.spec.clusterIP}', /^10\.96\.\d+\.\d+$/],
  ['get deploy web -o yaml', /^apiVersion: apps\/v1\nkind: Deployment/],
  ['get nothing', /doesn't have a resource type "nothing"/, 1],
  ['get pod absent', /Error from server \(NotFound\): pods "absent" not found/, 1],
  ['describe deploy web', /Replicas: +2 desired/],
  ['scale deploy web --replicas=3', /deployment.apps\/web scaled/],
  ['scale deploy web --replicas=4 --current-replicas=3', /deployment.apps\/web scaled/],
  ['set image deploy/web main=hello:v2', /deployment.apps\/web image updated/],
  ['rollout history deploy/web', /REVISION +CHANGE-CAUSE/],
  ['rollout restart deploy/web', /deployment.apps\/web restarted/],
  ['label deploy web color=red', /deployment.apps\/web labeled/],
  ['annotate deploy web note=yes', /deployment.apps\/web annotate/],
  ['get deploy -l color=red -o name', /^deployment.apps\/web\n$/],
  ['patch deploy web -p {"spec":{"paused":true}}', /deployment.apps\/web patched/],
  ['patch deploy web --type=json -p [{"op":"remove","path":"/spec/paused"}]', /deployment.apps\/web patched/],
  ['patch deploy web --type=merge -p {"spec":{"replicas":1}}', /deployment.apps\/web patched/],
  ['create configmap c --from-literal=a=b', /configmap\/c created/],
  ['create configmap c --from-literal=a=b', /configmaps "c" already exists/, 1],
  ['create configmap d --from-literal=a=b --dry-run=server', /configmap\/d created \(server dry run\)/],
  ['get configmap d', /not found/, 1],
  ['create secret generic s --from-literal=a=b', /secret\/s created/],
  ['create serviceaccount bot', /serviceaccount\/bot created/],
  ['create role reader --verb=get,list --resource=pods', /role.rbac.authorization.k8s.io\/reader created/],
  [
    'create rolebinding reader --role=reader --serviceaccount=$ns:bot',
    /rolebinding.rbac.authorization.k8s.io\/reader created/,
  ],
  ['auth can-i list pods --as=system:serviceaccount:$ns:bot', /^yes/],
  ['auth can-i delete pods --as=system:serviceaccount:$ns:bot', /^no/, 1],
  ['auth can-i --list', /\*\.\* +\[\] +\[\] +\[\*\]/],
  ['create token bot', /^eyJ/],
  ['expose deploy web --port=81 --name=web2', /service\/web2 exposed/],
  ['run one --image=hello:v1 --restart=Never', /pod\/one created/],
  ['get pod one -o custom-columns=N:.metadata.name,P:.status.phase', /N +P\none +Pending/],
  ['logs one', /^$/],
  ['wait --for=jsonpath={.status.phase}=Pending pod/one --timeout=5s', /pod\/one condition met/],
  ['delete pod one', /pod "one" deleted/],
  ['wait --for=delete pod/one --timeout=5s', /^$/],
  ['explain deploy.spec.strategy', /DESCRIPTION:/],
  ['get events', /LAST SEEN +TYPE +REASON/],
  ['get all', /service\/web/],
  ['api-resources --api-group=apps', /deployments +deploy +apps\/v1 +true +Deployment/],
  ['get --raw /readyz', /^ok$/],
  ['delete -f $file', /deployment.apps "web" deleted.*\nservice "web" deleted/],
  ['delete namespace $ns --timeout=20s', /namespace "\S+" deleted/],
];

const found = versions();
if (found.length === 0) {
  console.log('skipped: kubectl: there is none on the PATH');
  test.skip('no kubectl', () => {});
}
for (const { name, path } of found) {
  test(name, async () => {
    const ns = name.replace(/[^a-z0-9]/g, '-');
    for (const [command, expected, code = 0] of SCENE) {
      const words = command.split(' ').map(word => word.replace('$ns', ns).replace('$file', manifest));
      const scoped = /namespace|--raw|api-resources|explain/.test(command) ? words : ['-n', ns, ...words];
      const result = await kubectl(path, scoped);
      const shown = `${name} ${command} → ${result.code}\n${result.out}${result.err}`;
      assert.is(result.code, code, shown);
      assert.ok(expected.test(code === 0 ? result.out : result.out + result.err), shown);
    }
  });
  test(`${name}: a manifest with an unknown field is refused in Kubernetes' words`, async () => {
    const pod =
      'apiVersion: v1\nkind: Pod\nmetadata: {name: bad}\nspec: {bogus: 1, containers: [{name: a, image: b}]}\n';
    const { code, err } = await kubectl(path, ['apply', '-f', '-'], pod);
    assert.is(code, 1);
    assert.match(err, /strict decoding error: unknown field "spec.bogus"/);
  });
}

test.after(async () => {
  await live.stop();
  removeFolder(live);
  rmSync(home, { recursive: true, force: true });
});
test.run();
