/**
 * Pods stay on a node that stopped answering for a while unless they say otherwise. Kubernetes' DefaultTolerationSeconds.
 */
import type { ApiObject } from '../machinery/meta.ts';
import { isResource, type Plugin } from './chain.ts';

const DEFAULT_SECONDS = 300;
const TAINTS = ['node.kubernetes.io/not-ready', 'node.kubernetes.io/unreachable'];

interface Toleration {
  key?: string;
  operator?: string;
  effect?: string;
  tolerationSeconds?: number;
}

export const defaultTolerations = (tolerationSeconds = DEFAULT_SECONDS): Plugin => ({
  name: 'DefaultTolerationSeconds',
  operations: ['CREATE', 'UPDATE'],
  mutate: attributes => {
    if (!isResource(attributes, '', 'pods')) return;
    const { spec } = attributes.object as ApiObject & { spec: { tolerations?: Toleration[] } };
    for (const key of TAINTS) {
      if (spec.tolerations?.some(t => tolerates(t, key))) continue;
      spec.tolerations ??= [];
      spec.tolerations.push({ key, operator: 'Exists', effect: 'NoExecute', tolerationSeconds });
    }
  },
});

const tolerates = (toleration: Toleration, key: string): boolean =>
  (toleration.key === key || !toleration.key) && (toleration.effect === 'NoExecute' || !toleration.effect);
