/**
 * Whether the rights that somebody has contain those that somebody wants to give away. Pure. Called by rbac-escalation.ts.
 *
 * Always: a wanted rule may be covered by several held ones together (get by one, list by another), so it is taken apart
 * into its smallest parts; what has too many of them to be looked at counts as not covered.
 */
import type { PolicyRule } from '../kinds/types/rbac.ts';

const PARTS_MAX = 20_000;

/** The part of `wanted` that nothing in `held` covers; undefined when all is covered. */
export function uncovered(held: readonly PolicyRule[], wanted: readonly PolicyRule[]): PolicyRule | undefined {
  let looked = 0;
  for (const rule of wanted) {
    if (held.some(one => covers(one, rule))) continue;
    for (const part of partsOf(rule)) {
      if (++looked > PARTS_MAX) return rule;
      if (!held.some(one => covers(one, part))) return part;
    }
  }
  return undefined;
}

function* partsOf({ verbs, apiGroups, resources, resourceNames, nonResourceURLs }: PolicyRule): Generator<PolicyRule> {
  const names = resourceNames?.length ? resourceNames.map(name => [name]) : [undefined];
  for (const verb of verbs) {
    for (const url of nonResourceURLs ?? []) yield { verbs: [verb], nonResourceURLs: [url] };
    for (const group of apiGroups ?? []) {
      for (const resource of resources ?? []) {
        for (const name of names) {
          yield { verbs: [verb], apiGroups: [group], resources: [resource], ...(name && { resourceNames: name }) };
        }
      }
    }
  }
}

function covers(held: PolicyRule, wanted: PolicyRule): boolean {
  if (!hasAll(held.verbs, wanted.verbs)) return false;
  const urls = wanted.nonResourceURLs ?? [];
  if (!urls.every(url => (held.nonResourceURLs ?? []).some(pattern => urlCovers(pattern, url)))) return false;
  if (!wanted.resources?.length && !wanted.apiGroups?.length) return true;
  const resources = wanted.resources ?? [];
  return (
    hasAll(held.apiGroups, wanted.apiGroups ?? []) &&
    resources.every(resource => resourceCovered(held.resources ?? [], resource)) &&
    namesCover(held.resourceNames, wanted.resourceNames)
  );
}

const hasAll = (held: readonly string[] | undefined, wanted: readonly string[]): boolean =>
  held !== undefined && (held.includes('*') || wanted.every(one => held.includes(one)));

/** `*`, itself, or its subresource of everything. */
const resourceCovered = (held: readonly string[], wanted: string): boolean => {
  if (held.includes('*') || held.includes(wanted)) return true;
  const slash = wanted.indexOf('/');
  return slash >= 0 && held.includes(`*${wanted.slice(slash)}`);
};

const namesCover = (held: readonly string[] | undefined, wanted: readonly string[] | undefined): boolean => {
  if (!held?.length) return true;
  return wanted !== undefined && wanted.length > 0 && wanted.every(name => held.includes(name));
};

const urlCovers = (held: string, wanted: string): boolean =>
  held === wanted || (held.endsWith('*') && wanted.startsWith(held.slice(0, -1)));
