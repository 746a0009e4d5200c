/** Logs: what is written comes back as `kubectl logs` asks for it, across rotation, while it is written, in order. */
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createLineSplitter, LOG_LINE_BYTES_MAX, parseRecord } from '../../agent/log-format.ts';
import { type LogQuery, readLog } from '../../agent/log-reader.ts';
import { createPodLogs, type PodLogs } from '../../agent/logs.ts';
import { createNodePlatform } from '../../control/platform/node.ts';

const test = suite('logs');
const TIME = Date.parse('2026-01-01T00:00:00Z');

async function within(play: (logs: PodLogs, directory: string, setTime: (ms: number) => void) => Promise<void>) {
  const directory = await mkdtemp(join(tmpdir(), 'skerry-logs-'));
  let now = TIME;
  const clock = { ...createNodePlatform().clock, now: () => now };
  try {
    const limits = { fileBytesMax: 1000, filesMax: 3 };
    await play(createPodLogs({ clock, log: () => {}, limits }), directory, ms => (now = ms));
  } finally {
    await rm(directory, { recursive: true });
  }
}

const { clock } = createNodePlatform();

const read = async (logs: PodLogs, directory: string, query: LogQuery = {}, run = 0): Promise<string> => {
  const chunks: Buffer[] = [];
  for await (const chunk of readLog({ logs, clock }, directory, run, query, new AbortController().signal))
    chunks.push(chunk);
  return Buffer.concat(chunks).toString('utf8');
};

test('records are CRI lines; what is not ended by a newline is a line at the end', () => {
  const records: string[] = [];
  const splitter = createLineSplitter('stdout', record => records.push(record.toString()));
  splitter.write(Buffer.from('one\ntw'), TIME);
  splitter.write(Buffer.from('o\nthree'), TIME);
  splitter.end(TIME);
  const head = '2026-01-01T00:00:00.000000000Z stdout F';
  assert.equal(records, [`${head} one\n`, `${head} two\n`, `${head} three\n`]);
});

test('long lines are cut and put together again', () =>
  within(async (logs, directory) => {
    const line = 'x'.repeat(LOG_LINE_BYTES_MAX * 2 + 5);
    const log = await logs.begin(directory, 0);
    await log.write('stdout', Buffer.from(`${line}\nnext\n`));
    await log.end();
    const tags = (await readFile(join(directory, '0.log'), 'latin1'))
      .trimEnd()
      .split('\n')
      .map(text => parseRecord(Buffer.from(text))?.full);
    assert.equal(tags, [false, false, true, true]);
    assert.is(await read(logs, directory), `${line}\nnext\n`);
  }));

test('tail, since, timestamps, limit', () =>
  within(async (logs, directory, setTime) => {
    const log = await logs.begin(directory, 0);
    for (let i = 0; i < 5; i++) {
      setTime(TIME + i * 1000);
      log.write(i % 2 ? 'stderr' : 'stdout', Buffer.from(`line ${i}\n`));
    }
    await log.flush();
    assert.is(await read(logs, directory, { tailLines: 2 }), 'line 3\nline 4\n');
    assert.is(await read(logs, directory, { tailLines: 0 }), '');
    assert.is(await read(logs, directory, { tailLines: 99 }), [0, 1, 2, 3, 4].map(i => `line ${i}\n`).join(''));
    assert.is(await read(logs, directory, { since: TIME + 3000 }), 'line 3\nline 4\n');
    assert.is(await read(logs, directory, { limitBytes: 9 }), 'line 0\nli');
    assert.is(
      await read(logs, directory, { tailLines: 1, timestamps: true }),
      '2026-01-01T00:00:04.000000000Z line 4\n',
    );
    await log.end();
  }));

test('rotation keeps the newest parts, and reading goes over all of them', () =>
  within(async (logs, directory) => {
    const log = await logs.begin(directory, 0);
    for (let i = 0; i < 100; i++) await Promise.all([log.write('stdout', Buffer.from(`line ${i}\n`)), log.flush()]);
    await log.end();
    assert.equal((await readdir(directory)).sort(), ['0.log', '0.log.1', '0.log.2']);
    const lines = (await read(logs, directory)).trimEnd().split('\n');
    assert.is(lines.at(-1), 'line 99');
    assert.ok(lines.length > 40 && lines.length < 100);
    const first = Number(lines[0]!.slice(5));
    assert.equal(
      lines,
      Array.from({ length: lines.length }, (_, i) => `line ${first + i}`),
    );
    assert.is((await read(logs, directory, { tailLines: 30 })).split('\n')[0], 'line 70');
  }));

test('a follower who reads more slowly than the guest prints is told, and not given half a log as a whole one', () =>
  within(async (logs, directory) => {
    const log = await logs.begin(directory, 0);
    log.write('stdout', Buffer.from('first\n'));
    const chunks = readLog({ logs, clock }, directory, 0, { follow: true }, new AbortController().signal);
    assert.is(String((await chunks.next()).value), 'first\n');
    log.write('stdout', Buffer.from('second\n'));
    assert.is(String((await chunks.next()).value), 'second\n');
    for (let i = 0; i < 10; i++) await log.write('stdout', Buffer.alloc(1000 * 1024, `${'x'.repeat(999)}\n`));
    await log.end();
    let error: unknown;
    while (error === undefined) await chunks.next().catch(caught => (error = caught));
    assert.match(String(error), /slower than its writer/);
  }));

test('a burst passes, a flood waits', () =>
  within(async (logs, directory) => {
    const log = await logs.begin(directory, 0);
    const mebibyte = Buffer.alloc(1024 * 1000, `${'x'.repeat(999)}\n`);
    const begun = clock.monotonic();
    for (let i = 0; i < 8; i++) await log.write('stdout', mebibyte);
    // 4 MiB at once, the others at 8 MiB a second.
    assert.ok(clock.monotonic() - begun > 400, `${clock.monotonic() - begun} ms`);
    await log.end();
    const other = await logs.begin(directory, 1);
    const waits = Array.from({ length: 100 }, () => other.write('stdout', Buffer.from('a line\n')));
    assert.ok(waits.every(wait => wait === undefined));
    await other.end();
  }));

test('a follower gets each line once, across rotation, and the end', () =>
  within(async (logs, directory) => {
    const log = await logs.begin(directory, 0);
    const feed = (async () => {
      for (let i = 0; i < 200; i++) {
        log.write('stdout', Buffer.from(`line ${i}\n`));
        if (i % 10 === 0) await new Promise(resolve => setTimeout(resolve, 1));
      }
      await log.end();
    })();
    await new Promise(resolve => setTimeout(resolve, 5));
    const lines = (await read(logs, directory, { follow: true, tailLines: 1 })).trimEnd().split('\n');
    await feed;
    const first = Number(lines[0]!.slice(5));
    assert.equal(
      lines,
      Array.from({ length: 200 - first }, (_, i) => `line ${first + i}`),
    );
  }));

test('the run before is kept, older ones are not', () =>
  within(async (logs, directory) => {
    for (let run = 0; run < 4; run++) {
      const log = await logs.begin(directory, run);
      log.write('stdout', Buffer.from(`run ${run}\n`));
      await log.end();
    }
    assert.equal((await readdir(directory)).sort(), ['2.log', '3.log']);
    assert.is(await read(logs, directory, {}, 2), 'run 2\n');
    assert.is(await read(logs, directory, {}, 0), '');
  }));

test.run();
