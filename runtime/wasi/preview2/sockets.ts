/**
 * wasi:sockets: names are looked up through the sandbox's Network; sockets themselves are refused with `access-denied`,
 * which is what the interface has for a host that permits none.
 */
import type { Resource } from '../../component/guest.ts';
import { type HostInterface, type HostTable, raw, typed } from '../../component/host-function.ts';
import {
  borrow,
  type Case,
  enumeration,
  fail,
  ok,
  option,
  own,
  type Result,
  result,
  string,
  tuple,
  u8,
  u16,
  variant,
} from '../../component/shapes.ts';
import { Trap } from '../../exit.ts';
import { createSignal, type Waitable } from '../../streams.ts';
import type { Outbound } from './http-client.ts';
import { type IoError, pollable, toPollable } from './io.ts';

interface NetworkHandle extends Resource {
  kind: 'network';
}
interface AddressStream extends Resource {
  kind: 'resolve-address-stream';
  answer: { addresses: Case[] } | { error: string } | undefined;
  on: Waitable;
}

const errorCode = enumeration<string>(
  ...(
    'unknown access-denied not-supported invalid-argument out-of-memory timeout concurrency-conflict not-in-progress ' +
    'would-block invalid-state new-socket-limit address-not-bindable address-in-use remote-unreachable connection-refused ' +
    'connection-reset connection-aborted datagram-too-large name-unresolvable temporary-resolver-failure ' +
    'permanent-resolver-failure'
  ).split(' '),
);
const ACCESS_DENIED = 1;
const ipv4 = tuple<[number, number, number, number]>(u8, u8, u8, u8);
const ipv6 = tuple<number[]>(u16, u16, u16, u16, u16, u16, u16, u16);
const ipAddress = variant<Case>({ ipv4: ipv4 as never, ipv6: ipv6 as never });

export function socketInterfaces(outbound: Outbound): HostTable {
  const network = own<NetworkHandle>('network');
  const stream = borrow<AddressStream>('resolve-address-stream');
  return {
    'wasi:sockets/network': {
      'network-error-code': typed([borrow<IoError>('error')], option(errorCode), _error => undefined),
    },
    'wasi:sockets/instance-network': {
      'instance-network': typed([], network, (): NetworkHandle => ({ kind: 'network' })),
    },
    'wasi:sockets/ip-name-lookup': {
      'resolve-addresses': typed(
        [borrow<NetworkHandle>('network'), string],
        result(own<AddressStream>('resolve-address-stream'), errorCode),
        (_network, name): Result<AddressStream, string> => ok(resolve(outbound, name)),
      ),
      '[method]resolve-address-stream.resolve-next-address': typed(
        [stream],
        result(option(ipAddress), errorCode),
        (s): Result<Case | undefined, string> => {
          if (s.answer === undefined) return fail('would-block');
          return 'error' in s.answer ? fail(s.answer.error) : ok(s.answer.addresses.shift());
        },
      ),
      '[method]resolve-address-stream.subscribe': typed([stream], pollable, s => toPollable(s.on)),
    },
    'wasi:sockets/tcp-create-socket': { 'create-tcp-socket': refused },
    'wasi:sockets/udp-create-socket': { 'create-udp-socket': refused },
    // No socket can exist, so none of their methods can be called with one.
    'wasi:sockets/tcp': withoutSockets('tcp-socket', TCP_METHODS),
    'wasi:sockets/udp': {
      ...withoutSockets('udp-socket', UDP_METHODS),
      ...withoutSockets('incoming-datagram-stream', 'receive subscribe'),
      ...withoutSockets('outgoing-datagram-stream', 'check-send send subscribe'),
    },
  };
}

/** `(family) -> result<socket, error-code>`: the discriminant, and the payload four bytes on. */
const refused = raw<[number, number]>(guest => (_family, pointer) => {
  const view = guest.view();
  view.setUint8(pointer >>> 0, 1);
  view.setUint8((pointer >>> 0) + 4, ACCESS_DENIED);
});

const TCP_METHODS =
  'start-bind finish-bind start-connect finish-connect start-listen finish-listen accept local-address remote-address ' +
  'is-listening address-family set-listen-backlog-size keep-alive-enabled set-keep-alive-enabled keep-alive-idle-time ' +
  'set-keep-alive-idle-time keep-alive-interval set-keep-alive-interval keep-alive-count set-keep-alive-count hop-limit ' +
  'set-hop-limit receive-buffer-size set-receive-buffer-size send-buffer-size set-send-buffer-size subscribe shutdown';
const UDP_METHODS =
  'start-bind finish-bind stream local-address remote-address address-family unicast-hop-limit set-unicast-hop-limit ' +
  'receive-buffer-size set-receive-buffer-size send-buffer-size set-send-buffer-size subscribe';

function withoutSockets(resource: string, methods: string): HostInterface {
  const none = raw(() => () => {
    throw new Trap(`no ${resource} is open`);
  });
  return Object.fromEntries(methods.split(' ').map(name => [`[method]${resource}.${name}`, none]));
}

function resolve(outbound: Outbound, name: string): AddressStream {
  const signal = createSignal();
  const stream: AddressStream = {
    kind: 'resolve-address-stream',
    answer: undefined,
    on: { ready: () => stream.answer !== undefined, listen: signal.listen },
  };
  const settle = (answer: AddressStream['answer']) => {
    stream.answer = answer;
    signal.notify();
  };
  outbound.resolve(name).then(
    addresses => settle({ addresses: addresses.flatMap(toAddress) }),
    () => settle({ error: 'name-unresolvable' }),
  );
  return stream;
}

function toAddress(text: string): Case[] {
  if (!text.includes(':')) return [{ tag: 'ipv4', value: text.split('.').map(Number) }];
  const [head = '', tail] = text.split('::');
  const groups = (part: string) => (part === '' ? [] : part.split(':').map(group => Number.parseInt(group, 16)));
  const [first, last] = [groups(head), groups(tail ?? '')];
  const gap = tail === undefined ? 0 : 8 - first.length - last.length;
  const all = [...first, ...Array<number>(Math.max(0, gap)).fill(0), ...last];
  return all.length === 8 && all.every(group => group >= 0) ? [{ tag: 'ipv6', value: all }] : [];
}
