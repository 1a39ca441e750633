import { createWasmReader, type WasmReader } from './bytes.ts'
import { immediateOf, OP, skipImmediate, type Immediate } from './opcodes.ts'

/**
 * Code that runs once whenever control passes `at` (an offset in its section): a function outside its loops, or a loop without the
 * loops in it. `instructions` counts them all, also those of branches not taken, so that it is never too small.
 */
export interface Region { readonly at: number, instructions: number, readonly calls: number[] }

/** One function of the code section, from `start` to `end`. `index` counts imported functions too. */
export interface WasmFunction {
  readonly index: number
  readonly start: number
  readonly end: number
  /** How many locals it declares, and in how many groups; these stand from `at` to `entry.at`. */
  readonly locals: { readonly count: number, readonly groups: number, readonly at: number }
  readonly entry: Region
  readonly loops: readonly Region[]
  /** Offsets of its `return` instructions. */
  readonly returns: readonly number[]
  /** Whether it calls what only its arguments say. */
  readonly isOpen: boolean
}

const MAX_LOCALS = 50_000 // what browsers and Node take at most

/** The functions of a code section, one after the other. @throws RangeError at what is malformed or cannot be metered */
export function * readFunctions (code: Uint8Array, importedFunctions: number): Generator<WasmFunction, void> {
  const reader = createWasmReader(code)
  for (let left = reader.index(), index = importedFunctions; left > 0; left -= 1, index += 1) {
    const size = reader.index()
    const start = reader.at()
    reader.skip(size)
    yield readFunction(createWasmReader(code, start, start + size), index, start + size)
  }
  if (!reader.isAtEnd()) throw new RangeError('the code section of the WebAssembly is longer than its functions')
}

function readFunction (reader: WasmReader, index: number, end: number): WasmFunction {
  const start = reader.at()
  const locals = readLocals(reader)
  const body = readBody(reader)
  if (!reader.isAtEnd()) throw new RangeError('a function of the WebAssembly goes on behind its end')
  return { index, start, end, locals, ...body }
}

function readLocals (reader: WasmReader): WasmFunction['locals'] {
  const groups = reader.index()
  const at = reader.at()
  let count = 0
  for (let left = groups; left > 0; left -= 1) {
    count += reader.index()
    reader.byte() // a value type
    if (count > MAX_LOCALS) throw new RangeError('a function of the WebAssembly has too many locals')
  }
  return { count, groups, at }
}

function readBody (reader: WasmReader): Pick<WasmFunction, 'entry' | 'loops' | 'returns' | 'isOpen'> {
  const entry: Region = { at: reader.at(), instructions: 0, calls: [] }
  const loops: Region[] = []
  const returns: number[] = []
  let isOpen = false
  const open: Region[] = [entry]
  for (let region: Region | undefined = entry; region !== undefined; region = open.at(-1)) {
    const at = reader.at()
    const opcode = reader.byte()
    region.instructions += 1
    if (opcode === OP.call) {
      region.calls.push(reader.index())
      continue
    }
    skipImmediate(reader, meterable(opcode))
    switch (opcode) {
      case OP.end: open.pop(); break
      case OP.block: case OP.if: open.push(region); break
      case OP.loop: {
        const loop = { at: reader.at(), instructions: 0, calls: [] }
        loops.push(loop)
        open.push(loop)
        break
      }
      case OP.return: returns.push(at); break
      case OP.callIndirect: isOpen = true; break
      default: // steers nothing
    }
  }
  return { entry, loops, returns, isOpen }
}

function meterable (opcode: number): Immediate {
  const immediate = immediateOf(opcode)
  if (immediate === null) throw new RangeError(`the WebAssembly uses the instruction 0x${opcode.toString(16)}, which cannot be metered`)
  return immediate
}
