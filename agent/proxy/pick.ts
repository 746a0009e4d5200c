/**
 * Chooses one endpoint for a connection: the one a client had (affinity), else the next in turn that has not just failed.
 * Keeps no time of its own: `now` is monotonic milliseconds from the caller.
 *
 * Always: an endpoint is left out only while another can be had; so a cluster-wide mistake cannot refuse everything.
 */
import type { Endpoint } from './rules.ts';

export interface Picker {
  pick(rule: PickRule, endpoints: readonly Endpoint[], request: PickRequest): Endpoint | undefined;
  /** A connection to it could not be made: it is left out for a while, longer each time in a row. */
  failed(endpoint: Pick<Endpoint, 'key'>, now: number): void;
  worked(endpoint: Pick<Endpoint, 'key'>): void;
  /** The rule is gone. */
  forget(ruleId: string): void;
}

interface PickRule {
  id: string;
  affinityMs?: number;
}

interface PickRequest {
  now: number;
  /** The client's address, for affinity. */
  client?: string;
  /** Keys of endpoints that this connection has tried. */
  tried?: ReadonlySet<string>;
}

export const EJECTION_MS = 1_000;
const EJECTION_MS_MAX = 30_000;
export const AFFINITY_CLIENTS_MAX = 10_000;

interface RuleState {
  turn: number;
  /** Client → its endpoint's key. In the order of last use. */
  clients: Map<string, { key: string; at: number }>;
}

export function createPicker(): Picker {
  const rules = new Map<string, RuleState>();
  const ejected = new Map<string, { until: number; failures: number }>();
  const isOut = (key: string, now: number) => (ejected.get(key)?.until ?? 0) > now;

  return {
    pick(rule, endpoints, { now, client, tried }) {
      const state = stateOf(rules, rule.id);
      const untried = tried?.size ? endpoints.filter(e => !tried.has(e.key)) : endpoints;
      const kept =
        rule.affinityMs !== undefined && client !== undefined ? recall(state, rule.affinityMs, client, now) : undefined;
      const same = kept === undefined ? undefined : untried.find(e => e.key === kept && !isOut(kept, now));
      const chosen = same ?? nextInTurn(state, untried, endpoint => !isOut(endpoint.key, now));
      if (chosen && rule.affinityMs !== undefined && client !== undefined) remember(state, client, chosen.key, now);
      return chosen;
    },
    failed({ key }, now) {
      // Old failures count no more: not every success is reported.
      for (const [other, { until }] of ejected) if (until + EJECTION_MS_MAX < now) ejected.delete(other);
      const failures = (ejected.get(key)?.failures ?? 0) + 1;
      ejected.set(key, { failures, until: now + Math.min(EJECTION_MS * 2 ** (failures - 1), EJECTION_MS_MAX) });
    },
    worked({ key }) {
      ejected.delete(key);
    },
    forget(ruleId) {
      rules.delete(ruleId);
    },
  };
}

function stateOf(rules: Map<string, RuleState>, id: string): RuleState {
  let state = rules.get(id);
  if (!state) {
    state = { turn: 0, clients: new Map() };
    rules.set(id, state);
  }
  return state;
}

/** The first that is `fit`, from where the last turn ended; any, when none is. */
function nextInTurn(
  state: RuleState,
  endpoints: readonly Endpoint[],
  fit: (endpoint: Endpoint) => boolean,
): Endpoint | undefined {
  const count = endpoints.length;
  if (count === 0) return undefined;
  const start = state.turn;
  for (let i = 0; i < count; i++) {
    const endpoint = endpoints[(start + i) % count]!;
    if (!fit(endpoint)) continue;
    state.turn = (start + i + 1) % count;
    return endpoint;
  }
  state.turn = (start + 1) % count;
  return endpoints[start % count];
}

function recall(state: RuleState, affinityMs: number, client: string, now: number): string | undefined {
  const known = state.clients.get(client);
  return known && now - known.at < affinityMs ? known.key : undefined;
}

function remember(state: RuleState, client: string, key: string, now: number): void {
  state.clients.delete(client);
  state.clients.set(client, { key, at: now });
  if (state.clients.size <= AFFINITY_CLIENTS_MAX) return;
  const oldest = state.clients.keys().next();
  if (!oldest.done) state.clients.delete(oldest.value);
}
