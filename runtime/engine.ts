/**
 * Looks at a module's bytes and decides what runs it: a component goes to the linker, a core module to preview 1, and
 * `wasmer-wasi` is used when asked for. What a module imports and nobody provides is said here, by name, before anything
 * runs. Called by runtime.ts.
 */
import { type Component, parseComponent } from './binary/component.ts';
import { createReader, kindOf, malformed, type Reader } from './binary/reader.ts';
import { MODULE_BYTES_MAX } from './limits.ts';
import { type Engine, type LoadedModule, RuntimeError } from './sandbox.ts';
import { PREVIEW1_FUNCTIONS, PREVIEW2_INTERFACES } from './wasi/names.ts';

export type Inspected =
  | { engine: 'component'; world: LoadedModule['world']; component: Component; loaded: LoadedModule }
  | { engine: 'preview1' | 'wasmer-wasi'; world: 'command' | 'reactor'; bytes: Uint8Array; loaded: LoadedModule };

const PREVIEW1 = 'wasi_snapshot_preview1';

/** Throws RuntimeError. */
export function inspect(digest: string, bytes: Uint8Array, asked?: Engine): Inspected {
  if (bytes.length > MODULE_BYTES_MAX)
    throw malformed(`the module has ${bytes.length} bytes, at most ${MODULE_BYTES_MAX}`);
  if (asked === 'jco') throw new RuntimeError('unsupported-engine', 'the jco engine is not part of this build');
  const kind = kindOf(bytes);
  if (kind === 'component') {
    if (asked !== undefined && asked !== 'component') {
      throw new RuntimeError('unsupported-engine', `a component cannot run on the engine ${asked}`);
    }
    return inspectComponent(digest, bytes);
  }
  if (asked === 'component') throw new RuntimeError('unsupported-engine', 'a core module is no component');
  return inspectCore(digest, bytes, asked ?? 'preview1');
}

function inspectComponent(digest: string, bytes: Uint8Array): Inspected {
  const component = parseComponent(bytes);
  for (const name of component.imports) checkImport(name);
  const exports = component.exports.map(item => item.name);
  const world = worldOf(exports);
  const loaded: LoadedModule = { digest, engine: 'component', world, imports: component.imports, exports };
  return { engine: 'component', world, component, loaded };
}

function checkImport(name: string): void {
  const at = name.indexOf('@');
  const plain = at < 0 ? name : name.slice(0, at);
  const version = at < 0 ? '' : name.slice(at + 1);
  if (!PREVIEW2_INTERFACES.has(plain)) throw missing(name);
  if (version.startsWith('0.3'))
    throw new RuntimeError('unsupported-engine', `module imports ${name}: WASI 0.3 is not provided`);
  if (version !== '' && !/^0\.2\.\d+$/.test(version)) throw missing(name);
}

function worldOf(exports: readonly string[]): LoadedModule['world'] {
  if (exports.some(name => name.startsWith('wasi:http/incoming-handler@0.2.'))) return 'http';
  if (exports.some(name => name.startsWith('wasi:cli/run@0.2.'))) return 'command';
  const later = exports.find(name => /^wasi:(http\/handler|cli\/run)@0\.3/.test(name));
  if (later !== undefined)
    throw new RuntimeError('unsupported-engine', `module exports ${later}: WASI 0.3 is not provided`);
  return 'reactor';
}

function inspectCore(digest: string, bytes: Uint8Array, engine: 'preview1' | 'wasmer-wasi'): Inspected {
  const { imports, exports } = readNames(bytes);
  for (const { module, name } of imports) {
    if (module !== PREVIEW1 || !PREVIEW1_FUNCTIONS.has(name)) throw missing(`${module}.${name}`);
  }
  const world = exports.includes('_start') ? 'command' : 'reactor';
  const names = imports.map(({ module, name }) => `${module}.${name}`);
  return { engine, world, bytes, loaded: { digest, engine, world, imports: names, exports } };
}

interface CoreNames {
  imports: { module: string; name: string }[];
  exports: string[];
}

function readNames(bytes: Uint8Array): CoreNames {
  const names: CoreNames = { imports: [], exports: [] };
  const reader = createReader(bytes, 8);
  while (!reader.done()) {
    const id = reader.byte();
    const body = reader.slice(reader.u32());
    if (id === 2) for (let left = body.count(); left > 0; left--) names.imports.push(readImport(body));
    if (id === 7) {
      for (let left = body.count(); left > 0; left--) {
        names.exports.push(body.name());
        body.byte();
        body.u32();
      }
    }
  }
  return names;
}

function readImport(body: Reader): { module: string; name: string } {
  const found = { module: body.name(), name: body.name() };
  const kind = body.byte();
  // Only functions are provided, so the description of anything else need not be understood to be refused.
  if (kind !== 0) throw missing(`${found.module}.${found.name}`);
  body.u32();
  return found;
}

function missing(name: string): RuntimeError {
  return new RuntimeError('unsupported-import', `module imports ${name} which Skerry does not provide`);
}
