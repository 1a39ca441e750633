import { FUEL_EXPORT } from './fuel.ts'
import { openValueMemory, type Address, type ValueMemory } from './value-memory.ts'

const INITIAL_PAGES = 64 // 4 MiB: fewer are too few for policies with much literal text
const MAXIMUM_PAGES = 512 // 32 MiB: input is bounded, so what needs more is a fault
const RESET_AFTER_BYTES = 4 * 1024 * 1024 // a reset clears caches, so not at every call: 13 µs instead of 20 µs a decision
const ABI_VERSION = 1

/**
 * Instructions that one question may run, counted as `withFuel` counts them: too many rather than too few. A usual decision takes
 * less than a thousandth; what uses it up has run for some tens of milliseconds, in which nobody else was served.
 */
export const QUESTION_FUEL = 500_000_000

interface OpaExports {
  /** Absent in a module that was not compiled by `compileMetered`. */
  readonly [FUEL_EXPORT]?: WebAssembly.Global
  readonly opa_wasm_abi_version: WebAssembly.Global
  opa_malloc (bytes: number): number
  opa_json_parse (address: number, bytes: number): number
  opa_json_dump (address: number): number
  opa_heap_ptr_get (): number
  opa_heap_ptr_set (address: number): void
  opa_heap_blocks_stash (): void
  opa_eval_ctx_new (): number
  opa_eval_ctx_set_input (context: number, address: number): void
  opa_eval_ctx_set_data (context: number, address: number): void
  opa_eval_ctx_set_entrypoint (context: number, id: number): void
  opa_eval_ctx_get_result (context: number): number
  eval (context: number): number
  builtins (): number
  entrypoints (): number
}

/** The policy ran longer than one question may. */
export class OutOfFuel extends Error {
  override readonly name = 'OutOfFuel'
}

/** One instance of a compiled policy. After anything it throws it must be discarded: its stack is not restored. */
export interface WasmInstance {
  readonly entrypoints: Readonly<Record<string, number>>
  /** Where input may be put without writing it as JSON; null when the policy's runtime is not known. */
  readonly values: ValueMemory | null
  /**
   * The result set as JSON text, `[]` when undefined. The input is JSON text or what was put into `values`. Synchronous; not re-entrant.
   *
   * @throws OutOfFuel; Error on any other fault
   */
  evaluate (entrypoint: number, input: string | Address): string
}

/**
 * Instantiates a policy with its data, over OPA's documented WebAssembly ABI.
 *
 * @throws Error when the ABI is another, the data are not JSON, or the policy asks for a built-in: none is provided
 */
export function instantiatePolicy (module: WebAssembly.Module, dataText: string): WasmInstance {
  const memory = new WebAssembly.Memory({ initial: INITIAL_PAGES, maximum: MAXIMUM_PAGES })
  const abi = link(module, memory)
  const text = createTextMemory(memory, abi)
  const missing = Object.keys(text.read(abi.builtins()) as object)
  if (missing.length > 0) throw new Error(`the policy needs built-ins that are not provided: ${missing.join(', ')}`)
  const entrypoints = text.read(abi.entrypoints()) as Readonly<Record<string, number>>
  const data = text.write(dataText)
  const fuel = abi[FUEL_EXPORT]
  const values = openValueMemory(memory, {
    opa_malloc: abi.opa_malloc,
    opa_json_dump: abi.opa_json_dump,
    readText: text.readText,
    parse (jsonText) {
      if (fuel !== undefined) fuel.value = QUESTION_FUEL // what the last question left may be nothing
      return text.write(jsonText)
    },
  })
  const heapStart = abi.opa_heap_ptr_get()
  // Free blocks inside the data region must not be handed out again after a reset.
  abi.opa_heap_blocks_stash()

  function evaluate (entrypoint: number, input: string | Address): string {
    if (abi.opa_heap_ptr_get() > heapStart + RESET_AFTER_BYTES) abi.opa_heap_ptr_set(heapStart)
    const address = typeof input === 'string' ? text.write(input) : input
    const context = abi.opa_eval_ctx_new()
    abi.opa_eval_ctx_set_input(context, address)
    abi.opa_eval_ctx_set_data(context, data)
    abi.opa_eval_ctx_set_entrypoint(context, entrypoint)
    abi.eval(context)
    return text.readText(abi.opa_json_dump(abi.opa_eval_ctx_get_result(context)))
  }

  return {
    entrypoints,
    values,
    evaluate (entrypoint, input) {
      if (fuel !== undefined) fuel.value = QUESTION_FUEL
      try {
        return evaluate(entrypoint, input)
      } catch (cause) {
        // A loop that runs on and on traps before it pays: nothing else in a policy traps as `unreachable`.
        throw isUnreachable(cause) ? new OutOfFuel('the policy ran longer than one question may', { cause }) : cause
      }
    },
  }
}

function link (module: WebAssembly.Module, memory: WebAssembly.Memory): OpaExports {
  const refuse = (): never => { throw new Error('the policy called a built-in that is not provided') }
  const instance = new WebAssembly.Instance(module, {
    env: {
      memory,
      opa_abort: (address: number): never => { throw new Error(`the policy aborted: ${textAt(memory, address)}`) },
      opa_println: () => {}, // print statements are erased by the build; nothing of a rule goes to a log
      opa_builtin0: refuse,
      opa_builtin1: refuse,
      opa_builtin2: refuse,
      opa_builtin3: refuse,
      opa_builtin4: refuse,
    },
  })
  const abi = instance.exports as unknown as OpaExports
  if (abi.opa_wasm_abi_version.value !== ABI_VERSION) throw new Error('the policy was compiled for another WebAssembly ABI')
  return abi
}

function createTextMemory (memory: WebAssembly.Memory, abi: OpaExports) {
  const encoder = new TextEncoder()
  function readText (address: number): string {
    return textAt(memory, address)
  }
  return {
    readText,
    read (value: number): unknown {
      return JSON.parse(readText(abi.opa_json_dump(value)))
    },
    /** Copies JSON text in and parses it. */
    write (jsonText: string): number {
      const room = jsonText.length * 3 // the most UTF-8 bytes that UTF-16 units can take
      const address = abi.opa_malloc(room)
      const { written } = encoder.encodeInto(jsonText, new Uint8Array(memory.buffer, address, room))
      const value = abi.opa_json_parse(address, written)
      if (value === 0) throw new Error('OPA could not parse the JSON it was given')
      return value
    },
  }
}

function isUnreachable (cause: unknown): boolean {
  return cause instanceof WebAssembly.RuntimeError && cause.message.includes('unreachable')
}

const decoder = new TextDecoder('utf-8', { fatal: true })

function textAt (memory: WebAssembly.Memory, address: number): string {
  const bytes = new Uint8Array(memory.buffer, address)
  const end = bytes.indexOf(0)
  return decoder.decode(end === -1 ? bytes : bytes.subarray(0, end))
}
