/**
 * GET pods/NAME/log: the lines of one container, fetched from the agent that runs it through its tunnel and streamed on.
 * What can be told from the pod's status (still waiting, no previous run) is told here, in the kubelet's words.
 */
import type { ApiObject } from '../../machinery/meta.ts';
import { badRequest, type Cause, failure, invalid, notFound, serviceUnavailable } from '../../machinery/status.ts';
import type { Api, Verb } from '../api.ts';
import { objectKey } from '../objects.ts';
import { flag } from '../request.ts';
import { headersOf } from '../respond.ts';

const DEFAULT_CONTAINER = 'kubectl.kubernetes.io/default-container';
const ERROR_TEXT_BYTES_MAX = 4096;

interface ContainerStatus {
  name: string;
  state?: { waiting?: { reason?: string }; running?: object; terminated?: object };
  lastState?: { terminated?: object };
}

interface Pod extends ApiObject {
  spec: { nodeName?: string; containers: { name: string }[]; initContainers?: { name: string }[] };
  status?: { containerStatuses?: ContainerStatus[]; initContainerStatuses?: ContainerStatus[] };
}

export const log: Verb = async (api, c, kind) => {
  const info = c.get('info');
  const query = c.get('query');
  const options = optionsOf(query, info.name);
  const kv = await api.store.get(objectKey(kind, info));
  if (!kv) throw notFound(kind, info.name);
  const pod = api.objects.peek(kv) as Pod;
  const container = containerOf(pod, query.get('container') ?? '');
  const headers = headersOf(c, 'text/plain');
  // Not on any node yet: nothing has been said.
  if (!pod.spec.nodeName) return new Response('', { status: 200, headers });
  checkStarted(pod, container, flag(query, 'previous'));
  const path = `/containerLogs/${info.namespace}/${info.name}/${encodeURIComponent(container)}?${options}`;
  const answer = await fromNode(api, pod.spec.nodeName, path, c.req.raw.signal);
  return new Response(answer.body, { status: 200, headers });
};

const FLAGS = ['follow', 'previous', 'timestamps'] as const;
const NUMBERS = { tailLines: 0, sinceSeconds: 1, limitBytes: 1 } as const;

function optionsOf(query: URLSearchParams, name: string): URLSearchParams {
  const options = new URLSearchParams();
  const causes: Cause[] = [];
  for (const key of FLAGS) if (flag(query, key)) options.set(key, 'true');
  for (const [field, least] of Object.entries(NUMBERS)) {
    const text = query.get(field);
    if (text === null || text === '') continue;
    if (!/^-?\d+$/.test(text))
      throw badRequest(`invalid ${field}: strconv.ParseInt: parsing "${text}": invalid syntax`);
    if (Number(text) < least) {
      const message = `Invalid value: ${text}: must be greater than ${least === 0 ? 'or equal to 0' : '0'}`;
      causes.push({ reason: 'FieldValueInvalid', message, field });
    } else options.set(field, text);
  }
  const since = query.get('sinceTime');
  if (since) options.set('sinceTime', since);
  if (since && query.has('sinceSeconds')) {
    const message = 'Forbidden: at most one of `sinceTime` or `sinceSeconds` may be specified';
    causes.push({ reason: 'FieldValueForbidden', message, field: '' });
  }
  if (causes.length > 0) throw invalid({ group: '', kind: 'PodLogOptions' }, name, causes);
  return options;
}

/** The one asked for, the only one, or the one the pod's annotation prefers. */
function containerOf({ metadata, spec }: Pod, asked: string): string {
  const names = spec.containers.map(container => container.name);
  const initial = (spec.initContainers ?? []).map(container => container.name);
  if (asked !== '') {
    if (names.includes(asked) || initial.includes(asked)) return asked;
    throw badRequest(`container ${asked} is not valid for pod ${metadata.name}`);
  }
  if (names.length === 1) return names[0]!;
  const preferred = metadata.annotations?.[DEFAULT_CONTAINER];
  if (preferred !== undefined && names.includes(preferred)) return preferred;
  const init = initial.length > 0 ? ` or one of the init containers: [${initial.join(' ')}]` : '';
  throw badRequest(
    `a container name must be specified for pod ${metadata.name}, choose one of: [${names.join(' ')}]${init}`,
  );
}

const WAITING: Readonly<Record<string, string>> = {
  ErrImagePull: "image can't be pulled",
  ImagePullBackOff: 'trying and failing to pull image',
};

function checkStarted({ metadata, status }: Pod, container: string, previous: boolean): void {
  const all = [...(status?.containerStatuses ?? []), ...(status?.initContainerStatuses ?? [])];
  const found = all.find(one => one.name === container);
  const where = `container "${container}" in pod "${metadata.name}"`;
  if (!found) throw badRequest(`${where} is not available`);
  const { state, lastState } = found;
  if (previous) {
    if (!lastState?.terminated) throw badRequest(`previous terminated ${where} not found`);
    return;
  }
  if (state?.running || state?.terminated || lastState?.terminated) return;
  const reason = state?.waiting?.reason;
  if (reason === undefined) throw badRequest(`${where} is waiting to start - no logs yet`);
  throw badRequest(`${where} is waiting to start: ${WAITING[reason] ?? reason}`);
}

async function fromNode(api: Api, node: string, path: string, signal: AbortSignal): Promise<Response> {
  if (!api.tunnels) throw serviceUnavailable('this server takes no tunnels');
  const answer = await api.tunnels.request(node, path, { signal });
  if (answer.ok) return answer;
  const text = (await answer.text()).slice(0, ERROR_TEXT_BYTES_MAX).trim();
  if (answer.status === 404) throw failure('NotFound', text || 'the agent does not know this container');
  if (answer.status === 400) throw badRequest(text);
  throw failure('InternalError', `the agent of node "${node}" answered ${answer.status}: ${text}`);
}
