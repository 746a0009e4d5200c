/**
 * At most one of several candidates works at a time: whoever holds a Lease and renews it. Follows client-go's
 * tools/leaderelection.
 *
 * Always: judges others' leases by its own clock since it last saw them change, never by comparing two machines' clocks;
 * stops working (`work`'s signal fires) when it could not renew for `renewDeadlineMs`; gives the lease back when it ends.
 */

import type { Lease } from '../kinds/lease.ts';
import type { Log } from '../machinery/log.ts';
import type { Key } from '../machinery/meta.ts';
import { LEASES } from '../machinery/resources.ts';
import { isReason } from '../machinery/status.ts';
import type { Clock, Dice } from '../platform/types.ts';
import type { Client } from './client.ts';

const LEASE_DURATION_MS = 15_000;
const RENEW_DEADLINE_MS = 10_000;
const RETRY_PERIOD_MS = 2_000;

export interface LeaderElectionOptions {
  client: Client;
  clock: Clock;
  dice: Dice;
  lease: Key;
  identity: string;
  log?: Log;
  signal: AbortSignal;
  leaseDurationMs?: number;
  renewDeadlineMs?: number;
  retryPeriodMs?: number;
}

/** Runs `work` each time this candidate leads. Resolves after the signal, with the lease given back. */
export async function lead(
  options: LeaderElectionOptions,
  work: (signal: AbortSignal) => Promise<void>,
): Promise<void> {
  const { clock, dice, identity, signal, lease } = options;
  const retryMs = options.retryPeriodMs ?? RETRY_PERIOD_MS;
  const claim = createClaim(options);
  while (!signal.aborted) {
    if (await claim.take()) {
      options.log?.('info', `${identity} leads by ${lease.name}`);
      await whileLeading(options, claim.take, work);
      await claim.giveBack();
    }
    await clock.sleep(retryMs * (1 + 0.2 * dice.random()), signal).catch(() => {});
  }
}

async function whileLeading(
  { clock, signal, log, lease, ...options }: LeaderElectionOptions,
  renew: () => Promise<boolean>,
  work: (signal: AbortSignal) => Promise<void>,
): Promise<void> {
  const term = new AbortController();
  const ends = AbortSignal.any([signal, term.signal]);
  const working = work(ends).catch(error => {
    if (!ends.aborted) log?.('error', `the work of the leader of ${lease.name} failed`, { error: String(error) });
  });
  void working.then(() => term.abort());
  let renewed = clock.monotonic();
  while (!ends.aborted) {
    await clock.sleep(options.retryPeriodMs ?? RETRY_PERIOD_MS, ends).catch(() => {});
    if (ends.aborted) break;
    const before = clock.monotonic();
    if (await renew()) renewed = before;
    else if (clock.monotonic() - renewed > (options.renewDeadlineMs ?? RENEW_DEADLINE_MS)) {
      log?.('warn', `lost the lead by ${lease.name}`);
      term.abort();
    }
  }
  await working;
}

function createClaim({
  client,
  clock,
  lease: key,
  identity,
  signal,
  log,
  leaseDurationMs = LEASE_DURATION_MS,
}: LeaderElectionOptions) {
  let seen: { version: string | undefined; at: number } | undefined;

  const take = async (): Promise<boolean> => {
    try {
      const lease = await read();
      if (!lease) {
        await client.create(LEASES, { ...blank(key), spec: claimed(undefined) }, { signal });
        return true;
      }
      const version = lease.metadata.resourceVersion;
      if (!seen || seen.version !== version) seen = { version, at: clock.monotonic() };
      const { holderIdentity: holder, leaseDurationSeconds = leaseDurationMs / 1000 } = lease.spec;
      const free = !holder || holder === identity || clock.monotonic() - seen.at > leaseDurationSeconds * 1000;
      if (!free) return false;
      await client.update(LEASES, { ...lease, spec: claimed(lease) }, { signal });
      return true;
    } catch (error) {
      if (!signal.aborted) log?.('debug', `could not take ${key.name}`, { error: String(error) });
      return false;
    }
  };

  const read = async (): Promise<Lease | undefined> => {
    try {
      return await client.get<Lease>(LEASES, key, { signal });
    } catch (error) {
      if (isReason(error, 'NotFound')) return undefined;
      throw error;
    }
  };

  const claimed = (lease: Lease | undefined): Lease['spec'] => {
    const now = microTime(clock.now());
    const mine = lease?.spec.holderIdentity === identity;
    return {
      holderIdentity: identity,
      leaseDurationSeconds: Math.ceil(leaseDurationMs / 1000),
      acquireTime: mine ? lease.spec.acquireTime : now,
      renewTime: now,
      leaseTransitions: (lease?.spec.leaseTransitions ?? 0) + (mine || !lease ? 0 : 1),
    };
  };

  /** Without the signal: this happens at the end. */
  const giveBack = async (): Promise<void> => {
    try {
      const lease = await client.get<Lease>(LEASES, key);
      if (lease.spec.holderIdentity !== identity) return;
      await client.update(LEASES, { ...lease, spec: { ...lease.spec, holderIdentity: '', leaseDurationSeconds: 1 } });
    } catch (error) {
      log?.('debug', `could not give ${key.name} back`, { error: String(error) });
    }
  };

  return { take, giveBack };
}

const blank = (key: Key) => ({ apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', metadata: { ...key } });

/** metav1.MicroTime */
export const microTime = (milliseconds: number): string => `${new Date(milliseconds).toISOString().slice(0, -1)}000Z`;
