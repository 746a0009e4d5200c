/** The part of the WebAssembly JavaScript API that the runtime uses, with JSPI, which TypeScript's own libraries lack. */
declare namespace WebAssembly {
  type ExportValue = ((...args: never[]) => unknown) | Memory | Table | Global;
  type Exports = Record<string, ExportValue>;
  type Imports = Record<string, Record<string, ExportValue | Suspending>>;
  type Kind = 'function' | 'table' | 'memory' | 'global' | 'tag';
  class Module {
    constructor(bytes: Uint8Array);
    static imports(module: Module): { module: string; name: string; kind: Kind }[];
    static exports(module: Module): { name: string; kind: Kind }[];
  }
  class Instance {
    constructor(module: Module, imports?: Imports);
    readonly exports: Exports;
  }
  class Memory {
    private constructor();
    readonly buffer: ArrayBuffer;
  }
  class Table {
    private constructor();
    readonly length: number;
  }
  class Global {
    private constructor();
    value: unknown;
  }
  class CompileError extends Error {}
  class RuntimeError extends Error {}
  class Suspending {
    constructor(call: (...args: never[]) => unknown);
  }
  function compile(bytes: Uint8Array): Promise<Module>;
  function promising(call: (...args: never[]) => unknown): (...args: (number | bigint)[]) => Promise<unknown>;
}
