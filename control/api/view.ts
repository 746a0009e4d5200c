/**
 * Small answers that every request needs at once, kept current from the store's watch: which roles and bindings there are,
 * which pods each node has. Called by control/main.ts for the authorizers.
 *
 * Always: `ready` resolves when the first reading is complete; a watch that broke is begun again with a fresh reading.
 */
import type { Policy } from '../auth/rbac.ts';
import type { Kind } from '../kinds/strategy.ts';
import type { ApiObject } from '../machinery/meta.ts';
import type { KeyValue, StoreEvent } from '../store/store.ts';
import type { Api } from './api.ts';
import { objectRange } from './objects.ts';

const RETRY_MS = 500;

interface Fold {
  clear(): void;
  put(kv: KeyValue): void;
  delete(key: string): void;
}

export interface View<T> {
  ready: Promise<void>;
  current: T;
}

type Parts = Pick<Api, 'store' | 'objects' | 'clock' | 'log'>;

/** The same value until something changes, as the authorizer asks for it. */
export function policyView(parts: Parts, kinds: Record<keyof Policy, Kind>, signal: AbortSignal): View<() => Policy> {
  const objects = new Map<string, ApiObject>();
  let policy: Policy | undefined;
  const [start] = objectRange(kinds.clusterRoles, undefined);
  const group = start.slice(0, start.lastIndexOf('/', start.length - 2) + 1);
  const of = (kind: Kind): never[] => {
    const [from, to] = objectRange(kind, undefined);
    return [...objects].filter(([key]) => key >= from && key < to).map(([, object]) => object) as never[];
  };
  const fold: Fold = {
    clear: () => {
      objects.clear();
      policy = undefined;
    },
    put: kv => {
      objects.set(kv.key, parts.objects.read(kv));
      policy = undefined;
    },
    delete: key => {
      objects.delete(key);
      policy = undefined;
    },
  };
  const current = (): Policy => {
    policy ??= {
      clusterRoles: of(kinds.clusterRoles),
      roles: of(kinds.roles),
      clusterRoleBindings: of(kinds.clusterRoleBindings),
      roleBindings: of(kinds.roleBindings),
    };
    return policy;
  };
  return { ready: follow(parts, [group, `${group.slice(0, -1)}0`], fold, signal), current };
}

/** Keys only: the pods themselves stay in the store. */
export function podsByNodeView(parts: Parts, pods: Kind, signal: AbortSignal): View<(node: string) => string[]> {
  const nodeOf = new Map<string, string>();
  const keysOf = new Map<string, Set<string>>();
  const drop = (key: string) => {
    const node = nodeOf.get(key);
    nodeOf.delete(key);
    if (node !== undefined && keysOf.get(node)?.delete(key) && keysOf.get(node)!.size === 0) keysOf.delete(node);
  };
  const fold: Fold = {
    clear: () => {
      nodeOf.clear();
      keysOf.clear();
    },
    put: kv => {
      const node = (parts.objects.glance(kv) as ApiObject & { spec?: { nodeName?: string } }).spec?.nodeName;
      if (nodeOf.get(kv.key) === node) return;
      drop(kv.key);
      if (!node) return;
      nodeOf.set(kv.key, node);
      keysOf.set(node, (keysOf.get(node) ?? new Set()).add(kv.key));
    },
    delete: drop,
  };
  const current = (node: string): string[] => [...(keysOf.get(node) ?? [])];
  return { ready: follow(parts, objectRange(pods, undefined), fold, signal), current };
}

/** Resolves after the first reading; goes on until the signal. */
function follow(parts: Parts, range: [string, string], fold: Fold, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const loop = async () => {
      for (let first = true; !signal.aborted; first = false) {
        try {
          await readAndWatch(parts, range, fold, signal, resolve);
        } catch (error) {
          if (signal.aborted) return;
          if (first) reject(error);
          parts.log('warn', `view of ${range[0]}: ${error instanceof Error ? error.message : error}`);
          await parts.clock.sleep(RETRY_MS, signal).catch(() => {});
        }
      }
    };
    void loop();
  });
}

async function readAndWatch(
  { store }: Parts,
  [start, end]: [string, string],
  fold: Fold,
  signal: AbortSignal,
  ready: () => void,
): Promise<void> {
  const { items, revision } = await store.range(start, end);
  fold.clear();
  for (const kv of items) fold.put(kv);
  ready();
  const watch = store.watch(start, end, { fromRevision: revision, signal });
  for (let events = await watch.next(); events; events = await watch.next()) {
    for (const event of events) applyEvent(fold, event);
  }
}

const applyEvent = (fold: Fold, event: StoreEvent): void =>
  event.type === 'put' ? fold.put(event.current) : fold.delete(event.key);
