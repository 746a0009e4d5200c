/** The names that engine.ts goes by are those of what is really provided. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Guest } from '../../../runtime/component/guest.ts';
import { emptySource } from '../../../runtime/streams.ts';
import { PREVIEW1_FUNCTIONS, PREVIEW2_INTERFACES } from '../../../runtime/wasi/names.ts';
import { createDescriptors } from '../../../runtime/wasi/preview1/descriptors.ts';
import { preview1Functions } from '../../../runtime/wasi/preview1/functions.ts';
import { createHost } from '../../../runtime/wasi/preview2/host.ts';

const test = suite('runtime/wasi/names');
const sink = {
  ready: () => true,
  listen: () => () => undefined,
  room: () => 0,
  write: () => undefined,
  drained: () => true,
  close: () => undefined,
};
const process = { args: [], env: {}, stdin: emptySource, stdout: sink, stderr: sink };
const never = () => Promise.reject(new Error('not asked'));

test('WASI 0.2', () => {
  const host = createHost({ process, mounts: [], outbound: { resolve: never, connect: never } });
  assert.equal(Object.keys(host).sort(), [...PREVIEW2_INTERFACES].sort());
});

test('preview 1', () => {
  const functions = preview1Functions({} as Guest, process, createDescriptors(process, []));
  assert.equal(Object.keys(functions).sort(), [...PREVIEW1_FUNCTIONS].sort());
});

test.run();
