/**
 * What the verbs work with: the server's parts as one value, made in app.ts and handed down. Each verb is a function of it
 * and of one request.
 */
import type { Admission, Lister } from '../admission/chain.ts';
import type { Credentials } from '../auth/authenticate.ts';
import type { Attributes, Decision, Identity } from '../auth/identity.ts';
import type { Tokens } from '../auth/tokens.ts';
import type { Kind } from '../kinds/strategy.ts';
import type { Log } from '../machinery/log.ts';
import type { Clock, Dice } from '../platform/types.ts';
import type { Store } from '../store/store.ts';
import type { AllocatorOf } from './allocation.ts';
import type { Objects } from './objects.ts';
import type { ApiContext } from './request.ts';
import type { Tunnels } from './tunnel.ts';

export interface Api {
  store: Store;
  kinds: Kinds;
  objects: Objects;
  admission: Admission;
  lister: Lister;
  allocatorOf: AllocatorOf;
  authenticate: Authenticate;
  authorize: Authorize;
  rulesOf: RulesOf | undefined;
  clock: Clock;
  dice: Dice;
  log: Log;
  /** Ends with the server: watches end with it. */
  signal: AbortSignal;
  tunnels: Tunnels | undefined;
  tokens: Tokens | undefined;
}

/** The Kinds by their address; the list may grow while the server runs (custom resources). */
export interface Kinds {
  find(group: string, version: string, resource: string): Kind | undefined;
  /** The version that is stored, for lookups by admission. */
  stored(group: string, resource: string): Kind | undefined;
  all(): readonly Kind[];
}

export type Authorize = (attributes: Attributes) => Promise<Decision> | Decision;

/** Everything a user may do in a namespace, as SelfSubjectRulesReview answers it. */
export type RulesOf = (user: Identity, namespace: string) => Promise<SubjectRules> | SubjectRules;

interface SubjectRules {
  resourceRules: { verbs: string[]; apiGroups?: string[]; resources?: string[]; resourceNames?: string[] }[];
  nonResourceRules: { verbs: string[]; nonResourceURLs?: string[] }[];
  incomplete: boolean;
  evaluationError?: string;
}

/** Undefined: nobody that is known, which is not the same as a wrong proof (that throws Unauthorized). */
export type Authenticate = (credentials: Credentials) => Promise<Identity | undefined> | Identity | undefined;

export type Verb = (api: Api, c: ApiContext, kind: Kind) => Promise<Response>;
