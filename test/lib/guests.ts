/**
 * The runtime's own test guests, made from test/data/guests/*.wat: small enough to break one rule each. Built once per
 * content, into a folder that runs share.
 */
import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, rename, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { componentEmbed, componentNew, parse } from '@bytecodealliance/jco-transpile/wasm-tools';

const SOURCES = join(import.meta.dirname, '..', 'data', 'guests');
const WASI_VERSION = '0.2.12';

/** A component that answers HTTP; see web.wat for what it can do. */
export function webGuest(): Promise<Uint8Array> {
  return cached('web.wat', async text => {
    const embedded = await componentEmbed({
      binary: await parse(text),
      witSource: await wasiText(),
      world: 'guest',
      stringEncoding: 'utf8',
    });
    return componentNew(embedded, []);
  });
}

/** A preview 1 command; see command.wat for what it can do. */
export function commandGuest(): Promise<Uint8Array> {
  return cached('command.wat', parse);
}

/** Any core module or component from its text. */
export const fromText = (text: string): Promise<Uint8Array> => parse(text);

async function cached(name: string, make: (text: string) => Promise<Uint8Array>): Promise<Uint8Array> {
  const text = await readFile(join(SOURCES, name), 'utf8');
  const digest = createHash('sha256')
    .update(text)
    .update(await readFile(import.meta.filename))
    .digest('hex');
  const path = join(tmpdir(), 'skerry-test-guests', `${digest}.wasm`);
  const known = await readFile(path).catch(() => undefined);
  if (known !== undefined) return known;
  const bytes = await make(text);
  await mkdir(dirname(path), { recursive: true });
  await writeFile(`${path}.${process.pid}`, bytes);
  await rename(`${path}.${process.pid}`, path);
  return bytes;
}

/** The interfaces of WASI 0.2 that jco brings along, as one text with a world that serves HTTP. */
async function wasiText(): Promise<string> {
  const jco = dirname(fileURLToPath(import.meta.resolve('@bytecodealliance/jco')));
  const root = join(jco, '..', 'lib', 'wit', 'builtin', WASI_VERSION);
  const texts = await Promise.all(
    (await readdir(root)).sort().map(folder => readFile(join(root, folder, 'package.wit'), 'utf8')),
  );
  const packages = texts.map(text => `${text.replace(/^package ([^;]+);/m, 'package $1 {')}\n}\n`);
  return `package test:guests;\nworld guest {\n  include wasi:http/proxy@${WASI_VERSION};\n}\n${packages.join('\n')}`;
}
