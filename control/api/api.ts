/**
 * What the verbs work with: the server's parts as one value, made in app.ts and handed down. Each verb is a function of it
 * and of one request.
 */
import type { Admission } from '../admission/chain.ts';
import type { Kind } from '../kinds/strategy.ts';
import type { Clock, Dice } from '../platform/types.ts';
import type { Store } from '../store/store.ts';
import type { Objects } from './objects.ts';
import type { ApiContext, User } from './request.ts';
import type { Tunnels } from './tunnel.ts';

export interface Api {
  store: Store;
  kinds: Kinds;
  objects: Objects;
  admission: Admission;
  authenticate: Authenticate;
  authorize: Authorize;
  rulesOf: RulesOf | undefined;
  clock: Clock;
  dice: Dice;
  log: Log;
  tunnels: Tunnels | undefined;
  tokens: Tokens | undefined;
}

export type Log = (
  level: 'debug' | 'info' | 'warn' | 'error',
  message: string,
  fields?: Readonly<Record<string, unknown>>,
) => void;

/** The Kinds by their address; the list may grow while the server runs (custom resources). */
export interface Kinds {
  find(group: string, version: string, resource: string): Kind | undefined;
  /** The version that is stored, for lookups by admission. */
  stored(group: string, resource: string): Kind | undefined;
  all(): readonly Kind[];
}

export interface AccessAttributes {
  user: User;
  verb: string;
  group: string;
  version: string;
  resource: string;
  subresource: string;
  namespace: string;
  name: string;
  path: string;
  resourceRequest: boolean;
}

export interface Decision {
  allowed: boolean;
  reason?: string;
  evaluationError?: string;
}

export type Authorize = (attributes: AccessAttributes) => Promise<Decision> | Decision;

/** Everything a user may do in a namespace, as SelfSubjectRulesReview answers it. */
export type RulesOf = (user: User, namespace: string) => Promise<SubjectRules> | SubjectRules;

export interface SubjectRules {
  resourceRules: { verbs: string[]; apiGroups?: string[]; resources?: string[]; resourceNames?: string[] }[];
  nonResourceRules: { verbs: string[]; nonResourceURLs?: string[] }[];
  incomplete: boolean;
  evaluationError?: string;
}

/** What a request shows to prove who it is from. */
export interface Credentials {
  header(name: string): string | undefined;
  peerCertificate?: Uint8Array;
  remoteAddress?: string;
}

/** Undefined: nobody that is known. */
export type Authenticate = (credentials: Credentials) => Promise<User | undefined> | User | undefined;

/** Signs service-account tokens; the request was admitted already. */
export interface Tokens {
  sign(claims: {
    namespace: string;
    serviceAccount: { name: string; uid: string };
    pod?: { name: string; uid: string };
    node?: { name: string; uid: string };
    secret?: { name: string; uid: string };
    audiences: readonly string[];
    expirationSeconds: number;
  }): Promise<{ token: string; expirationTimestamp: string }>;
}

export type Verb = (api: Api, c: ApiContext, kind: Kind) => Promise<Response>;
