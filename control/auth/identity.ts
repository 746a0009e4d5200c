/** Who someone is, and what they want to do. Declared here, filled in by the API, read by every decision in this room. */
export interface Identity {
  name: string;
  uid?: string;
  groups: string[];
  extra?: Record<string, string[]>;
}

/** Absent parts are empty text. */
export interface Attributes {
  user: Identity;
  verb: string;
  group: string;
  version: string;
  resource: string;
  subresource: string;
  namespace: string;
  name: string;
  path: string;
  /** Of a list or watch, as the client wrote it. */
  fieldSelector?: string;
  /** False for paths outside of the API groups: /healthz, /version. */
  resourceRequest: boolean;
}

export interface Decision {
  allowed: boolean;
  /** Why; for a refusal it goes behind the text of `refusalText`. */
  reason?: string;
  evaluationError?: string;
}

export const AUTHENTICATED = 'system:authenticated';
export const UNAUTHENTICATED = 'system:unauthenticated';
/** May do everything, without being asked about: the way back in when roles are broken. */
export const MASTERS = 'system:masters';
export const NODES = 'system:nodes';
export const NODE_USER_PREFIX = 'system:node:';
export const BOOTSTRAPPERS = 'system:bootstrappers';
export const BOOTSTRAP_USER_PREFIX = 'system:bootstrap:';

export const ANONYMOUS: Readonly<Identity> = { name: 'system:anonymous', groups: [UNAUTHENTICATED] };
