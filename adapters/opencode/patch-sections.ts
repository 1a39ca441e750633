import { posix } from 'node:path'

const ROOT = '/workspace' // the agent takes the names in a patch from there
const MAX_LINES = 50_000 // 256 KiB, as much as is ever shown of a call, in short lines
const BEGIN = '*** Begin Patch'
const END = '*** End Patch'
const LAST = '*** End of File'
const MOVE = '*** Move to:'
const HEADERS = { '*** Add File:': 'add', '*** Delete File:': 'delete', '*** Update File:': 'update' } as const

/** Lines that take the place of others. `context` is a line that stands somewhere before them, '' for none; `isLast`: they end the file. */
export interface PatchChunk { readonly context: string, readonly old: readonly string[], readonly next: readonly string[], readonly isLast: boolean }

/** What a patch says of one file. `path` and `to` (where it is moved) are absolute. */
export type PatchSection =
  | { readonly kind: 'add', readonly path: string, readonly lines: readonly string[] }
  | { readonly kind: 'delete', readonly path: string }
  | { readonly kind: 'update', readonly path: string, readonly to: string | null, readonly chunks: readonly PatchChunk[] }

/**
 * The sections of an `apply_patch` text in the order of the text; null when a reader could take any line of it for something else, or two of them
 * are about one file. Much narrower than the agent's two parsers, of which one skips what it does not know: what is read here, both read so.
 */
export function patchSections (text: string): readonly PatchSection[] | null {
  const lines = text.trim().split('\n')
  if (lines.length > MAX_LINES || lines[0]?.trim() !== BEGIN || lines.at(-1)?.trim() !== END) return null
  const body = lines.slice(1, -1)
  // Both parsers end at the first such line, wherever it stands.
  if (body.some((line) => line.trim() === BEGIN || line.trim() === END)) return null
  const sections: PatchSection[] = []
  for (const block of blocksOf(body) ?? []) {
    const section = sectionOf(block)
    if (section === null) return null
    sections.push(section)
  }
  const named = sections.flatMap((section) => section.kind === 'update' && section.to !== null ? [section.path, section.to] : [section.path])
  return sections.length === 0 || new Set(named).size < named.length ? null : sections
}

interface Block { readonly kind: PatchSection['kind'], readonly name: string, readonly lines: readonly string[] }

function blocksOf (body: readonly string[]): readonly Block[] | null {
  const blocks: Array<Block & { readonly lines: string[] }> = []
  for (const line of body) {
    const [header, kind] = Object.entries(HEADERS).find(([start]) => line.startsWith(start)) ?? []
    const last = blocks.at(-1)
    if (header !== undefined && kind !== undefined) blocks.push({ kind, name: line.slice(header.length).trim(), lines: [] })
    else if (last === undefined) return null
    else last.lines.push(line)
  }
  return blocks
}

function sectionOf ({ kind, name, lines }: Block): PatchSection | null {
  const path = placeOf(name)
  if (path === null) return null
  if (kind === 'delete') return lines.length === 0 ? { kind, path } : null
  if (kind === 'add') return lines.every((line) => line.startsWith('+')) ? { kind, path, lines: lines.map((line) => line.slice(1)) } : null
  const moved = lines[0]?.startsWith(MOVE) === true ? placeOf(lines[0].slice(MOVE.length).trim()) : undefined
  const chunks = moved === null ? null : chunksOf(moved === undefined ? lines : lines.slice(1))
  return chunks === null ? null : { kind, path, to: moved ?? null, chunks }
}

function placeOf (name: string): string | null {
  return name === '' ? null : posix.resolve(ROOT, name)
}

function chunksOf (lines: readonly string[]): readonly PatchChunk[] | null {
  const chunks: Array<{ readonly context: string, readonly old: string[], readonly next: string[], isLast: boolean }> = []
  for (const line of lines) {
    const chunk = chunks.at(-1)
    if (chunk?.isLast === true) return null
    if (line.startsWith('@@')) chunks.push({ context: line.slice(2).trim(), old: [], next: [], isLast: false })
    else if (chunk === undefined) return null
    else if (line === LAST) chunk.isLast = true
    else if (!keep(line, chunk)) return null
  }
  return chunks
}

function keep (line: string, { old, next }: { readonly old: string[], readonly next: string[] }): boolean {
  const sign = line.charAt(0)
  if (sign !== ' ' && sign !== '-' && sign !== '+') return false
  if (sign !== '+') old.push(line.slice(1))
  if (sign !== '-') next.push(line.slice(1))
  return true
}
