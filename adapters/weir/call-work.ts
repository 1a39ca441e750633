import { decodeWeirWork } from './decode.ts'
import { parseStrictJson } from '../../gateway/decode/strict-json.ts'

const MAX_BYTES = 1_048_576 // longer arguments are never shown whole, so they are not asked about here

/** What a call makes of a file: its whole content. */
export interface MadeFile { readonly content: Buffer }

/**
 * What this call, as somebody saw its arguments, makes of the file that it names. Null when nothing can be told to be its work, and for the
 * tools of other protocols.
 */
export function weirCallWork (native: string, argumentsText: string): (() => Promise<MadeFile>) | null {
  if (native !== 'write-file') return null
  const { work } = decodeWeirWork(native, parsed(argumentsText), '/workspace')
  if (work?.tool !== 'write-file') return null
  const made = { content: Buffer.from(work.content) }
  return async () => made
}

function parsed (text: string): unknown {
  try {
    return parseStrictJson(text, { maxBytes: MAX_BYTES })
  } catch {
    return null // not what was sent either; as arguments it is unreadable
  }
}
