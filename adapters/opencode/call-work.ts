import { parseStrictJson } from '../../gateway/decode/strict-json.ts'
import { isRecord } from './json-record.ts'
import { patchWork } from './patch-work.ts'

const MAX_BYTES = 1_048_576 // 1 MiB of arguments: longer ones are never shown whole, so they are not asked about here
const MAX_EDITS = 1_000 // of one call to one file, as many as are decoded

/** The whole content of a file; null when there is none, undefined when that is not known. */
export type ContentBefore = (path: string) => Promise<Uint8Array | null | undefined>

/** What a call makes of a file: its whole content, or null when the file is gone. */
export interface MadeFile { readonly content: Buffer | null }

/** What a call makes of the file at this workspace-relative path, which it names. Null when its arguments alone do not say. */
export type CallWork = (path: string, before: ContentBefore) => Promise<MadeFile | null>

/**
 * What this call, as somebody saw its arguments, makes of the files it names. Null when nothing can be told to be its work. The agent may do
 * otherwise (it guesses what a misquoted `oldString` means), so what it made is compared with this, never replaced by it.
 */
export function callWork (native: string, argumentsText: string): CallWork | null {
  const args = parsed(argumentsText)
  if (args === null) return null
  switch (native) {
    case 'write': return writeWork(args)
    case 'edit': return editsWork([args])
    case 'multiedit': return multieditWork(args)
    case 'patch':
    case 'apply_patch': return typeof args['patchText'] === 'string' ? patchWork(args['patchText']) : null
    default: return null
  }
}

type Args = Readonly<Record<string, unknown>>

function writeWork ({ content }: Args): CallWork | null {
  if (typeof content !== 'string') return null
  const made = { content: Buffer.from(content) }
  return async () => made
}

// Each edit of it may name its file again; which name the agent goes by must not matter.
function multieditWork ({ filePath, edits }: Args): CallWork | null {
  if (!Array.isArray(edits) || edits.length === 0 || edits.length > MAX_EDITS) return null
  const all = edits.filter(isRecord)
  const isOfOneFile = all.length === edits.length && all.every((edit) => edit['filePath'] === undefined || edit['filePath'] === filePath)
  return isOfOneFile ? editsWork(all) : null
}

function editsWork (edits: readonly Args[]): CallWork {
  return async (path, before) => {
    let content = await before(path) ?? null
    for (const edit of edits) content = edited(edit, content)
    return content === null ? null : { content: Buffer.from(content) }
  }
}

function edited ({ oldString, newString, replaceAll = false }: Args, before: Uint8Array | null): Uint8Array | null {
  if (before === null || typeof oldString !== 'string' || typeof newString !== 'string' || oldString === '') return null
  // As bytes: text that is no UTF-8 would change by being read.
  const parts = Buffer.from(before).toString('latin1').split(Buffer.from(oldString).toString('latin1'))
  if (parts.length < 2 || (parts.length > 2 && replaceAll !== true)) return null
  return Buffer.from(parts.join(Buffer.from(newString).toString('latin1')), 'latin1')
}

function parsed (text: string): Args | null {
  try {
    const value = parseStrictJson(text, { maxDepth: 64, maxBytes: MAX_BYTES })
    return isRecord(value) ? value : null
  } catch {
    return null // not what the agent was given either
  }
}
