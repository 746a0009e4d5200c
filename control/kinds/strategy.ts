/**
 * What a Kind declares about itself. Shared code (verbs, discovery, OpenAPI, tables, selectors) reads these answers and
 * never asks which Kind it has. Kubernetes' registry calls this a REST strategy.
 *
 * Always: every function here is pure; uid, time and resourceVersion are stamped by the verbs, never by a strategy.
 */
import type { ApiObject, Resource } from '../machinery/meta.ts';
import type { Cause } from '../machinery/status.ts';
import type { ObjectSchema } from './schema.ts';

export interface Kind<T extends ApiObject = ApiObject> extends Resource {
  singular: string;
  listKind: string;
  shortNames?: readonly string[];
  categories?: readonly string[];
  /** One sentence in our own words, for `kubectl explain`. */
  description: string;
  /** The whole object: apiVersion, kind, metadata and the rest; carries defaults, patch keys and protobuf tags. */
  schema: ObjectSchema;
  columns: readonly Column<T>[];
  /** Verbs served; all of them when absent. Virtual kinds (reviews) serve `create` only. */
  verbs?: readonly Verb[];
  /** Never stored: `create` answers what `review` computes (SubjectAccessReview and the like live in control/api). */
  virtual?: boolean;
  /** Field selectors beyond metadata.name and metadata.namespace: name → value of this object. */
  selectableFields?: Readonly<Record<string, FieldValue<T>>>;
  subresources?: {
    /** `status` is a separate endpoint; the main one ignores changes to `status` and the other way round. */
    status?: boolean;
    scale?: ScaleSpec<T>;
    /** Subresources whose code is in control/api/subresources (log, binding, eviction, exec, token, approval, finalize, …). */
    others?: readonly { name: string; kind: string; group?: string; version?: string; verbs: readonly Verb[] }[];
  };
  /** Default true: a spec change increments metadata.generation. False for kinds without a spec (ConfigMap, Event, Lease…). */
  generation?: boolean;
  allowCreateOnUpdate?: boolean;
  /** PUT without resourceVersion overwrites. */
  allowUnconditionalUpdate?: boolean;
  /** Fills what a constant `default` in the schema cannot express (defaults that depend on other fields). Runs after schema defaults. */
  setDefaults?(object: T): void;
  /** Drops what a client may not set (status), in place. Called once for a create, before validation. */
  prepareForCreate?(object: T): void;
  /** Copies what this endpoint may not change from `current` to `next`, in place. */
  prepareForUpdate?(next: T, current: T, subresource: string | undefined): void;
  /** Beyond what the schema says; paths and wording follow Kubernetes' field.Error. */
  validate?(object: T): Cause[];
  validateUpdate?(next: T, current: T, subresource: string | undefined): Cause[];
  /** `metadata.name` rule; DNS-1123 subdomain when absent. Returns what is wrong. */
  validateName?(name: string): string[];
  /** Seconds an object may take to end before it is removed (pods); absent: deletion is immediate. */
  gracePeriodSeconds?(object: T, requested: number | undefined): number;
  /**
   * For objects with more to give up than finalizers (Namespace): marks one that was asked to go, in place, and says whether
   * something is left that keeps it. Asked on each deletion, and after each change of an object that is ending.
   */
  holdDeletion?(object: T): boolean;
  /** Values unique in the whole cluster that this object owns while it exists: `serviceips/10.96.0.7`. The store reserves them in the same transaction. */
  claims?(object: T): string[];
}

/** Written as a method's type so that a Kind of pods is also a Kind of objects. */
type FieldValue<T> = { of(object: T): string }['of'];

export type Verb = 'get' | 'list' | 'watch' | 'create' | 'update' | 'patch' | 'delete' | 'deletecollection';

export interface Column<T> {
  name: string;
  type: 'string' | 'integer' | 'number' | 'boolean' | 'date';
  format?: string;
  description: string;
  /** 0 is always shown, 1 with `-o wide`. */
  priority?: number;
  /** `now` in milliseconds, for ages. Dates are cells of RFC 3339 text only for CRDs; built-ins give `5d3h`. */
  cell(object: T, now: number): string | number | boolean | null;
}

interface ScaleSpec<T> {
  get(object: T): { replicas: number; statusReplicas: number; selector: string };
  set(object: T, replicas: number): void;
}
