import { createWasmReader, unsignedLeb, type WasmReader } from './bytes.ts'

/** Section ids of WebAssembly 1.0 and the data count of bulk memory, in the order in which they stand. */
export const SECTION = { custom: 0, type: 1, import: 2, function: 3, table: 4, memory: 5, global: 6, export: 7, start: 8, element: 9, dataCount: 12, code: 10, data: 11 } as const
const ORDER: readonly number[] = Object.values(SECTION).filter((id) => id !== SECTION.custom)
const HEAD = [0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00] // "\0asm", version 1

/** The contents of a module's sections by id, in order. Custom sections are left out: they hold names and debug data only. */
export type WasmSections = ReadonlyMap<number, Uint8Array>

/** @throws RangeError when it is not a module, or its sections are unknown, out of order or given twice */
export function readSections (bytes: Uint8Array): WasmSections {
  const reader = createWasmReader(bytes)
  if (!HEAD.every((byte) => reader.byte() === byte)) throw new RangeError('it is not WebAssembly of version 1')
  const sections = new Map<number, Uint8Array>()
  let last = -1
  while (!reader.isAtEnd()) {
    const id = reader.byte()
    const content = reader.take(reader.index())
    if (id === SECTION.custom) continue
    const place = ORDER.indexOf(id)
    if (place <= last) throw new RangeError(`section ${id} of the WebAssembly is unknown or not in its place`)
    last = place
    sections.set(id, content)
  }
  return sections
}

/** The module of these sections, in the order that the format demands. */
export function writeSections (sections: WasmSections): Uint8Array<ArrayBuffer> {
  const parts = ORDER.flatMap((id) => {
    const content = sections.get(id)
    return content === undefined ? [] : [Uint8Array.from([id, ...unsignedLeb(content.length)]), content]
  })
  return joinBytes([Uint8Array.from(HEAD), ...parts])
}

/** The bytes of each item of a section that is a list; `skip` passes over one. @throws RangeError at what is malformed */
export function itemsOf (section: Uint8Array | undefined, skip: (reader: WasmReader) => void): Uint8Array[] {
  if (section === undefined) return []
  const reader = createWasmReader(section)
  return Array.from({ length: reader.index() }, () => {
    const start = reader.at()
    skip(reader)
    return section.subarray(start, reader.at())
  })
}

/** The section that is a list of these items. */
export function listOf (items: ReadonlyArray<Uint8Array | readonly number[]>): Uint8Array<ArrayBuffer> {
  return joinBytes([Uint8Array.from(unsignedLeb(items.length)), ...items.map((item) => Uint8Array.from(item))])
}

/** All parts behind one another, in bytes of their own. */
export function joinBytes (parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const joined = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0))
  let at = 0
  for (const part of parts) {
    joined.set(part, at)
    at += part.length
  }
  return joined
}
