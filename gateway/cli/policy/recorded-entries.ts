import { existsSync, statSync } from 'node:fs'
import { readLines } from '../../ledger/line-reader.ts'
import { readEntries } from '../../ledger/read-entries.ts'
import { listSegments } from '../../ledger/segment.ts'
import { isExport, parseEnd, parseEntryLine } from '../../transparency/export-format.ts'
import { exportLines, isExportAt } from '../../transparency/export-lines.ts'
import { CommandFailed } from '../io.ts'

const HASH_PREFIX = /^[0-9a-f]{64} /

/** The entries of a journal folder, hashes checked. @throws GatewayError WEIR_ERR_LEDGER_CORRUPT */
export function journalEntries (dir: string): AsyncIterable<unknown> {
  return readEntries(dir)
}

/**
 * The entries of an export: what `weir audit export` wrote, another file, or a folder of segments, whose hashes are checked.
 *
 * @throws CommandFailed when there is neither; GatewayError WEIR_ERR_LEDGER_CORRUPT
 */
export async function * recordedEntries (path: string): AsyncGenerator<unknown> {
  if (existsSync(path) && await isExportAt(path)) return yield * signedEntries(path)
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory() !== true) return yield * exportedEntries(path)
  if ((await listSegments(path)).length === 0) throw new CommandFailed(`There is no segment of a journal in ${path}.`)
  yield * journalEntries(path)
}

/**
 * The entries in a file: what `weir audit export` wrote, one JSON object a line as `weir audit query --format json` prints them, or a
 * segment of a journal. What is no entry comes as null, so that whoever reads can count it. Of an export each entry is the one that its
 * line's hash is of; that it was signed, and a segment's hashes, are checked by `weir audit verify`.
 *
 * @throws CommandFailed when there is no such file
 */
export async function * exportedEntries (file: string): AsyncGenerator<unknown> {
  if (statSync(file, { throwIfNoEntry: false })?.isFile() !== true) throw new CommandFailed(`There is no file ${file}.`)
  if (await isExport(file)) return yield * signedEntries(file)
  for await (const { bytes, number } of readLines(file)) {
    const text = bytes.toString('utf8')
    const isSegment = HASH_PREFIX.test(text.slice(0, 65))
    if (text.trim() === '' || (isSegment && number === 1)) continue
    yield parsed(isSegment ? text.slice(65) : text)
  }
}

async function * signedEntries (path: string): AsyncGenerator<unknown> {
  let isHeader = true
  for await (const line of exportLines(path)) {
    if ('problem' in line) throw new CommandFailed(`${path} is no whole export: ${line.file}: ${line.problem}.`)
    if (isHeader || parseEnd(line.bytes) !== null) {
      isHeader = false
      continue
    }
    const json = parseEntryLine(line.bytes)?.split?.json
    yield json === undefined ? null : parsed(json.toString('utf8'))
  }
}

function parsed (text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null // reported by the replay as what cannot be replayed
  }
}
