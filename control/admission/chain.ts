/**
 * Admission: after authorization and before storage, plugins may change an object (mutate) or refuse it (validate). All
 * mutations run before the first validation, in Kubernetes' order.
 *
 * Always: a plugin decides from its attributes and what the lister reads; it stores nothing. Refusals are thrown StatusErrors.
 * Called by control/api's verbs; the object handed in belongs to the request and may be changed in place by `mutate` only.
 */
import type { ApiObject, Key, Resource } from '../machinery/meta.ts';

type Operation = 'CREATE' | 'UPDATE' | 'DELETE' | 'CONNECT';

export interface Attributes {
  operation: Operation;
  resource: Resource;
  subresource: string | undefined;
  key: Key;
  /** What is to be stored; absent for DELETE. */
  object?: ApiObject;
  /** What is stored; absent for CREATE. */
  oldObject?: ApiObject;
  user: { name: string; uid?: string; groups: readonly string[]; extra?: Record<string, string[]> };
  dryRun: boolean;
  /** Tells the client something without refusing. */
  warn(text: string): void;
}

/** What plugins may look up. Objects are shared: not to be changed. */
export interface Lister {
  get<T extends ApiObject>(resource: { group: string; resource: string }, key: Key): Promise<T | undefined>;
}

export interface Plugin {
  name: string;
  operations: readonly Operation[];
  mutate?(attributes: Attributes): Promise<void> | void;
  validate?(attributes: Attributes): Promise<void> | void;
}

export interface Admission {
  mutate(attributes: Attributes): Promise<void>;
  validate(attributes: Attributes): Promise<void>;
}

export function createAdmission(plugins: readonly Plugin[]): Admission {
  const mutating = byOperation(plugins.filter(p => p.mutate));
  const validating = byOperation(plugins.filter(p => p.validate));
  return {
    mutate: async attributes => {
      for (const plugin of mutating[attributes.operation]) {
        const pending = plugin.mutate!(attributes);
        if (pending) await pending;
      }
    },
    validate: async attributes => {
      for (const plugin of validating[attributes.operation]) {
        const pending = plugin.validate!(attributes);
        if (pending) await pending;
      }
    },
  };
}

const byOperation = (plugins: readonly Plugin[]): Record<Operation, Plugin[]> => {
  const of = (operation: Operation) => plugins.filter(p => p.operations.includes(operation));
  return { CREATE: of('CREATE'), UPDATE: of('UPDATE'), DELETE: of('DELETE'), CONNECT: of('CONNECT') };
};

export const isResource = (
  attributes: Attributes,
  group: string,
  resource: string,
  subresource: string | undefined = undefined,
): boolean =>
  attributes.resource.resource === resource &&
  attributes.resource.group === group &&
  attributes.subresource === subresource;
