/**
 * Reviews of who somebody is, and requests for tokens.
 */
import {
  array,
  boolean,
  int64,
  map,
  object,
  optional,
  pointer,
  required,
  type Static,
  string,
  time,
  wrappedArray,
} from '../schema.ts';

const UserInfo = object('io.k8s.api.authentication.v1.UserInfo', 'A user as the authenticator sees it.', {
  username: optional(1, string()),
  uid: optional(2, string()),
  groups: optional(3, array(string(), { type: 'atomic' })),
  extra: optional(4, map(wrappedArray(string()))),
});

export const SelfSubjectReviewStatus = object(
  'io.k8s.api.authentication.v1.SelfSubjectReviewStatus',
  'Who the caller is.',
  {
    userInfo: optional(1, UserInfo),
  },
);
export type SelfSubjectReviewStatus = Static<typeof SelfSubjectReviewStatus>;

export const TokenReviewSpec = object('io.k8s.api.authentication.v1.TokenReviewSpec', 'The token to look at.', {
  token: optional(1, string()),
  audiences: optional(2, array(string(), { type: 'atomic' })),
});
export type TokenReviewSpec = Static<typeof TokenReviewSpec>;

export const TokenReviewStatus = object('io.k8s.api.authentication.v1.TokenReviewStatus', 'Whose token it is.', {
  authenticated: optional(1, boolean()),
  user: optional(2, UserInfo),
  audiences: optional(4, array(string(), { type: 'atomic' })),
  error: optional(3, string()),
});
export type TokenReviewStatus = Static<typeof TokenReviewStatus>;

const BoundObjectReference = object(
  'io.k8s.api.authentication.v1.BoundObjectReference',
  'The object without which the token is void.',
  {
    kind: optional(1, string()),
    apiVersion: optional(2, string()),
    name: optional(3, string()),
    uid: optional(4, string()),
  },
);

export const TokenRequestSpec = object('io.k8s.api.authentication.v1.TokenRequestSpec', 'What token is wanted.', {
  audiences: required(1, array(string(), { type: 'atomic' })),
  expirationSeconds: pointer(4, int64()),
  boundObjectRef: pointer(3, BoundObjectReference),
});
export type TokenRequestSpec = Static<typeof TokenRequestSpec>;

export const TokenRequestStatus = object(
  'io.k8s.api.authentication.v1.TokenRequestStatus',
  'The token and when it ends.',
  {
    token: required(1, string()),
    expirationTimestamp: required(2, time()),
  },
);
export type TokenRequestStatus = Static<typeof TokenRequestStatus>;
