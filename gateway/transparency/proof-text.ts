import { HASH_BYTES } from './merkle.ts'

const FORMAT = 'c2sp.org/tlog-proof@v1'
const INDEX = /^index (0|[1-9]\d{0,15})$/
const MAX_HASHES = 64
const MAX_CHARS = 128 * 1024

/** That an entry is in a signed tree, to be checked offline (C2SP tlog-proof). `checkpoint` is the signed note. */
export interface EntryProof { readonly index: number, readonly hashes: readonly Buffer[], readonly checkpoint: string }

export function proofText ({ index, hashes, checkpoint }: EntryProof): string {
  return [FORMAT, `index ${index}`, ...hashes.map((hash) => hash.toString('base64')), '', checkpoint].join('\n')
}

/** The proof in a text; null when it is not one. What it proves is not looked at. */
export function parseProof (text: string): EntryProof | null {
  if (text.length > MAX_CHARS) return null
  const end = text.indexOf('\n\n')
  const [format, ...lines] = text.slice(0, Math.max(0, end)).split('\n')
  if (lines[0]?.startsWith('extra ') === true) lines.shift()
  const index = Number(INDEX.exec(lines.shift() ?? '')?.[1] ?? NaN)
  if (format !== FORMAT || !Number.isSafeInteger(index) || lines.length > MAX_HASHES) return null
  const hashes = lines.map((line) => Buffer.from(line, 'base64'))
  if (hashes.some((hash, at) => hash.length !== HASH_BYTES || hash.toString('base64') !== lines[at])) return null
  return { index, hashes, checkpoint: text.slice(end + 2) }
}
