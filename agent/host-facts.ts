/** What this box is and has: read from the operating system. Called by main and register. */
import { createHash } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { readFile, readlink, statfs } from 'node:fs/promises';
import * as os from 'node:os';
import { availableMemory, constrainedMemory } from 'node:process';
import type { Health, HostFacts } from './node-object.ts';

const ARCHITECTURES: Readonly<Record<string, string>> = { x64: 'amd64', ia32: '386' };

/** Memory is what this process may have: a control group may give it less than the box has. */
export async function readHostFacts(directory: string): Promise<HostFacts> {
  const text = (path: string) =>
    readFile(path, 'utf8').then(
      content => content.trim(),
      () => '',
    );
  const [machineId, bootId, release, network, disk] = await Promise.all([
    text('/etc/machine-id'),
    text('/proc/sys/kernel/random/boot_id'),
    text('/etc/os-release'),
    readlink('/proc/self/ns/net').catch(() => ''),
    statfs(directory).catch(() => undefined),
  ]);
  const id = createHash('sha256')
    .update(`${bootId || os.hostname()} ${network}`)
    .digest('hex');
  return {
    hostname: os.hostname(),
    cpus: os.availableParallelism(),
    memoryBytes: Math.min(os.totalmem(), constrainedMemory() || Number.POSITIVE_INFINITY),
    diskBytes: disk ? disk.blocks * disk.bsize : 0,
    architecture: ARCHITECTURES[os.arch()] ?? os.arch(),
    operatingSystem: os.platform(),
    kernelVersion: os.release(),
    osImage: /^PRETTY_NAME="?([^"\n]*)/m.exec(release)?.[1] ?? os.version(),
    machineId: machineId || id.slice(0, 32),
    bootId,
    hostId: id.slice(0, 16),
  };
}

export async function readHealth(directory: string): Promise<Omit<Health, 'notReady'>> {
  const disk = await statfs(directory).catch(() => undefined);
  return {
    memoryAvailableBytes: Math.min(os.freemem(), availableMemory()),
    diskAvailableBytes: disk ? disk.bavail * disk.bsize : 0,
    diskBytes: disk ? disk.blocks * disk.bsize : 0,
  };
}

/** The address by which this box reaches the server; never a loopback address while there is another. */
export async function findNodeIp(server: string): Promise<string> {
  const { hostname } = new URL(server);
  const socket = createSocket('udp4');
  try {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    socket.on('error', reject);
    // Nothing is sent: connecting a datagram socket only asks the routing table.
    socket.connect(9, hostname, resolve);
    await promise;
    const { address } = socket.address();
    if (!address.startsWith('127.')) return address;
  } catch {
    // No route: any address of ours will do.
  } finally {
    socket.close();
  }
  const found = Object.values(os.networkInterfaces())
    .flat()
    .find(one => one?.family === 'IPv4' && !one.internal);
  return found?.address ?? '127.0.0.1';
}
