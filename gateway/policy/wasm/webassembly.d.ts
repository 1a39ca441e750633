/** The part of the WebAssembly API that is used here: TypeScript describes it in the DOM library, which this project leaves out. */
declare namespace WebAssembly {
  class Module {
    private readonly brand: never
    constructor (bytes: Uint8Array)
  }
  class Memory {
    constructor (descriptor: { readonly initial: number, readonly maximum?: number })
    readonly buffer: ArrayBuffer
  }
  class Global { value: unknown }
  class Instance {
    constructor (module: Module, imports?: Readonly<Record<string, Readonly<Record<string, unknown>>>>)
    readonly exports: Readonly<Record<string, unknown>>
  }
  class RuntimeError extends Error {}
  function compile (bytes: Uint8Array): Promise<Module>
  function validate (bytes: Uint8Array): boolean
}
