import { setImmediate } from 'node:timers/promises'
import { GatewayError } from '../../core/errors.ts'
import { createWasmReader, positiveSignedLeb, unsignedLeb } from './bytes.ts'
import { readFunctions, type Region, type WasmFunction } from './functions.ts'
import { countImports, functionTypes, GLOBAL_KIND, type FunctionType } from './module.ts'
import { OP } from './opcodes.ts'
import { withRuntimeParts } from './runtime-parts.ts'
import { joinBytes, readSections, SECTION, writeSections } from './sections.ts'

/** The exported global that holds how many instructions may still run. */
export const FUEL_EXPORT = 'weir_fuel'

/** The most that the global can hold. */
export const MAX_FUEL = 0x7fff_ffff

const MAX_FREE_INSTRUCTIONS = 256 // a function that cannot run longer is paid for by whoever calls it
const MAX_CHARGE = 0x0fff_ffff // what is taken at once; a module this large is refused long before
const TURN_MS = 1 // about what a request takes
const I32 = 0x7f
const MUTABLE = 0x01
const EMPTY_BLOCK = 0x40

/**
 * The same module, but it counts the instructions it runs, takes them from the global `weir_fuel`, and traps (`unreachable`) once
 * that is below 0. Synchronous WebAssembly cannot be interrupted from outside, so the way to end a rule that runs too long is
 * inside of it. Each turn of every loop and every call counts, but for calls of small functions, which their callers pay for.
 *
 * Loops count in a local and pay when their function ends: a global at each turn made decisions a fifth slower. So a loop may run up
 * to `MAX_FUEL` instructions before it traps, whatever less is left.
 * The global starts at its maximum, so that the caller decides what is metered.
 *
 * @throws RangeError when the module is malformed or uses an instruction that is not known: it must not run then
 */
export function withFuel (wasm: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  const steps = metering(wasm)
  for (;;) {
    const step = steps.next()
    if (step.done === true) return step.value
  }
}

/** The same in small steps, for a thread that has others to serve meanwhile. */
function * metering (wasm: Uint8Array<ArrayBuffer>): Generator<undefined, Uint8Array<ArrayBuffer>> {
  // Code may name only globals that it has. The one added here would make a name of it valid that was not before.
  if (!WebAssembly.validate(wasm)) throw new RangeError('it is not valid WebAssembly')
  const sections = readSections(wasm)
  const imports = countImports(sections)
  const code = sections.get(SECTION.code) ?? Uint8Array.of(0)
  const functions: WasmFunction[] = []
  for (const one of readFunctions(code, imports.functions)) {
    functions.push(one)
    yield
  }
  const globals = withOneMore(sections.get(SECTION.global), [I32, MUTABLE, OP.i32Const, ...positiveSignedLeb(MAX_FUEL), OP.end])
  const fuel = imports.globals + globals.before
  // Two exports of one name make a module invalid: whoever brings such an export is refused when it is compiled.
  const name = [...unsignedLeb(FUEL_EXPORT.length), ...Buffer.from(FUEL_EXPORT)]
  const exported = withOneMore(sections.get(SECTION.export), [...name, GLOBAL_KIND, ...unsignedLeb(fuel)])
  return writeSections(new Map([
    ...sections,
    [SECTION.global, globals.section],
    [SECTION.export, exported.section],
    [SECTION.code, yield * meteredCode(code, functions, functionTypes(sections), fuel)],
  ]))
}

/** A section that is a list, with one more item behind the others. */
function withOneMore (section: Uint8Array = Uint8Array.of(0), item: readonly number[]): { readonly section: Uint8Array, readonly before: number } {
  const reader = createWasmReader(section)
  const before = reader.index()
  return { section: joinBytes([Uint8Array.from(unsignedLeb(before + 1)), section.subarray(reader.at()), Uint8Array.from(item)]), before }
}

function * meteredCode (code: Uint8Array, functions: readonly WasmFunction[], types: readonly FunctionType[], fuel: number): Generator<undefined, Uint8Array> {
  const free = freeFunctions(functions)
  const parts: Uint8Array[] = [Uint8Array.from(unsignedLeb(functions.length))]
  for (const [place, one] of functions.entries()) {
    const body = free.has(one.index) ? [code.subarray(one.start, one.end)] : meteredBody(code, one, types[place], { free, fuel })
    parts.push(Uint8Array.from(unsignedLeb(body.reduce((sum, { length }) => sum + length, 0))), ...body)
    yield
  }
  return joinBytes(parts)
}

interface Metering { readonly free: ReadonlyMap<number, number>, readonly fuel: number }

function meteredBody (code: Uint8Array, one: WasmFunction, type: FunctionType | undefined, { free, fuel }: Metering): Uint8Array[] {
  if (type === undefined) throw new RangeError('a function of the WebAssembly has no type')
  const { start, end, entry, loops, returns, locals } = one
  const cost = costOf(entry, free)
  if (loops.length === 0) return [code.subarray(start, entry.at), pay(fuel, [OP.i32Const, ...positiveSignedLeb(cost)]), code.subarray(entry.at, end)]
  const counter = unsignedLeb(type.parameters + locals.count)
  const payAll = pay(fuel, [OP.localGet, ...counter])
  const inserted = [
    ...loops.map((loop) => ({ at: loop.at, bytes: countTurn(costOf(loop, free), counter) })),
    ...returns.map((at) => ({ at, bytes: payAll })),
  ].sort((a, b) => a.at - b.at)
  const declarations = code.subarray(locals.at, entry.at)
  return [
    Uint8Array.from(unsignedLeb(locals.groups + 1)), declarations, Uint8Array.of(1, I32),
    // What branched out of the function now ends this block, and pays behind it.
    Uint8Array.from([OP.block, type.result ?? EMPTY_BLOCK, OP.i32Const, ...positiveSignedLeb(cost), OP.localSet, ...counter]),
    ...spliced(code, entry.at, end, inserted),
    payAll, Uint8Array.of(OP.end),
  ]
}

function spliced (code: Uint8Array, start: number, end: number, inserted: ReadonlyArray<{ readonly at: number, readonly bytes: Uint8Array }>): Uint8Array[] {
  let from = start
  const parts = inserted.flatMap(({ at, bytes }) => {
    const part = code.subarray(from, at)
    from = at
    return [part, bytes]
  })
  return [...parts, code.subarray(from, end)]
}

/** Takes from the fuel what these instructions put on the stack, and traps when that was more than there is. */
function pay (fuel: number, amount: readonly number[]): Uint8Array {
  const global = unsignedLeb(fuel)
  return Uint8Array.from([
    OP.globalGet, ...global, ...amount, OP.i32Sub, OP.globalSet, ...global,
    OP.globalGet, ...global, OP.i32Const, 0, OP.i32LtS, OP.if, EMPTY_BLOCK, OP.unreachable, OP.end,
  ])
}

/** Adds one turn of a loop to the counter, and traps when that no longer fits. A trap is off the path; paying here would not be. */
function countTurn (cost: number, counter: readonly number[]): Uint8Array {
  return Uint8Array.from([
    OP.localGet, ...counter, OP.i32Const, ...positiveSignedLeb(cost), OP.i32Add, OP.localTee, ...counter,
    OP.i32Const, 0, OP.i32LtS, OP.if, EMPTY_BLOCK, OP.unreachable, OP.end,
  ])
}

function costOf (region: Region, free: ReadonlyMap<number, number>): number {
  const cost = region.calls.reduce((sum, callee) => sum + (free.get(callee) ?? 0), region.instructions)
  if (cost > MAX_CHARGE) throw new RangeError('a function of the WebAssembly is too long')
  return cost
}

/**
 * Functions that need no count of their own, with the most they can run: small, without loops, and calling only others like them.
 * Most of OPA's runtime is made of these; to count at each of them is what would cost.
 */
function freeFunctions (functions: readonly WasmFunction[]): ReadonlyMap<number, number> {
  const byIndex = new Map(functions.map((one) => [one.index, one]))
  const costs = new Map<number, number | null>()

  function boundOf (index: number): number | null {
    const known = costs.get(index)
    if (known !== undefined) return known
    const one = byIndex.get(index)
    if (one === undefined) return 0 // imported: the host's own, none of which runs for long
    costs.set(index, null) // whoever calls itself, by whatever way round, is not free
    const bound = boundOfBody(one)
    costs.set(index, bound)
    return bound
  }

  function boundOfBody ({ entry, loops, isOpen }: WasmFunction): number | null {
    if (isOpen || loops.length > 0) return null
    let sum = entry.instructions
    for (const callee of entry.calls) {
      const bound = boundOf(callee)
      if (bound === null || sum + bound > MAX_FREE_INSTRUCTIONS) return null
      sum += bound
    }
    return sum <= MAX_FREE_INSTRUCTIONS ? sum : null
  }

  return new Map(functions.flatMap(({ index }) => {
    const bound = boundOf(index)
    return bound === null ? [] : [[index, bound] as const]
  }))
}

// A new policy must not hold up those who are still decided by the old one.
async function inTurns<T> (steps: Generator<undefined, T>): Promise<T> {
  let startedAt = performance.now()
  for (;;) {
    const step = steps.next()
    if (step.done === true) return step.value
    if (performance.now() - startedAt < TURN_MS) continue
    await setImmediate()
    startedAt = performance.now()
  }
}

/**
 * Compiles a policy so that it can be metered.
 *
 * @throws GatewayError WEIR_ERR_POLICY_BUILD when it is no WebAssembly, or none that can be metered
 */
export async function compileMetered (wasm: Uint8Array): Promise<WebAssembly.Module> {
  try {
    return await WebAssembly.compile(await inTurns(metering(withRuntimeParts(new Uint8Array(wasm)))))
  } catch (cause) {
    throw new GatewayError('WEIR_ERR_POLICY_BUILD', 'The compiled policy is not WebAssembly whose running time can be limited.', { cause })
  }
}
