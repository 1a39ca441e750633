import { createWasmReader, type WasmReader } from './bytes.ts'
import { SECTION, type WasmSections } from './sections.ts'

const KIND = { function: 0, table: 1, memory: 2, global: 3 } as const
const FUNCTION_TYPE = 0x60
const HAS_MAXIMUM = 1

/** The kinds of imports and exports. */
export const FUNCTION_KIND = KIND.function
export const GLOBAL_KIND = KIND.global

/** A function's type: how many parameters it has, and the type of its one result (null: it has none). */
export interface FunctionType { readonly parameters: number, readonly result: number | null }

export interface WasmImport { readonly module: string, readonly name: string, readonly kind: number }

/** What a module imports that shifts the indexes of its own. */
export interface ImportCounts { readonly functions: number, readonly globals: number }

/** @throws RangeError at what is malformed */
export function countImports (sections: WasmSections): ImportCounts {
  const imports = readImports(sections)
  const count = (kind: number): number => imports.filter((one) => one.kind === kind).length
  return { functions: count(KIND.function), globals: count(KIND.global) }
}

/** What a module imports, in order. @throws RangeError at what is malformed */
export function readImports (sections: WasmSections): readonly WasmImport[] {
  const section = sections.get(SECTION.import)
  if (section === undefined) return []
  const reader = createWasmReader(section)
  const imports = Array.from({ length: reader.index() }, () => {
    const module = readName(reader)
    const name = readName(reader)
    const kind = reader.byte()
    skipImported(reader, kind)
    return { module, name, kind }
  })
  if (!reader.isAtEnd()) throw new RangeError('the import section of the WebAssembly is longer than its imports')
  return imports
}

function skipImported (reader: WasmReader, kind: number): void {
  if (kind === KIND.function) reader.index()
  else if (kind === KIND.global) reader.skip(2) // type and mutability
  else if (kind === KIND.table || kind === KIND.memory) {
    if (kind === KIND.table) reader.byte()
    if (reader.byte() === HAS_MAXIMUM) reader.index()
    reader.index()
  } else throw new RangeError('the WebAssembly imports something unknown')
}

/** The functions that a module exports, by name. @throws RangeError at what is malformed */
export function exportedFunctions (sections: WasmSections): ReadonlyMap<string, number> {
  const reader = createWasmReader(sections.get(SECTION.export) ?? Uint8Array.of(0))
  const found = new Map<string, number>()
  for (let left = reader.index(); left > 0; left -= 1) {
    const name = readName(reader)
    const kind = reader.byte()
    const index = reader.index()
    if (kind === KIND.function) found.set(name, index)
  }
  return found
}

function readName (reader: WasmReader): string {
  return Buffer.from(reader.take(reader.index())).toString('utf8')
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
