/**
 * Modules by digest: parsed and compiled once per memory limit, off the caller's thread, a few at a time. The compiled code
 * is shared by all threads that run it. Used by runtime.ts.
 */
import type { Component } from './binary/component.ts';
import { clampLimits } from './binary/core-module.ts';
import { malformed } from './binary/reader.ts';
import type { Inspected } from './engine.ts';
import type { Program } from './protocol.ts';
import { type Engine, RuntimeError } from './sandbox.ts';

export interface ModuleCache {
  /** Answers the key by which it is found. */
  add(inspected: Inspected): string;
  get(key: string): Inspected | undefined;
  remove(key: string): void;
  /** Rejects with RuntimeError. */
  compile(key: string, pagesMax: number): Promise<Program>;
}

const ENTRIES_MAX = 64;
const VARIANTS_MAX = 4;
const COMPILING_MAX = 2;

interface Entry {
  inspected: Inspected;
  variants: Map<number, Promise<Program>>;
}

export function createModuleCache(): ModuleCache {
  const entries = new Map<string, Entry>();
  const inTurn = createTurns(COMPILING_MAX);
  return {
    add(inspected) {
      const key = keyOf(inspected.loaded.digest, inspected.engine);
      entries.set(key, { inspected, variants: new Map() });
      dropOldest(entries, ENTRIES_MAX);
      return key;
    },
    get: key => entries.get(key)?.inspected,
    remove: key => void entries.delete(key),
    compile(key, pagesMax) {
      const entry = entries.get(key);
      if (entry === undefined) {
        return Promise.reject(new RuntimeError('start-failed', `module ${key} has to be loaded again`));
      }
      // The one used last is the last to go.
      entries.delete(key);
      entries.set(key, entry);
      const known = entry.variants.get(pagesMax);
      if (known !== undefined) return known;
      const program = inTurn(() => compile(entry.inspected, pagesMax));
      entry.variants.set(pagesMax, program);
      program.catch(() => entry.variants.delete(pagesMax));
      dropOldest(entry.variants, VARIANTS_MAX);
      return program;
    },
  };
}

/** One digest may be loaded for two engines. */
export function keyOf(digest: string, engine: Engine): string {
  return `${digest} ${engine}`;
}

async function compile(inspected: Inspected, pagesMax: number): Promise<Program> {
  if (inspected.engine === 'component') {
    const { world } = inspected;
    return { engine: 'component', world, component: await compileComponent(inspected.component, pagesMax) };
  }
  const { engine, world } = inspected;
  return { engine, world, module: await compileModule(inspected.bytes, pagesMax) };
}

async function compileComponent(component: Component, pagesMax: number): Promise<Component<WebAssembly.Module>> {
  const modules: WebAssembly.Module[] = [];
  for (const module of component.modules) modules.push(await compileModule(module, pagesMax));
  const components: Component<WebAssembly.Module>[] = [];
  for (const nested of component.components) components.push(await compileComponent(nested, pagesMax));
  return { ...component, modules, components };
}

async function compileModule(bytes: Uint8Array, pagesMax: number): Promise<WebAssembly.Module> {
  const clamped = clampLimits(bytes, pagesMax);
  try {
    return await WebAssembly.compile(clamped);
  } catch (error) {
    throw malformed(error instanceof Error ? error.message : String(error));
  }
}

function dropOldest(map: Map<unknown, unknown>, max: number): void {
  for (const key of map.keys()) {
    if (map.size <= max) return;
    map.delete(key);
  }
}

/** At most `max` at once; the others wait their turn. */
function createTurns(max: number): <T>(work: () => Promise<T>) => Promise<T> {
  const waiting: (() => void)[] = [];
  let running = 0;
  return async work => {
    if (running >= max) await new Promise<void>(resolve => waiting.push(resolve));
    running++;
    try {
      return await work();
    } finally {
      running--;
      waiting.shift()?.();
    }
  };
}
