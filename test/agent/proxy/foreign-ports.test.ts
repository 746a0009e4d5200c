/** Who holds a node port: one of us, or somebody else. */
import { setTimeout as sleep } from 'node:timers/promises';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createForeignPorts } from '../../../agent/proxy/foreign-ports.ts';
import { createVirtualClock } from '../../lib/virtual-clock.ts';

const test = suite('foreign ports');
const KEY = '127.0.0.1:30080';

function agent(name: string, scope = `test-${process.pid}`) {
  const clock = createVirtualClock();
  const told: string[] = [];
  const ports = createForeignPorts({ clock, scope, foreign: key => void told.push(`${name} ${key}`) });
  const after = async (ms: number) => {
    await clock.advance(ms);
    // Marks are real sockets.
    await sleep(20);
  };
  return { ...ports, told, after };
}

test('a port that nobody of us has is told by one of us, once', async () => {
  const [one, two] = [agent('one'), agent('two')];
  for (const each of [one, two]) for (let i = 0; i < 3; i++) each.heard(KEY, 'waiting');
  assert.equal([...one.told, ...two.told], []);
  await one.after(2_000);
  await two.after(2_000);
  one.heard(KEY, 'waiting');
  await one.after(120_000);
  await two.after(120_000);
  assert.equal([...one.told, ...two.told], [`one ${KEY}`]);
  one.close();
  two.close();
});

test('a port that a sibling has is not told, until that one ends and somebody else is faster', async () => {
  const [one, two] = [agent('one'), agent('two')];
  one.heard(KEY, 'bound');
  await one.after(0);
  two.heard(KEY, 'waiting');
  await two.after(120_000);
  assert.equal(two.told, []);
  one.close();
  await two.after(30_000);
  assert.equal(two.told, [`two ${KEY}`]);
  two.close();
});

test('what was waited for and came, or is not wanted any more, is not told', async () => {
  const one = agent('one');
  one.heard(KEY, 'waiting');
  one.heard(KEY, 'bound');
  await one.after(60_000);
  one.heard(KEY, 'gone');
  one.heard(KEY, 'waiting');
  one.heard(KEY, 'gone');
  await one.after(60_000);
  assert.equal(one.told, []);
  one.close();
});

test('agents of another cluster are foreign', async () => {
  const [ours, theirs] = [agent('ours'), agent('theirs', `other-${process.pid}`)];
  theirs.heard(KEY, 'bound');
  await theirs.after(0);
  ours.heard(KEY, 'waiting');
  await ours.after(2_000);
  assert.equal(ours.told, [`ours ${KEY}`]);
  ours.close();
  theirs.close();
});

if (process.platform === 'linux') test.run();
else {
  console.log('skipped: foreign ports: only Linux has abstract sockets');
}
