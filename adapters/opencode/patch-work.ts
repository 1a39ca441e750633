import { posix } from 'node:path'
import type { CallWork, ContentBefore, MadeFile } from './call-work.ts'
import { patchSections, type PatchChunk, type PatchSection } from './patch-sections.ts'

const ROOT = '/workspace'
const MAX_COMPARISONS = 2_000_000 // lines of one file; a repeated line would make it as many as their product

/** What an `apply_patch` text makes of each file that it names. Null when it can be read in more than one way. */
export function patchWork (text: string): CallWork | null {
  const sections = patchSections(text)
  if (sections === null) return null
  const byPath = new Map<string, PatchSection>()
  for (const section of sections) {
    byPath.set(section.path, section)
    if (section.kind === 'update' && section.to !== null) byPath.set(section.to, section)
  }
  return async (path, before) => {
    const section = byPath.get(posix.join(ROOT, path))
    return section === undefined ? null : await madeBy(section, path, before)
  }
}

async function madeBy (section: PatchSection, path: string, before: ContentBefore): Promise<MadeFile | null> {
  const old = await before(path)
  switch (section.kind) {
    // To add what is there already is to overwrite it, which nobody was shown.
    case 'add': return old === null ? { content: added(section.lines) } : null
    case 'delete': return old == null ? null : GONE
    case 'update': return await updated(section, path, old, before)
  }
}

const GONE: MadeFile = Object.freeze({ content: null })

async function updated ({ path: from, to, chunks }: Extract<PatchSection, { readonly kind: 'update' }>, path: string, old: Uint8Array | null | undefined, before: ContentBefore): Promise<MadeFile | null> {
  const isTarget = posix.join(ROOT, path) !== from
  // A file that another one is moved over is lost, which nobody was shown.
  if (isTarget && old !== null) return null
  const source = isTarget ? await before(posix.relative(ROOT, from)) : old
  const content = source == null ? null : changed(source, chunks)
  if (content === null) return null
  return to === null || isTarget ? { content } : GONE
}

function added (lines: readonly string[]): Buffer {
  const text = lines.join('\n')
  return Buffer.from(text === '' || text.endsWith('\n') ? text : `${text}\n`)
}

function changed (before: Uint8Array, chunks: readonly PatchChunk[]): Buffer | null {
  // As bytes, one character each: text that is no UTF-8 would change by being read.
  const lines = Buffer.from(before).toString('latin1').split('\n')
  if (lines.at(-1) === '') lines.pop()
  const left = { comparisons: MAX_COMPARISONS }
  let made: readonly string[] = []
  let from = 0
  for (const chunk of chunks) {
    const at = placeOf(chunk, lines, from, left)
    if (at === null) return null
    made = made.concat(lines.slice(from, at), chunk.next.map(bytes))
    from = at + chunk.old.length
  }
  const text = made.concat(lines.slice(from)).join('\n')
  return Buffer.from(text === '' || text.endsWith('\n') ? text : `${text}\n`, 'latin1')
}

// Where it goes, if there is one such place. The agent takes the first of several, and lines that are nearly the same: who reads the patch
// cannot see which.
function placeOf ({ context, old, isLast }: PatchChunk, lines: readonly string[], from: number, left: { comparisons: number }): number | null {
  const wanted = old.map(bytes)
  if (wanted.length === 0) return null
  const name = trimmed(bytes(context))
  const start = context === '' ? from : only(from, lines.length - 1, left, (at) => trimmed(lines[at] ?? '') === name)
  if (start === null) return null
  const after = context === '' ? start : start + 1
  const at = only(after, lines.length - wanted.length, left, (at) => wanted.every((line, offset) => (left.comparisons -= 1) >= 0 && lines[at + offset] === line))
  return at === null || (isLast && at + wanted.length !== lines.length) ? null : at
}

function only (from: number, to: number, left: { comparisons: number }, isThere: (at: number) => boolean): number | null {
  let found: number | null = null
  for (let at = from; at <= to; at++) {
    left.comparisons -= 1
    if (left.comparisons < 0) return null
    if (!isThere(at)) continue
    if (found !== null) return null
    found = at
  }
  return left.comparisons < 0 ? null : found
}

function bytes (text: string): string {
  return Buffer.from(text).toString('latin1')
}

// No other blanks: in one character a byte they are parts of letters.
function trimmed (line: string): string {
  return line.replace(/^[ \t\r]+|[ \t\r]+$/g, '')
}
