/**
 * Which code serves which subresource. A Kind declares that it has one; what it does is a file here, found by its name.
 */
import type { Kind, Verb as KindVerb } from '../../kinds/strategy.ts';
import type { Verb } from '../api.ts';
import { get } from '../verbs/get.ts';
import { patch } from '../verbs/patch.ts';
import { update } from '../verbs/update.ts';
import { approve } from './approval.ts';
import { bind } from './binding.ts';
import { evict } from './eviction.ts';
import { log } from './log.ts';
import { getScale, patchScale, putScale } from './scale.ts';
import { requestToken } from './token.ts';

export type Handlers = Partial<Record<KindVerb, Verb>>;

/** The Kind's own update rules (prepareForUpdate) know what this endpoint may change. */
const AS_OBJECT: Handlers = { get, update, patch };

const OTHERS: Readonly<Record<string, Handlers>> = {
  approval: { get, update: approve(update), patch: approve(patch) },
  binding: { create: bind },
  ephemeralcontainers: AS_OBJECT,
  eviction: { create: evict },
  finalize: { update },
  log: { get: log },
  resize: AS_OBJECT,
  token: { create: requestToken },
};

export function subresourceOf(kind: Kind, name: string): Handlers | undefined {
  const { status, scale, others } = kind.subresources ?? {};
  if (name === 'status') return status ? AS_OBJECT : undefined;
  if (name === 'scale') return scale ? { get: getScale, update: putScale, patch: patchScale } : undefined;
  return others?.some(other => other.name === name) ? OTHERS[name] : undefined;
}
