import { existsSync, readFileSync } from 'node:fs'
import { journalDirOf } from '../ledger/journal.ts'
import type { Checkpoint } from '../transparency/checkpoint.ts'
import { parseHeader } from '../transparency/export-format.ts'
import { exportLines, isExportAt } from '../transparency/export-lines.ts'
import { indexDeparture, openIndex, type LedgerIndex } from '../transparency/ledger-index.ts'
import { originOf } from '../transparency/log-place.ts'
import { parseVerifierKey, type NoteKey } from '../transparency/signed-note.ts'
import { CommandFailed } from './io.ts'

/** What indexes say of one ledger: the key it is signed by, and every tree of it that they list. */
export interface Listed { readonly key: NoteKey, readonly heads: readonly Checkpoint[], /** Of the newest one, for programs. */ readonly index: object, readonly text: string }

/**
 * Opens indexes, each of which must follow from the one before, and finds the ledger at a path in all of them since it was first listed.
 *
 * @throws CommandFailed when one is not signed by the key, when they contradict each other, and when the ledger is in none
 */
export async function listedIn ({ files, keyText, path }: { readonly files: readonly string[], readonly keyText: string | undefined, readonly path: string }): Promise<Listed> {
  const key = keyText === undefined ? null : parseVerifierKey(keyText)
  if (key === null) throw new CommandFailed('An index is verified by a key that is known already: give it with --index-key, as weir audit index printed it.')
  const indexes = files.map((file) => indexIn(file, key)).sort((a, b) => a.number - b.number)
  const newest = indexes.at(-1)
  const origin = await originAt(path)
  for (const [at, index] of indexes.entries()) {
    const before = indexes[at - 1]
    const problem = before === undefined ? null : indexDeparture(before, index)
    if (problem !== null) throw new CommandFailed(`The indexes do not hold: ${problem}.`)
  }
  const found = newest?.logs.find((log) => log.key.name === origin)
  if (newest === undefined || found === undefined) throw new CommandFailed(`The index ${newest?.number ?? ''} does not list the ledger ${origin ?? 'at this path'}.`)
  const heads = indexes.flatMap(({ logs }) => logs.filter((log) => log.key.name === origin)).map(({ size, root }) => ({ origin: found.key.name, size, root }))
  const others = newest.logs.filter((log) => log !== found).map((log) => log.key.name)
  const listed = { number: newest.number, time: new Date(newest.timeMs).toISOString(), size: found.size, others }
  return { key: found.key, heads, index: listed, text: `index      ${listed.number} of ${listed.time} has ${found.size} of these entries${others.length === 0 ? ', and no other ledger' : `; it also lists ${others.join(', ')}`}\n` }
}

function indexIn (file: string, key: NoteKey): LedgerIndex {
  if (!existsSync(file)) throw new CommandFailed(`There is no file ${file}.`)
  const index = openIndex(readFileSync(file, 'utf8'), key)
  if (index === null) throw new CommandFailed(`The index ${file} is not signed by this key.`)
  return index
}

/** What the ledger at a path calls itself: its key, and everything below it, is checked by that name. */
async function originAt (path: string): Promise<string | null> {
  if (existsSync(journalDirOf(path))) return await originOf(journalDirOf(path))
  if (!existsSync(path) || !await isExportAt(path)) return null
  const lines = exportLines(path)
  const { value: first } = await lines.next()
  await lines.return(undefined) // the file is open until then
  const header = first === undefined || 'problem' in first ? null : parseHeader(first.bytes)
  return header?.checkpoint.split('\n')[0] ?? null
}
