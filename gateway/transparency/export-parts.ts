import { createHash } from 'node:crypto'
import { GatewayError } from '../core/errors.ts'
import type { ObjectStore } from '../object-store/object-store.ts'
import { openCheckpoint } from './checkpoint.ts'
import { parseEnd, parseHeader, type ExportEnd, type ExportHeader } from './export-format.ts'
import { exportLedger, type ExportOptions } from './export-ledger.ts'
import { MANIFEST, MANIFEST_MAX_BYTES, manifestText, parseManifest, partName, type ExportPart } from './export-manifest.ts'

// A part ends at whichever it reaches first: by entries, so that what changes in one part does not move all that follow; by bytes, so that each fits in memory.
const PART_ENTRIES = 4_096
const PART_BYTES = 8 * 1024 * 1024
const TYPES = { part: 'application/x-ndjson', manifest: 'application/json' } as const

/** What became of an export: its entries, and how many of its parts were put, the others being there already. */
export interface PutExport { readonly entries: number, readonly parts: number, readonly put: number }

/**
 * Puts an export where it is kept, in parts, and the manifest that names them last: what was interrupted is no export, and the next attempt
 * goes on where it ended. An export of the same ledger by the same filter that is there is followed by this one.
 *
 * @throws GatewayError as `exportLedger`; WEIR_ERR_STORE when something else is there, or an export of more entries; Error of the store
 */
export async function putExport (store: ObjectStore, options: ExportOptions): Promise<PutExport> {
  const parts: ExportPart[] = []
  let header: ExportHeader | null = null
  let end: ExportEnd | null = null
  let lines: string[] = []
  let bytes = 0
  let before = 0
  let put = 0

  async function endPart (): Promise<void> {
    if (lines.length === 0) return
    const body = Buffer.from(lines.join(''))
    const part = { entries: lines.length, bytes: body.length, sha256: createHash('sha256').update(body).digest('hex') }
    const name = partName(before, part)
    if (!await store.holds(name, body)) {
      await store.put(name, body, TYPES.part)
      put += 1
    }
    parts.push(part)
    before += part.entries
    lines = []
    bytes = 0
  }

  for await (const text of exportLedger(options)) {
    for (const line of linesIn(text)) {
      if (header === null) {
        header = parseHeader(withoutEnd(line))
        await assertFollows(header, await store.get(MANIFEST, MANIFEST_MAX_BYTES), options)
        continue
      }
      end = parseEnd(withoutEnd(line))
      if (end !== null) break
      lines.push(line)
      bytes += line.length
      if ((before + lines.length) % PART_ENTRIES === 0 || bytes >= PART_BYTES) await endPart()
    }
  }
  await endPart()
  if (header === null || end === null) throw new GatewayError('WEIR_ERR_INTERNAL', 'The export has no first or no last line.')
  await store.put(MANIFEST, Buffer.from(manifestText({ ...header, ...end, parts })), TYPES.manifest)
  return { entries: end.entries, parts: parts.length, put }
}

/** What is there may only be an export that this one holds all of: nobody's evidence is written over by chance. */
async function assertFollows (header: ExportHeader | null, there: Buffer | null, { key }: ExportOptions): Promise<void> {
  if (there === null || header === null) return
  const older = parseManifest(there)
  const [was, is] = [older, header].map((one) => one === null ? null : openCheckpoint(one.checkpoint, key))
  if (older === null || was == null || is == null) throw occupied('something that is no export of this ledger')
  if (JSON.stringify(older.filter) !== JSON.stringify(header.filter)) throw occupied('an export by another filter')
  if (was.size > is.size) throw occupied(`an export of ${was.size} entries, and ${is.size} are signed here`)
}

function occupied (what: string): GatewayError {
  return new GatewayError('WEIR_ERR_STORE', `The target has ${what}: its ${MANIFEST} would be lost. Name another target.`)
}

function linesIn (text: string): readonly string[] {
  return text.match(/[^\n]*\n/g) ?? []
}

function withoutEnd (line: string): Buffer {
  return Buffer.from(line.slice(0, -1))
}
