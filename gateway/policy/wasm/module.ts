import { createWasmReader } from './bytes.ts'
import { SECTION, type WasmSections } from './sections.ts'

const KIND = { function: 0, table: 1, memory: 2, global: 3 } as const
const EXTERNAL_KINDS: readonly number[] = Object.values(KIND)
const FUNCTION_TYPE = 0x60
const HAS_MAXIMUM = 1

/** The export kind of a global. */
export const GLOBAL_KIND = KIND.global

/** A function's type: how many parameters it has, and the type of its one result (null: it has none). */
export interface FunctionType { readonly parameters: number, readonly result: number | null }

/** What a module imports that shifts the indexes of its own. */
export interface ImportCounts { readonly functions: number, readonly globals: number }

/** @throws RangeError at what is malformed */
export function countImports (sections: WasmSections): ImportCounts {
  const counts = { functions: 0, globals: 0 }
  const section = sections.get(SECTION.import)
  if (section === undefined) return counts
  const reader = createWasmReader(section)
  for (let left = reader.index(); left > 0; left -= 1) {
    reader.skip(reader.index()) // module
    reader.skip(reader.index()) // name
    const kind = reader.byte()
    if (!EXTERNAL_KINDS.includes(kind)) throw new RangeError('the WebAssembly imports something unknown')
    if (kind === KIND.function) {
      reader.index()
      counts.functions += 1
    } else if (kind === KIND.global) {
      reader.skip(2) // type and mutability
      counts.globals += 1
    } else {
      if (kind === KIND.table) reader.byte()
      if (reader.byte() === HAS_MAXIMUM) reader.index()
      reader.index()
    }
  }
  if (!reader.isAtEnd()) throw new RangeError('the import section of the WebAssembly is longer than its imports')
  return counts
}

/** The types of the functions that the module itself has, in order. @throws RangeError at what is malformed or of several results */
export function functionTypes (sections: WasmSections): readonly FunctionType[] {
  const types = readTypes(sections.get(SECTION.type) ?? Uint8Array.of(0))
  const reader = createWasmReader(sections.get(SECTION.function) ?? Uint8Array.of(0))
  return Array.from({ length: reader.index() }, () => {
    const type = types[reader.index()]
    if (type === undefined) throw new RangeError('a function of the WebAssembly has no type')
    return type
  })
}

function readTypes (section: Uint8Array): readonly FunctionType[] {
  const reader = createWasmReader(section)
  return Array.from({ length: reader.index() }, () => {
    if (reader.byte() !== FUNCTION_TYPE) throw new RangeError('the WebAssembly has types of another kind')
    const parameters = reader.index()
    reader.skip(parameters)
    const results = reader.index()
    if (results > 1) throw new RangeError('a function of the WebAssembly has several results')
    return { parameters, result: results === 0 ? null : reader.byte() }
  })
}
