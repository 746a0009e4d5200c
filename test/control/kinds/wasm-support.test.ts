/** What Skerry does not do: found in specs by field, complete over the schema, and the same in README. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { Container } from '../../../control/kinds/types/container.ts';
import { PodSpec } from '../../../control/kinds/types/pod-spec.ts';
import { PodSecurityContext, SecurityContext } from '../../../control/kinds/types/security.ts';
import { type SupportEntry, unsupportedFields, WASM_SUPPORT } from '../../../control/kinds/wasm-support.ts';

const test = suite('wasm support');

const found = (spec: object) =>
  unsupportedFields({ containers: [{ name: 'a' }], ...spec }).map(({ field, treatment }) => `${treatment} ${field}`);
const ofContainer = (container: object) => found({ containers: [{ name: 'a', ...container }] });

test('fields are found where they stand', () => {
  for (const [spec, expected] of [
    [{}, []],
    [{ hostPID: true, hostIPC: false }, ['ignored spec.hostPID']],
    [{ hostNetwork: true, containers: [{ name: 'a', ports: [{ hostPort: 80 }] }] }, []],
    [{ dnsPolicy: 'ClusterFirst', imagePullSecrets: [{ name: 'x' }], hostUsers: false }, []],
    [
      { dnsPolicy: 'None', dnsConfig: { nameservers: ['1.1.1.1'] } },
      ['refused spec.dnsPolicy', 'ignored spec.dnsConfig'],
    ],
    [{ os: { name: 'linux' } }, []],
    [{ os: { name: 'windows' } }, ['refused spec.os.name']],
    [{ securityContext: {} }, []],
    [{ securityContext: { runAsNonRoot: true, runAsUser: 0 } }, ['ignored spec.securityContext.runAsUser']],
    [
      {
        volumes: [
          { name: 'a', emptyDir: {} },
          { name: 'b', nfs: {} },
        ],
      },
      ['refused spec.volumes[1].nfs'],
    ],
    [{ volumes: [{ name: 'a', emptyDir: { medium: 'Memory' } }] }, ['ignored spec.volumes[0].emptyDir.medium']],
    [{ initContainers: [{ name: 'i', workingDir: '/x' }] }, ['refused spec.initContainers[0].workingDir']],
    [{ automountServiceAccountToken: false }, []],
  ] as [object, string[]][])
    assert.equal(found(spec), expected, JSON.stringify(spec));
  for (const [container, expected] of [
    [{ workingDir: '/' }, []],
    [{ ports: [{ containerPort: 1 }, { hostPort: 80 }] }, ['refused spec.containers[0].ports[1].hostPort']],
    [{ readinessProbe: { grpc: { port: 1 } } }, ['refused spec.containers[0].readinessProbe.grpc']],
    [{ lifecycle: { preStop: { sleep: { seconds: 1 } }, postStart: { httpGet: {} } } }, []],
    [
      { lifecycle: { postStart: { exec: { command: ['x'] } } } },
      ['refused spec.containers[0].lifecycle.postStart.exec'],
    ],
    [{ securityContext: { capabilities: { drop: ['ALL'] }, privileged: false, readOnlyRootFilesystem: true } }, []],
    [{ securityContext: { privileged: true } }, ['ignored spec.containers[0].securityContext.privileged']],
    [{ resources: { limits: { cpu: '1', memory: '1Mi' } } }, ['ignored spec.containers[0].resources.limits.cpu']],
    [{ volumeMounts: [{ mountPropagation: 'None' }] }, []],
  ] as [object, string[]][])
    assert.equal(ofContainer(container), expected, JSON.stringify(container));
});

test('a finding says whose it is, and begins where the spec stands', () => {
  const spec = { hostPID: true, containers: [{ name: 'a' }, { name: 'b', tty: true }] };
  assert.equal(
    unsupportedFields(spec, 'spec.template.spec').map(({ field, container }) => [field, container]),
    [
      ['spec.template.spec.hostPID', undefined],
      ['spec.template.spec.containers[1].tty', 'b'],
    ],
  );
});

/** What is done as Kubernetes does it (by scheduler, controllers, proxy or agent). */
const DONE = {
  spec: `volumes initContainers containers restartPolicy terminationGracePeriodSeconds activeDeadlineSeconds nodeSelector
    serviceAccountName serviceAccount nodeName hostNetwork securityContext hostname subdomain affinity schedulerName
    tolerations hostAliases priorityClassName priority readinessGates runtimeClassName enableServiceLinks preemptionPolicy
    overhead setHostnameAsFQDN schedulingGates ephemeralContainers`,
  container: `name image command args ports envFrom env resources restartPolicy volumeMounts livenessProbe readinessProbe
    startupProbe lifecycle terminationMessagePath terminationMessagePolicy imagePullPolicy securityContext`,
};

test('every field of a pod is done, or is in the list', () => {
  const listed = WASM_SUPPORT.flatMap(({ fields }) => fields);
  const missing = (schema: { properties: object }, at: string, done = '') =>
    Object.keys(schema.properties).filter(
      name =>
        !done.split(/\s+/).includes(name) &&
        !listed.some(field => field === `${at}.${name}` || field.startsWith(`${at}.${name}.`)),
    );
  assert.equal(missing(PodSpec, 'spec', DONE.spec), []);
  assert.equal(missing(Container, 'spec.containers[*]', DONE.container), []);
  assert.equal(missing(PodSecurityContext, 'spec.securityContext'), []);
  assert.equal(missing(SecurityContext, 'spec.containers[*].securityContext'), []);
});

const TREATMENTS = { refused: 'the container is not started', ignored: 'ignored, with a warning', met: 'given anyway' };

/** Fields of containers by their own name; what pod and container share is said once. */
function row({ fields, except, treatment, why }: SupportEntry): string {
  const short = fields.map(field => field.replace('spec.containers[*].', ''));
  const names = short.filter(name => !short.includes(name.replace(/^spec\./, ''), short.indexOf(name) + 1));
  const others = except ? ' of other types' : '';
  return `| ${names.map(name => `\`${name}\``).join(', ')}${others} | ${TREATMENTS[treatment]} | ${why} |`;
}

test('README has the same list', () => {
  const readme = readFileSync(join(import.meta.dirname, '..', '..', '..', 'README.md'), 'utf8');
  const table = WASM_SUPPORT.map(row).join('\n');
  assert.ok(readme.includes(table), `README's table should be:\n${table}`);
});

test.run();
