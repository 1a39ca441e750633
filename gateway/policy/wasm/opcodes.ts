import type { WasmReader } from './bytes.ts'

/** What follows an opcode in the code. */
export const IMMEDIATES = ['none', 'block-type', 'index', 'branch-table', 'two-indexes', 'memory-argument', 'zero-byte', 'i32', 'i64', 'f32', 'f64', 'prefix'] as const
export type Immediate = typeof IMMEDIATES[number]

/** The opcodes that steer, by name. */
export const OP = {
  unreachable: 0x00,
  block: 0x02,
  loop: 0x03,
  if: 0x04,
  end: 0x0b,
  return: 0x0f,
  call: 0x10,
  callIndirect: 0x11,
  localGet: 0x20,
  localSet: 0x21,
  localTee: 0x22,
  globalGet: 0x23,
  globalSet: 0x24,
  i32Const: 0x41,
  i32LtS: 0x48,
  i32GtS: 0x4a,
  i32Add: 0x6a,
  i32Sub: 0x6b,
} as const

/** `0xFC` 0 to 7: saturating conversions. What comes after works on whole tables and memories, in no bounded time. */
const LAST_CONVERSION = 7

/**
 * WebAssembly 1.0 with sign extension and saturating conversions: all that OPA's compiler and its runtime are made of. Anything
 * newer is not in here on purpose: code that cannot be read cannot be metered.
 */
const RANGES: ReadonlyArray<readonly [first: number, last: number, immediate: Immediate]> = [
  [0x00, 0x01, 'none'], // unreachable, nop
  [0x02, 0x04, 'block-type'], // block, loop, if
  [0x05, 0x05, 'none'], // else
  [0x0b, 0x0b, 'none'], // end
  [0x0c, 0x0d, 'index'], // br, br_if
  [0x0e, 0x0e, 'branch-table'],
  [0x0f, 0x0f, 'none'], // return
  [0x10, 0x10, 'index'], // call
  [0x11, 0x11, 'two-indexes'], // call_indirect
  [0x1a, 0x1b, 'none'], // drop, select
  [0x20, 0x24, 'index'], // local.get, local.set, local.tee, global.get, global.set
  [0x28, 0x3e, 'memory-argument'], // loads and stores
  [0x3f, 0x40, 'zero-byte'], // memory.size, memory.grow
  [0x41, 0x41, 'i32'],
  [0x42, 0x42, 'i64'],
  [0x43, 0x43, 'f32'],
  [0x44, 0x44, 'f64'],
  [0x45, 0xc4, 'none'], // comparison, arithmetic, conversion, sign extension
  [0xfc, 0xfc, 'prefix'],
]

const BY_OPCODE: ReadonlyArray<Immediate | undefined> = Array.from({ length: 256 }, (_, opcode) => (
  RANGES.find(([first, last]) => opcode >= first && opcode <= last)?.[2]
))

/** What follows this opcode, or null when it is not one that can be metered. */
export function immediateOf (opcode: number): Immediate | null {
  return BY_OPCODE[opcode] ?? null
}

/** Passes over what follows an opcode. @throws RangeError when it is cut short, over-long or of an unknown instruction */
export function skipImmediate (reader: WasmReader, immediate: Immediate): void {
  switch (immediate) {
    case 'none': return
    case 'block-type': return reader.skipLeb(32) // of 33 bits, which take no more bytes than 32
    case 'index':
      reader.index()
      return
    case 'branch-table': {
      const labels = reader.index()
      for (let i = 0; i <= labels; i += 1) reader.index() // and the default
      return
    }
    case 'memory-argument':
    case 'two-indexes':
      reader.index()
      reader.index()
      return
    case 'zero-byte': {
      if (reader.byte() !== 0) throw new RangeError('the WebAssembly uses more than one memory')
      return
    }
    case 'i32': return reader.skipLeb(32)
    case 'i64': return reader.skipLeb(64)
    case 'f32': return reader.skip(4)
    case 'f64': return reader.skip(8)
    case 'prefix': {
      const operation = reader.index()
      if (operation > LAST_CONVERSION) throw new RangeError(`the WebAssembly uses the instruction 0xfc ${operation}, which cannot be metered`)
    }
  }
}
