/**
 * Builds the example apps from npm packages alone: `node wasm-apps/build.ts [NAME …]` writes wasm-apps/NAME/build/NAME.wasm.
 * The command line (`skerry demo`), tests and examples call `buildApp`.
 *
 * Always: an output newer than its sources is not built again, and a reader never sees half of one.
 */
import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = import.meta.dirname;
const WASI_VERSION = '0.2.12';
/**
 * componentize-qjs 0.4.5 mistakes wasi 0.2 resources for those of its own engine, so it is given a version that it does not
 * know. Afterwards that is put right, to another 0.2 than the engine's own imports have: one name must not come twice.
 */
const STRANGE_VERSION = '9.9.99';
const JAVASCRIPT_VERSION = '0.2.11';

const APPS = {
  'hello-http': 'component',
  caller: 'component',
  counter: 'command',
  'crash-loop': 'command',
  'hello-js': 'javascript',
} as const;

export type AppName = keyof typeof APPS;
export const appNames = Object.keys(APPS) as AppName[];

/** Resolves to the path of the module, built when it has to be. */
export async function buildApp(name: AppName): Promise<string> {
  const output = join(here, name, 'build', `${name}.wasm`);
  if (await isFresh(name, output)) return output;
  const bytes = await make(name);
  await mkdir(dirname(output), { recursive: true });
  const aside = `${output}.${process.pid}`;
  await writeFile(aside, bytes);
  await rename(aside, output);
  return output;
}

function make(name: AppName): Promise<Uint8Array> {
  const kind = APPS[name];
  switch (kind) {
    case 'component':
      return component(name);
    case 'command':
      return assemble(name, 'preview1');
    case 'javascript':
      return javascript(name);
  }
}

async function isFresh(name: AppName, output: string): Promise<boolean> {
  const built = await stat(output).catch(() => undefined);
  if (built === undefined) return false;
  const folders = [join(here, name, 'source'), join(here, 'wasi', 'source'), join(here, 'wit')];
  const listed = await Promise.all(folders.map(async f => (await readdir(f)).map(file => join(f, file))));
  const sources = [import.meta.filename, ...listed.flat()];
  const times = await Promise.all(sources.map(async file => (await stat(file)).mtimeMs));
  return times.every(time => time < built.mtimeMs);
}

interface Compiler {
  main(
    args: string[],
    api: { writeFile(name: string, content: Uint8Array | string): void },
  ): Promise<{ error: Error | null; stderr: { toString(): string } }>;
}

/** By URL, so that AssemblyScript's global types (its own `console`, `WebAssembly`) do not become ours. */
async function compiler(): Promise<Compiler> {
  const load = async () => import(import.meta.resolve('assemblyscript/asc')) as Promise<{ default: Compiler }>;
  return (await load().catch(missing('assemblyscript'))).default;
}

/** Core wasm from AssemblyScript; `shared` is the file of wasm-apps/wasi that has `abort`. */
async function assemble(name: AppName, shared: 'memory' | 'preview1'): Promise<Uint8Array> {
  const asc = await compiler();
  const entry = `${name}/source/main.ts`;
  const out: { bytes?: Uint8Array } = {};
  const flags = ['-O3z', '--runtime', 'minimal', '--noAssert', '--use', `abort=wasi/source/${shared}/abort`];
  const { error, stderr } = await asc.main([entry, '--baseDir', here, '--outFile', 'main.wasm', ...flags], {
    writeFile: (_name: string, content: Uint8Array | string) => {
      if (typeof content !== 'string') out.bytes = content;
    },
  });
  if (error || out.bytes === undefined) throw new Error(`${name} does not compile:\n${stderr.toString()}`);
  return out.bytes;
}

async function component(name: AppName): Promise<Uint8Array> {
  const { componentEmbed, componentNew } = await import('@bytecodealliance/jco-transpile/wasm-tools');
  const core = renameExport(
    await assemble(name, 'memory'),
    'handle',
    `wasi:http/incoming-handler@${WASI_VERSION}#handle`,
  );
  const witSource = [
    await readFile(join(here, 'wit', 'worlds.wit'), 'utf8'),
    ...(await wasiPackages()).map(p => p.nested),
  ].join('\n');
  const embedded = await componentEmbed({ binary: core, witSource, world: 'service', stringEncoding: 'utf8' });
  return componentNew(embedded, []);
}

async function javascript(name: AppName): Promise<Uint8Array> {
  const { componentize } = await import('componentize-qjs').catch(missing('componentize-qjs'));
  const folder = join(here, name, 'build', `wit.${process.pid}`);
  try {
    const witPath = await writeStrangeWit(folder);
    const jsPath = join(here, name, 'source', 'main.js');
    const jsSource = await readFile(jsPath, 'utf8');
    const built = await componentize({ witPath, world: 'service', jsSource, jsPath, sync: true, optSize: true });
    return replaceBytes(built.component, `@${STRANGE_VERSION}`, `@${JAVASCRIPT_VERSION}`);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function writeStrangeWit(folder: string): Promise<string> {
  const strange = (text: string) => text.replaceAll(`@${WASI_VERSION}`, `@${STRANGE_VERSION}`);
  for (const { folder: name, text } of await wasiPackages()) {
    await mkdir(join(folder, 'deps', name), { recursive: true });
    await writeFile(join(folder, 'deps', name, 'package.wit'), strange(text));
  }
  await writeFile(join(folder, 'worlds.wit'), strange(await readFile(join(here, 'wit', 'worlds.wit'), 'utf8')));
  return folder;
}

/** The WASI 0.2 interfaces that jco brings along: as files, and as nested packages of one text. */
async function wasiPackages(): Promise<{ folder: string; text: string; nested: string }[]> {
  const jco = dirname(fileURLToPath(import.meta.resolve('@bytecodealliance/jco')));
  const root = join(jco, '..', 'lib', 'wit', 'builtin', WASI_VERSION);
  const folders = (await readdir(root)).sort();
  return Promise.all(
    folders.map(async folder => {
      const text = await readFile(join(root, folder, 'package.wit'), 'utf8');
      const nested = `${text.replace(/^package ([^;]+);/m, 'package $1 {')}\n}\n`;
      return { folder, text, nested };
    }),
  );
}

const missing = (name: string) => (cause: unknown) => {
  throw new Error(`${name} is not installed (an optional dependency): npm install ${name}`, { cause });
};

/** Rewrites one name in the export section: AssemblyScript cannot spell names such as `wasi:http/…#handle`. */
function renameExport(module: Uint8Array, from: string, to: string): Uint8Array {
  const parts: Uint8Array[] = [module.subarray(0, 8)];
  for (let at = 8; at < module.length; ) {
    const id = module[at]!;
    const [length, start] = readLength(module, at + 1);
    const end = start + length;
    const body = id === EXPORT_SECTION ? renamed(module.subarray(start, end), from, to) : module.subarray(start, end);
    parts.push(Uint8Array.from([id, ...encodeLength(body.length)]), body);
    at = end;
  }
  return Buffer.concat(parts);
}

const EXPORT_SECTION = 7;

function renamed(section: Uint8Array, from: string, to: string): Uint8Array {
  const [count, first] = readLength(section, 0);
  const parts: Uint8Array[] = [section.subarray(0, first)];
  let at = first;
  for (let i = 0; i < count; i++) {
    const [length, start] = readLength(section, at);
    const name = Buffer.from(section.subarray(start, start + length)).toString();
    const [, end] = readLength(section, start + length + 1);
    const next = Buffer.from(name === from ? to : name);
    parts.push(Uint8Array.from(encodeLength(next.length)), next, section.subarray(start + length, end));
    at = end;
  }
  return Buffer.concat(parts);
}

function readLength(bytes: Uint8Array, at: number): [value: number, next: number] {
  let value = 0;
  for (let shift = 0; ; shift += 7) {
    const byte = bytes[at++]!;
    value |= (byte & 0x7f) << shift;
    if (byte < 0x80) return [value >>> 0, at];
  }
}

function encodeLength(value: number): number[] {
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...encodeLength(value >>> 7)];
}

function replaceBytes(bytes: Uint8Array, from: string, to: string): Uint8Array {
  const out = Buffer.from(bytes);
  for (let at = out.indexOf(from); at >= 0; at = out.indexOf(from, at)) out.write(to, at);
  return out;
}

if (import.meta.main) {
  const asked = process.argv.slice(2);
  const unknown = asked.filter(name => !Object.hasOwn(APPS, name));
  if (unknown.length > 0) {
    console.error(`no such app: ${unknown.join(', ')} (there are ${appNames.join(', ')})`);
    process.exit(2);
  }
  for (const name of asked.length > 0 ? (asked as AppName[]) : appNames) {
    const begun = performance.now();
    const path = await buildApp(name);
    const { size } = await stat(path);
    console.log(
      `${path}  ${(size / 1024).toFixed(1)} KB  ${Math.round(performance.now() - begun)} ms`.replace(`${here}/`, ''),
    );
  }
}
