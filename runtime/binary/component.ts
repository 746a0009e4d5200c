/**
 * Parses a component into what linking needs: core modules, core instances, aliases, canonical functions, imports, exports,
 * nested components. Types are skipped: what a host function takes is known by its name. Every index refers to something
 * defined before it, so whatever walks the result terminates. Called by engine.ts; the result, less its bytes, is posted to
 * workers.
 */
import { RuntimeError } from '../sandbox.ts';
import { createReader, malformed, type Reader } from './reader.ts';

export interface Component<Code = Uint8Array> {
  modules: Code[];
  components: Component<Code>[];
  coreInstances: CoreInstance[];
  core: Record<CoreSort, CoreItem[]>;
  functions: FunctionItem[];
  instances: InstanceItem[];
  imports: string[];
  exports: ExportItem[];
}

type CoreSort = 'func' | 'table' | 'memory' | 'global';
type Sort = 'func' | 'instance';
type CoreInstance =
  | { module: number; args: { name: string; instance: number }[] }
  | { exports: { name: string; sort: CoreSort; index: number }[] };
export type CoreItem =
  | { from: 'export'; instance: number; name: string }
  | { from: 'lower'; func: number; memory?: number; realloc?: number }
  | { from: 'drop' };
export type FunctionItem =
  | { from: 'import'; name: string }
  | { from: 'export'; instance: number; name: string }
  | { from: 'lift'; core: number; memory?: number; post?: number }
  | { from: 'same'; index: number };
export type InstanceItem =
  | { from: 'import'; name: string }
  | { from: 'export'; instance: number; name: string }
  | { from: 'component'; component: number; args: ExportItem[] }
  | { from: 'inline'; exports: ExportItem[] }
  | { from: 'same'; index: number };
export interface ExportItem {
  name: string;
  /** undefined: a type, a value or a component, which linking passes over. */
  sort: Sort | undefined;
  index: number;
}

const CORE_SORTS: readonly (CoreSort | undefined)[] = ['func', 'table', 'memory', 'global'];
const NESTING_MAX = 16;

export function parseComponent(bytes: Uint8Array, nesting = 0): Component {
  if (nesting > NESTING_MAX) throw malformed(`components are nested deeper than ${NESTING_MAX}`);
  const out: Component = {
    modules: [],
    components: [],
    coreInstances: [],
    core: { func: [], table: [], memory: [], global: [] },
    functions: [],
    instances: [],
    imports: [],
    exports: [],
  };
  const spaces: Spaces = { out, nestedComponents: 0 };
  const reader = createReader(bytes, 8);
  while (!reader.done()) {
    const id = reader.byte();
    const body = reader.slice(reader.u32());
    if (id === 1) out.modules.push(body.bytes(body.end - body.at));
    else if (id === 4) {
      const nested = body.bytes(body.end - body.at);
      out.components.push(parseComponent(nested, nesting + 1));
      spaces.nestedComponents++;
    } else readSection(id, body, spaces);
  }
  return out;
}

interface Spaces {
  out: Component;
  nestedComponents: number;
}

function readSection(id: number, body: Reader, spaces: Spaces): void {
  const read = SECTIONS[id];
  if (read === undefined) {
    // Custom sections, core types, types and values say nothing that linking needs.
    if (id === 0 || id === 3 || id === 7 || id === 12) return;
    throw malformed(`component section ${id} is not known`);
  }
  for (let left = body.count(); left > 0; left--) read(body, spaces);
  if (!body.done()) throw malformed(`component section ${id} has ${body.end - body.at} bytes too many`);
}

const SECTIONS: Record<number, (body: Reader, spaces: Spaces) => void> = {
  2: readCoreInstance,
  5: readInstance,
  6: readAlias,
  8: readCanonical,
  10: readImport,
  11: readExport,
};

function readCoreInstance(body: Reader, { out }: Spaces): void {
  const form = body.byte();
  if (form === 0) {
    const module = indexIn(out.modules, body.u32(), 'core module');
    const args = list(body, () => {
      const name = body.name();
      if (body.byte() !== 0x12) throw malformed('a core module takes only instances');
      return { name, instance: indexIn(out.coreInstances, body.u32(), 'core instance') };
    });
    out.coreInstances.push({ module, args });
  } else if (form === 1) {
    const exports = list(body, () => {
      const name = body.name();
      const sort = coreSort(body.byte());
      return { name, sort, index: indexIn(out.core[sort], body.u32(), `core ${sort}`) };
    });
    out.coreInstances.push({ exports });
  } else throw malformed(`core instance of form ${form}`);
}

function readInstance(body: Reader, { out }: Spaces): void {
  const form = body.byte();
  if (form === 0) {
    const component = indexIn(out.components, body.u32(), 'component');
    out.instances.push({ from: 'component', component, args: list(body, () => sortedItem(body, out, body.name())) });
  } else if (form === 1) {
    out.instances.push({ from: 'inline', exports: list(body, () => sortedItem(body, out, externName(body))) });
  } else throw malformed(`instance of form ${form}`);
}

function readAlias(body: Reader, { out }: Spaces): void {
  const sort = body.byte();
  const coreSortByte = sort === 0 ? body.byte() : -1;
  const target = body.byte();
  if (target === 0) {
    const instance = indexIn(out.instances, body.u32(), 'instance');
    const name = body.name();
    if (sort === 1) out.functions.push({ from: 'export', instance, name });
    else if (sort === 5) out.instances.push({ from: 'export', instance, name });
    else if (sort !== 3) throw unsupported('takes a module or component out of an instance');
  } else if (target === 1) {
    const instance = indexIn(out.coreInstances, body.u32(), 'core instance');
    out.core[coreSort(coreSortByte)].push({ from: 'export', instance, name: body.name() });
  } else if (target === 2) {
    body.u32();
    body.u32();
    // Types from outside are skipped like all types; code from outside is a composition, which this linker does not do.
    const isType = sort === 3 || (sort === 0 && coreSortByte === 0x10);
    if (!isType) throw unsupported('shares modules or components between nested components');
  } else throw malformed(`alias of form ${target}`);
}

function readCanonical(body: Reader, { out }: Spaces): void {
  const operation = body.byte();
  if (operation === 0) {
    if (body.byte() !== 0) throw malformed('canon lift');
    const core = indexIn(out.core.func, body.u32(), 'core function');
    const { memory, post } = readOptions(body, out);
    body.u32();
    out.functions.push({ from: 'lift', core, memory, post });
  } else if (operation === 1) {
    if (body.byte() !== 0) throw malformed('canon lower');
    const func = indexIn(out.functions, body.u32(), 'function');
    const { memory, realloc } = readOptions(body, out);
    out.core.func.push({ from: 'lower', func, memory, realloc });
  } else if (operation === 3) {
    body.u32();
    out.core.func.push({ from: 'drop' });
  } else if (operation === 2 || operation === 4) throw unsupported('defines resources of its own');
  else throw unsupported(`uses canonical operation 0x${operation.toString(16)} (asynchronous WASI 0.3, or threads)`);
}

function readOptions(body: Reader, out: Component): { memory?: number; realloc?: number; post?: number } {
  const options: { memory?: number; realloc?: number; post?: number } = {};
  for (let left = body.count(); left > 0; left--) {
    const option = body.byte();
    if (option === 3) options.memory = indexIn(out.core.memory, body.u32(), 'core memory');
    else if (option === 4) options.realloc = indexIn(out.core.func, body.u32(), 'core function');
    else if (option === 5) options.post = indexIn(out.core.func, body.u32(), 'core function');
    else if (option === 1 || option === 2) throw unsupported('passes strings in UTF-16');
    else if (option !== 0) throw unsupported(`uses canonical option 0x${option.toString(16)} (asynchronous WASI 0.3)`);
  }
  return options;
}

function readImport(body: Reader, { out }: Spaces): void {
  const name = externName(body);
  const sort = externDescription(body);
  out.imports.push(name);
  if (sort === 'func') out.functions.push({ from: 'import', name });
  else if (sort === 'instance') out.instances.push({ from: 'import', name });
  else if (sort === 'other') throw unsupported(`imports a module or component (${name})`);
}

function readExport(body: Reader, { out }: Spaces): void {
  const item = sortedItem(body, out, externName(body));
  if (body.byte() === 1) externDescription(body);
  out.exports.push(item);
  if (item.sort === 'func') out.functions.push({ from: 'same', index: item.index });
  else if (item.sort === 'instance') out.instances.push({ from: 'same', index: item.index });
}

function sortedItem(body: Reader, out: Component, name: string): ExportItem {
  const sort = body.byte();
  if (sort === 0) body.byte();
  const index = body.u32();
  if (sort === 1) return { name, sort: 'func', index: indexIn(out.functions, index, 'function') };
  if (sort === 5) return { name, sort: 'instance', index: indexIn(out.instances, index, 'instance') };
  if (sort > 5) throw malformed(`sort ${sort}`);
  return { name, sort: undefined, index };
}

function externName(body: Reader): string {
  const form = body.byte();
  if (form > 2) throw malformed(`name of form ${form}`);
  const name = body.name();
  if (form === 2 && body.count() > 0) throw unsupported('has attributes on its names');
  return name;
}

function externDescription(body: Reader): Sort | 'type' | 'other' {
  const form = body.byte();
  if (form === 0) body.byte();
  if (form === 2 || form === 3) {
    const bound = body.byte();
    if (form === 3 && bound === 1) return 'type';
    body.u32();
    return form === 3 ? 'type' : 'other';
  }
  body.u32();
  if (form === 1) return 'func';
  if (form === 5) return 'instance';
  return 'other';
}

function coreSort(byte: number): CoreSort {
  const sort = CORE_SORTS[byte];
  if (sort === undefined) throw unsupported(`uses core sort 0x${byte.toString(16)}`);
  return sort;
}

function indexIn(space: readonly unknown[], index: number, what: string): number {
  if (index >= space.length) throw malformed(`${what} ${index} is used before it is defined`);
  return index;
}

function list<T>(body: Reader, read: () => T): T[] {
  const out: T[] = [];
  for (let left = body.count(); left > 0; left--) out.push(read());
  return out;
}

function unsupported(what: string): RuntimeError {
  return new RuntimeError('unsupported-engine', `the component ${what}, which the component engine does not do`);
}
