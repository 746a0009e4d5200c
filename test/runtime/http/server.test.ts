/** The HTTP/1.1 server against bytes that no honest client sends, and against honest ones that send them oddly cut. */
import { connect } from 'node:net';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Exchange } from '../../../runtime/http/connection.ts';
import { createHttpServer } from '../../../runtime/http/server.ts';
import { anyReady } from '../../../runtime/streams.ts';
import { random } from '../../lib/random.ts';

const test = suite('runtime/http/server');
const seen: string[] = [];

/** Answers with what it understood: one line for each request. */
async function echo({ head, body, response }: Exchange): Promise<void> {
  seen.push(`${head.method} ${head.target}`);
  if (head.target === '/unread') {
    const writer = response.begin(200, []);
    writer.write(Buffer.from('unread'));
    return writer.finish();
  }
  let text = '';
  for (;;) {
    await anyReady([body]);
    const part = body.read(1_000);
    if (part === null) break;
    text += Buffer.from(part).toString('latin1');
  }
  const writer = response.begin(200, []);
  writer.write(Buffer.from(`${head.method} ${head.target} ${head.authority ?? '-'} [${text}]`));
  writer.finish();
}
const serve = (exchange: Exchange) =>
  void echo(exchange).catch(() => exchange.response.refuse(400, 'the body broke off'));
const server = await createHttpServer('127.0.0.1', 0, serve);
test.after(() => server.close());

/** Everything that comes back until the server closes, or until `quietMs` of silence. */
function exchange(pieces: (string | Buffer)[], quietMs = 60): Promise<{ text: string; closed: boolean }> {
  return new Promise(resolve => {
    const socket = connect(server.port, '127.0.0.1');
    let text = '';
    let timer: ReturnType<typeof setTimeout> | undefined;
    const finish = (closed: boolean) => {
      clearTimeout(timer);
      socket.destroy();
      resolve({ text, closed });
    };
    const rearm = () => {
      clearTimeout(timer);
      timer = setTimeout(finish, quietMs, false);
    };
    socket.on('data', data => {
      text += data.toString('latin1');
      rearm();
    });
    socket.on('close', () => finish(true));
    socket.on('error', () => undefined);
    const send = async () => {
      for (const piece of pieces) {
        socket.write(typeof piece === 'string' ? Buffer.from(piece, 'latin1') : piece);
        if (pieces.length > 1) await new Promise(done => setImmediate(done));
      }
      rearm();
    };
    void send();
  });
}

const statuses = (text: string) => [...text.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(match => Number(match[1]));
const HOST = 'Host: a\r\n';

const REFUSED: [name: string, request: string, status: number][] = [
  [
    'Content-Length and Transfer-Encoding',
    `POST / HTTP/1.1\r\n${HOST}Content-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nX`,
    400,
  ],
  ['two Content-Lengths', `POST / HTTP/1.1\r\n${HOST}Content-Length: 1\r\nContent-Length: 2\r\n\r\nab`, 400],
  ['two equal Content-Lengths', `POST / HTTP/1.1\r\n${HOST}Content-Length: 1\r\nContent-Length: 1\r\n\r\na`, 400],
  ['a list as Content-Length', `POST / HTTP/1.1\r\n${HOST}Content-Length: 1, 1\r\n\r\na`, 400],
  ['a signed Content-Length', `POST / HTTP/1.1\r\n${HOST}Content-Length: +1\r\n\r\na`, 400],
  ['a hexadecimal Content-Length', `POST / HTTP/1.1\r\n${HOST}Content-Length: 0x1\r\n\r\na`, 400],
  ['an enormous Content-Length', `POST / HTTP/1.1\r\n${HOST}Content-Length: 99999999999999999999\r\n\r\n`, 400],
  ['bare LF after the request line', `GET / HTTP/1.1\nHost: a\r\n\r\n`, 400],
  ['bare LF between headers', `GET / HTTP/1.1\r\nHost: a\nX: b\r\n\r\n`, 400],
  ['bare LF at the end', `GET / HTTP/1.1\r\nHost: a\r\n\n`, 400],
  ['bare CR in a value', `GET / HTTP/1.1\r\nHost: a\r\nX: a\rb\r\n\r\n`, 400],
  ['NUL in a value', `GET / HTTP/1.1\r\nHost: a\r\nX: a\0b\r\n\r\n`, 400],
  ['obs-fold', `GET / HTTP/1.1\r\nHost: a\r\nX: a\r\n b\r\n\r\n`, 400],
  ['white space before the colon', `POST / HTTP/1.1\r\n${HOST}Content-Length : 1\r\n\r\na`, 400],
  ['white space before the first header', `GET / HTTP/1.1\r\n Host: a\r\n\r\n`, 400],
  ['a header without a name', `GET / HTTP/1.1\r\nHost: a\r\n: b\r\n\r\n`, 400],
  ['a header without a colon', `GET / HTTP/1.1\r\nHost: a\r\nX\r\n\r\n`, 400],
  ['no Host', `GET / HTTP/1.1\r\n\r\n`, 400],
  ['two Hosts', `GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n`, 400],
  ['a Host with a path', `GET / HTTP/1.1\r\nHost: a/b\r\n\r\n`, 400],
  ['two spaces in the request line', `GET  / HTTP/1.1\r\n${HOST}\r\n`, 400],
  ['a tab in the request line', `GET\t/ HTTP/1.1\r\n${HOST}\r\n`, 400],
  ['a target with a space', `GET /a b HTTP/1.1\r\n${HOST}\r\n`, 400],
  ['a target that is no path', `GET a HTTP/1.1\r\n${HOST}\r\n`, 400],
  ['a fragment in the target', `GET /#a HTTP/1.1\r\n${HOST}\r\n`, 400],
  ['a byte above ASCII in the target', `GET /\xe4 HTTP/1.1\r\n${HOST}\r\n`, 400],
  ['a version in lower case', `GET / http/1.1\r\n${HOST}\r\n`, 400],
  ['HTTP/0.9', 'GET /\r\n\r\n', 400],
  ['HTTP/2.0', `GET / HTTP/2.0\r\n${HOST}\r\n`, 505],
  ['the HTTP/2 preface', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 505],
  ['CONNECT', `CONNECT a:80 HTTP/1.1\r\n${HOST}\r\n`, 501],
  ['an unknown transfer coding', `POST / HTTP/1.1\r\n${HOST}Transfer-Encoding: gzip, chunked\r\n\r\n`, 501],
  ['a coding with white space inside', `POST / HTTP/1.1\r\n${HOST}Transfer-Encoding: chun ked\r\n\r\n`, 501],
  [
    'two Transfer-Encodings',
    `POST / HTTP/1.1\r\n${HOST}Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n`,
    400,
  ],
  ['a transfer coding in HTTP/1.0', `POST / HTTP/1.0\r\n${HOST}Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n`, 400],
  ['an unknown expectation', `POST / HTTP/1.1\r\n${HOST}Expect: 200-maybe\r\nContent-Length: 1\r\n\r\na`, 417],
  ['a head that is too long', `GET / HTTP/1.1\r\n${HOST}X: ${'a'.repeat(40_000)}\r\n\r\n`, 431],
  ['too many headers', `GET / HTTP/1.1\r\n${HOST}${'X: a\r\n'.repeat(200)}\r\n`, 431],
  ['a target that is too long', `GET /${'a'.repeat(9_000)} HTTP/1.1\r\n${HOST}\r\n`, 414],
];

for (const [name, request, status] of REFUSED) {
  test(`refused and cut off: ${name}`, async () => {
    seen.length = 0;
    // What follows in the same bytes must never be taken for a request.
    const { text, closed } = await exchange([`${request}GET /smuggled HTTP/1.1\r\n${HOST}\r\n`]);
    assert.equal(statuses(text), [status]);
    assert.ok(closed, 'the connection is closed');
    assert.equal(
      seen.filter(line => line.includes('smuggled')),
      [],
    );
  });
}

const CHUNKED = `POST /c HTTP/1.1\r\n${HOST}Transfer-Encoding: chunked\r\n\r\n`;
for (const [name, body] of [
  ['a size that is not hexadecimal', 'g\r\na\r\n0\r\n\r\n'],
  ['a negative size', '-1\r\na\r\n0\r\n\r\n'],
  ['a size with 0x', '0x1\r\na\r\n0\r\n\r\n'],
  ['a size with a space before it', ' 1\r\na\r\n0\r\n\r\n'],
  ['a size with a space after it', '1 \r\na\r\n0\r\n\r\n'],
  ['an empty size', '\r\na\r\n0\r\n\r\n'],
  ['an enormous size', 'fffffffffffffffff\r\na'],
  ['a size line that ends in LF', '1\na\r\n0\r\n\r\n'],
  ['a chunk longer than it says', '1\r\nab\r\n0\r\n\r\n'],
  ['a chunk that ends in LF', '1\r\na\n0\r\n\r\n'],
  ['a bare CR in an extension', '1;a\rb\r\na\r\n0\r\n\r\n'],
  ['an endless extension', `1;${'a'.repeat(5_000)}`],
  ['a bad trailer', '0\r\nX : a\r\n\r\n'],
  ['endless trailers', `0\r\n${'X: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\r\n'.repeat(1_000)}`],
] as const) {
  test(`a chunked body cut off: ${name}`, async () => {
    const { text, closed } = await exchange([CHUNKED + body]);
    assert.equal(statuses(text), [400]);
    assert.ok(closed, 'the connection is closed');
  });
}

const HONEST =
  `GET /one HTTP/1.1\r\n${HOST}\r\n` +
  `POST /two HTTP/1.1\r\n${HOST}Content-Length: 5\r\n\r\nhello` +
  `POST /three HTTP/1.1\r\n${HOST}Transfer-Encoding: chunked\r\n\r\n5;ext="x"\r\nhello\r\n6\r\n world\r\n0\r\nTrailer: x\r\n\r\n` +
  `\r\nHEAD /four HTTP/1.1\r\n${HOST}\r\n` +
  `GET http://other:81/five?q HTTP/1.1\r\n${HOST}\r\n` +
  `OPTIONS * HTTP/1.1\r\n${HOST}Connection: close\r\n\r\n`;
const BODIES = [
  'GET /one a []',
  'POST /two a [hello]',
  'POST /three a [hello world]',
  'GET /five?q other:81 []',
  'OPTIONS * a []',
];

test('pipelined requests are answered in order, however the bytes are cut', async () => {
  const dice = random(7);
  for (let round = 0; round < 25; round++) {
    const pieces: string[] = [];
    for (let at = 0; at < HONEST.length; ) {
      const end = round === 0 ? HONEST.length : at + 1 + dice.below(round === 1 ? 1 : 40);
      pieces.push(HONEST.slice(at, end));
      at = end;
    }
    const { text, closed } = await exchange(pieces, 1_000);
    assert.equal(statuses(text), [200, 200, 200, 200, 200, 200], `round ${round}`);
    let from = 0;
    for (const body of BODIES) {
      from = text.indexOf(body, from);
      assert.ok(from >= 0, `round ${round}: ${body}`);
    }
    assert.ok(closed);
  }
});

test('Expect: 100-continue is answered when the body is wanted', async () => {
  const head = `POST /e HTTP/1.1\r\n${HOST}Expect: 100-continue\r\nContent-Length: 2\r\nConnection: close\r\n\r\n`;
  const { text } = await exchange([head, 'ok'], 500);
  assert.equal(statuses(text), [100, 200]);
  assert.match(text, /\[ok\]$/);
});

test('HTTP/1.0 is closed unless it asks to be kept, and gets no chunks', async () => {
  const { text, closed } = await exchange(['GET / HTTP/1.0\r\n\r\n'], 500);
  assert.match(text, /connection: close/);
  assert.match(text, /GET \/ - \[\]$/);
  assert.ok(closed);
  const kept = await exchange(['GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n']);
  assert.match(kept.text, /connection: keep-alive/);
  assert.not(kept.closed);
});

test('an upgrade that is not served is answered as if it were not asked for', async () => {
  const { text } = await exchange([`GET /u HTTP/1.1\r\n${HOST}Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n`]);
  assert.equal(statuses(text), [200]);
});

test('a body that the guest does not read is thrown away, and the next request is served', async () => {
  const body = 'x'.repeat(100_000);
  const first = `POST /unread HTTP/1.1\r\n${HOST}Content-Length: ${body.length}\r\n\r\n`;
  const { text } = await exchange([first, body, `GET /next HTTP/1.1\r\n${HOST}\r\n`], 300);
  assert.equal(statuses(text), [200, 200]);
  assert.match(text, 'GET /next a []');
});

test('a client that closes in the middle disturbs nobody', async () => {
  await exchange([`POST /x HTTP/1.1\r\n${HOST}Content-Length: 10\r\n\r\nabc`], 10);
  await exchange([`GET /x HT`], 10);
  const { text } = await exchange([`GET /after HTTP/1.1\r\n${HOST}\r\n`]);
  assert.match(text, 'GET /after a []');
});

test('mutated requests are answered or refused, never by an exception', async () => {
  const dice = random(11);
  for (let round = 0; round < 300; round++) {
    const bytes = Buffer.from(HONEST, 'latin1');
    for (let n = 1 + dice.below(4); n > 0; n--) bytes[dice.below(bytes.length)] = dice.below(256);
    const { text } = await exchange([bytes], 5);
    for (const status of statuses(text))
      assert.ok([100, 200, 400, 414, 417, 431, 501, 505].includes(status), `${status}`);
  }
});

test('a server that ends still answers for a while, and tells its clients to leave', async () => {
  const ending = await createHttpServer('127.0.0.1', 0, serve);
  const kept = connect(ending.port, '127.0.0.1');
  let text = '';
  kept.on('data', data => (text += data.toString('latin1')));
  const closed = new Promise(resolve => kept.on('close', resolve));
  const ask = async (path: string) => {
    kept.write(`GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`);
    while (!text.includes(path)) await new Promise(resolve => setTimeout(resolve, 5));
  };
  await ask('/before');
  assert.not.match(text, /connection: close/);
  const still = connect(ending.port, '127.0.0.1');
  const stillClosed = new Promise(resolve => still.on('close', resolve));
  const drained = ending.drain(200);
  await ask('/kept');
  assert.match(text, /connection: close/);
  await closed;
  const answer = await fetch(`http://127.0.0.1:${ending.port}/new`);
  assert.is(answer.headers.get('connection'), 'close');
  await drained;
  still.end();
  await stillClosed;
  assert.is(await fetch(`http://127.0.0.1:${ending.port}/late`).catch(error => error.cause.code), 'ECONNREFUSED');
});

test.run();
