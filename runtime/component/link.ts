/**
 * Instantiates a parsed component: core modules are linked to each other and, where the component lowers an import,
 * straight to a host function found by interface and name. No code is generated. One handle table serves the whole
 * instance. Called by the worlds (http-world.ts, command-world.ts).
 */
import type { Component, CoreItem, ExportItem, FunctionItem, InstanceItem } from '../binary/component.ts';
import { Trap } from '../exit.ts';
import { RuntimeError } from '../sandbox.ts';
import { createGuest, createHandles, type Guest, type Handles } from './guest.ts';
import type { FlatFunction, HostTable } from './host-function.ts';

export interface Linked {
  handles: Handles;
  /** A function exported by an exported interface: `exported('wasi:cli/run', 'run')`. */
  exported(interfaceName: string, name: string): Exported | undefined;
  memoryBytes(): number;
}
interface Exported {
  core: (...args: (number | bigint)[]) => unknown;
  post: ((...args: (number | bigint)[]) => unknown) | undefined;
}

type Code = Component<WebAssembly.Module>;
type Value = Instance | Func;
type Instance = { is: 'host'; name: string } | { is: 'guest'; exports: Map<string, Value> };
type Func = { is: 'host-function'; interface: string; name: string } | ({ is: 'guest-function' } & Exported);

interface Shared {
  host: HostTable;
  handles: Handles;
  memories: Set<WebAssembly.Memory>;
  grown(): void;
}

export function link(component: Code, host: HostTable, grown: () => void): Linked {
  const shared: Shared = { host, handles: createHandles(), memories: new Set(), grown };
  const exports = instantiate(component, shared, undefined);
  return {
    handles: shared.handles,
    exported(interfaceName, name) {
      const full = [...exports.keys()].find(key => unversioned(key) === interfaceName);
      const instance = full === undefined ? undefined : exports.get(full);
      if (instance?.is !== 'guest') return undefined;
      // A component around a component calls the function after its import.
      const found = instance.exports.get(name) ?? instance.exports.get(`import-func-${name}`);
      return found?.is === 'guest-function' ? found : undefined;
    },
    memoryBytes: () => [...shared.memories].reduce((sum, memory) => sum + memory.buffer.byteLength, 0),
  };
}

function unversioned(name: string): string {
  const at = name.indexOf('@');
  return at < 0 ? name : name.slice(0, at);
}

/** `args` are what the surrounding component gives; at the outermost level, imports are the host. */
function instantiate(code: Code, shared: Shared, args: Map<string, Value> | undefined): Map<string, Value> {
  const coreInstances: WebAssembly.Exports[] = [];
  const functions: Func[] = [];
  const instances: Instance[] = [];
  const coreFunctions: WebAssembly.ExportValue[] = [];
  const guests = new Map<string, Guest>();

  const coreItem = (item: CoreItem): WebAssembly.ExportValue => {
    if (item.from === 'export') return present(coreInstances[item.instance]?.[item.name], `core export ${item.name}`);
    if (item.from === 'drop') return (handle: number) => shared.handles.drop(handle);
    return lower(functionAt(item.func), guestFor(item.memory, item.realloc), shared);
  };
  const coreFunction = (index: number) => (coreFunctions[index] ??= coreItem(code.core.func[index]!));
  const guestFor = (memory: number | undefined, realloc: number | undefined): Guest => {
    const key = `${memory} ${realloc}`;
    const known = guests.get(key);
    if (known !== undefined) return known;
    const guest = createGuest(
      shared.handles,
      () => memoryOf(memory === undefined ? undefined : coreItem(code.core.memory[memory]!)),
      () => callable(realloc === undefined ? undefined : coreFunction(realloc), 'realloc'),
      shared.grown,
    );
    guests.set(key, guest);
    return guest;
  };
  const functionAt = (index: number): Func => (functions[index] ??= makeFunction(code.functions[index]!));
  const instanceAt = (index: number): Instance => (instances[index] ??= makeInstance(code.instances[index]!));
  const makeFunction = (item: FunctionItem): Func => {
    if (item.from === 'same') return functionAt(item.index);
    if (item.from === 'import') return asFunction(args?.get(item.name), item.name);
    if (item.from === 'export') return member(instanceAt(item.instance), item.name);
    const post = item.post === undefined ? undefined : callable(coreFunction(item.post), 'post-return');
    return { is: 'guest-function', core: callable(coreFunction(item.core), 'lifted function'), post };
  };
  const makeInstance = (item: InstanceItem): Instance => {
    if (item.from === 'same') return instanceAt(item.index);
    if (item.from === 'import') {
      return args === undefined
        ? { is: 'host', name: unversioned(item.name) }
        : asInstance(args.get(item.name), item.name);
    }
    if (item.from === 'export') {
      const from = instanceAt(item.instance);
      return asInstance(from.is === 'guest' ? from.exports.get(item.name) : undefined, item.name);
    }
    if (item.from === 'inline') return { is: 'guest', exports: collect(item.exports) };
    return { is: 'guest', exports: instantiate(code.components[item.component]!, shared, collect(item.args)) };
  };
  const collect = (items: ExportItem[]) => {
    const values = new Map<string, Value>();
    for (const { name, sort, index } of items) {
      if (sort !== undefined) values.set(name, sort === 'func' ? functionAt(index) : instanceAt(index));
    }
    return values;
  };

  for (const instance of code.coreInstances) {
    if ('exports' in instance) {
      const pick = (sort: 'func' | 'table' | 'memory' | 'global', index: number) =>
        sort === 'func' ? coreFunction(index) : coreItem(code.core[sort][index]!);
      coreInstances.push(Object.fromEntries(instance.exports.map(e => [e.name, pick(e.sort, e.index)])));
    } else {
      const imports = Object.fromEntries(instance.args.map(a => [a.name, coreInstances[a.instance]!]));
      const made = new WebAssembly.Instance(code.modules[instance.module]!, imports).exports;
      for (const value of Object.values(made)) if (value instanceof WebAssembly.Memory) shared.memories.add(value);
      coreInstances.push(made);
    }
  }
  return collect(code.exports);
}

function lower(func: Func, guest: Guest, shared: Shared): WebAssembly.ExportValue {
  if (func.is === 'guest-function') {
    // Built into QuickJS components for their own making, and never called afterwards.
    return () => {
      throw new Trap('one nested component calls another, which the component engine does not do');
    };
  }
  const found = shared.host[func.interface]?.[func.name];
  if (found === undefined) {
    throw new RuntimeError(
      'unsupported-import',
      `module imports ${func.interface}#${func.name} which Skerry does not provide`,
    );
  }
  const bound: FlatFunction = found.bind(guest);
  return (found.blocks ? new WebAssembly.Suspending(bound) : bound) as WebAssembly.ExportValue;
}

function member(instance: Instance, name: string): Func {
  if (instance.is === 'host') return { is: 'host-function', interface: instance.name, name };
  return asFunction(instance.exports.get(name), name);
}

function asFunction(value: Value | undefined, name: string): Func {
  if (value === undefined || value.is === 'host' || value.is === 'guest') throw unsupported(`function ${name}`);
  return value;
}

function asInstance(value: Value | undefined, name: string): Instance {
  if (value === undefined || value.is === 'host-function' || value.is === 'guest-function') {
    throw unsupported(`instance ${name}`);
  }
  return value;
}

function callable(value: WebAssembly.ExportValue | undefined, what: string): (...args: (number | bigint)[]) => number {
  if (typeof value !== 'function') throw new Trap(`the component has no ${what} where it needs one`);
  return value as (...args: (number | bigint)[]) => number;
}

function memoryOf(value: WebAssembly.ExportValue | undefined): WebAssembly.Memory {
  if (!(value instanceof WebAssembly.Memory)) throw new Trap('the component has no memory where it needs one');
  return value;
}

function present(value: WebAssembly.ExportValue | undefined, what: string): WebAssembly.ExportValue {
  if (value === undefined) throw new RuntimeError('malformed', `${what} does not exist`);
  return value;
}

function unsupported(what: string): RuntimeError {
  return new RuntimeError(
    'unsupported-engine',
    `the component needs ${what}, which the component engine does not link`,
  );
}
