import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { SKERRY_VERSION } from '../../../control/machinery/version.ts';

const test = suite('version');

test("Skerry's version is the package's", () => {
  const path = join(import.meta.dirname, '..', '..', '..', 'package.json');
  assert.is(SKERRY_VERSION, JSON.parse(readFileSync(path, 'utf8')).version);
});

test.run();
