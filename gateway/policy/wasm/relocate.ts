import { createWasmReader, positiveSignedLeb, unsignedLeb, type WasmReader } from './bytes.ts'
import { immediateOf, OP, skipImmediate } from './opcodes.ts'
import { joinBytes } from './sections.ts'

/** Where the globals of a function are in another module, or what their value is there. */
export type PlacedGlobal = { readonly index: number } | { readonly value: number }

/**
 * The body of a function for another module, where its functions and globals have other indexes.
 *
 * @throws RangeError when it is malformed or names anything else
 */
export function relocated (body: Uint8Array, functions: readonly number[], globals: readonly PlacedGlobal[]): Uint8Array {
  const reader = createWasmReader(body)
  skipLocals(reader)
  const parts: Uint8Array[] = []
  let from = 0
  while (!reader.isAtEnd()) {
    const at = reader.at()
    const opcode = reader.byte()
    const moved = movedInstruction(opcode, reader, functions, globals)
    if (moved === null) continue
    parts.push(body.subarray(from, at), Uint8Array.from(moved))
    from = reader.at()
  }
  return joinBytes([...parts, body.subarray(from)])
}

/** Passes over the declarations of locals that a function's body begins with. */
export function skipLocals (reader: WasmReader): void {
  for (let groups = reader.index(); groups > 0; groups -= 1) {
    reader.index()
    reader.byte() // a value type
  }
}

/** Passes over the instructions that say what a global begins with. */
export function skipExpression (reader: WasmReader): void {
  for (let opcode = reader.byte(); opcode !== OP.end; opcode = reader.byte()) skipOperand(opcode, reader)
}

function movedInstruction (opcode: number, reader: WasmReader, functions: readonly number[], globals: readonly PlacedGlobal[]): number[] | null {
  if (opcode === OP.call) return [OP.call, ...unsignedLeb(placed(functions, reader.index()))]
  if (opcode === OP.globalGet || opcode === OP.globalSet) {
    const place = placed(globals, reader.index())
    if ('index' in place) return [opcode, ...unsignedLeb(place.index)]
    if (opcode === OP.globalGet) return [OP.i32Const, ...positiveSignedLeb(place.value)]
  }
  if (opcode === OP.globalSet || opcode === OP.callIndirect) throw new RangeError('a function of the WebAssembly cannot be moved')
  skipOperand(opcode, reader)
  return null
}

function skipOperand (opcode: number, reader: WasmReader): void {
  const immediate = immediateOf(opcode)
  if (immediate === null) throw new RangeError(`the WebAssembly uses the instruction 0x${opcode.toString(16)}, which is not known`)
  skipImmediate(reader, immediate)
}

function placed<T> (places: readonly T[], index: number): T {
  const place = places[index]
  if (place === undefined) throw new RangeError('the WebAssembly names what it does not have')
  return place
}
