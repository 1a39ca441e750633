import type { KeyObject } from 'node:crypto'
import type { ObjectStore } from '../object-store/object-store.ts'
import { openCheckpoint } from '../transparency/checkpoint.ts'
import { digestOf, indexDeparture, MAX_LOGS, NO_INDEX, openIndex, signIndex, type IndexedLog, type LedgerIndex } from '../transparency/ledger-index.ts'
import { verifierKey, type NoteKey } from '../transparency/signed-note.ts'

const MAX_NOTE_BYTES = 65_536
const TYPE = 'text/plain; charset=utf-8'

/** Why there is no index, in words: what is published is not as it has to be. */
export class IndexRefused extends Error {
  override readonly name = 'IndexRefused'
}

export interface IndexOptions {
  /** Where the checkpoints of all logs are published, and the index is. */
  readonly store: ObjectStore
  readonly key: NoteKey
  readonly privateKey: KeyObject
  /** Logs that are new. Those of the index before stay in it for ever. */
  readonly add: readonly NoteKey[]
  /** The last index that was made with this key, as it was kept beside the key; null when there is none. */
  readonly last: string | null
  /** Keeps the index, before it is published. */
  readonly keep: (note: string) => Promise<void>
  readonly nowMs: number
}

/**
 * Makes the next index of all logs from their newest published checkpoints, and publishes it: `indexes/NUMBER`, which stays, and `index`.
 *
 * @throws IndexRefused when a log has no checkpoint of its key or went back, or when what is published is not the last index; Error of the store
 */
export async function makeIndex ({ store, key, privateKey, add, last, keep, nowMs }: IndexOptions): Promise<LedgerIndex> {
  const older = await lastIndex(store, key, last)
  const keys = [...older?.logs.map((log) => log.key) ?? [], ...add.filter((one) => !hasLog(older, one))].sort((a, b) => a.name < b.name ? -1 : 1)
  if (keys.length === 0 || keys.length > MAX_LOGS) throw new IndexRefused(`An index is of 1 to ${MAX_LOGS} ledgers, and this one would be of ${keys.length}`)
  const logs: IndexedLog[] = []
  for (const one of keys) logs.push(await newest(store, one))
  const index = { name: key.name, number: older === null ? 0 : older.number + 1, previous: older === null ? NO_INDEX : digestOf(older), timeMs: nowMs, logs }
  const problem = older === null ? null : indexDeparture(older, index)
  if (problem !== null) throw new IndexRefused(problem)
  const note = signIndex(index, privateKey)
  if (openIndex(note, key) === null) throw new IndexRefused('the ledgers are not each there once, or are too many for a note')
  await keep(note)
  await put(store, index.number, note)
  return index
}

/** The index to go on from: that of one's own keeping, for whoever has the store could have put back an older one. */
async function lastIndex (store: ObjectStore, key: NoteKey, last: string | null): Promise<LedgerIndex | null> {
  const there = await textAt(store, 'index')
  const [kept, published] = [last, there].map((note) => note === null ? null : openIndex(note, key))
  if ((last !== null && kept == null) || (there !== null && published == null)) throw new IndexRefused('the last index is not signed by this key')
  if (kept == null || published == null) {
    if (kept != null && kept.number > 0) throw new IndexRefused(`the index ${kept.number} was made, and none is published`)
    if (published == null && await store.get('indexes/0', MAX_NOTE_BYTES) !== null && kept == null) throw new IndexRefused('there are indexes, and the newest is gone')
  } else if (digestOf(kept) !== digestOf(published) && kept.previous !== digestOf(published)) {
    throw new IndexRefused(`the index ${kept.number} was made, and ${published.number} is published, which is not the one before it`)
  }
  // What was interrupted is published now.
  if (kept != null && last !== null && there !== last) await put(store, kept.number, last)
  return kept ?? published ?? null
}

async function put (store: ObjectStore, number: number, note: string): Promise<void> {
  const name = `indexes/${number}`
  const there = await textAt(store, name)
  if (there !== null && there !== note) throw new IndexRefused(`another index ${number} is published`)
  await store.put(name, Buffer.from(note), TYPE)
  await store.put('index', Buffer.from(note), TYPE)
}

async function newest (store: ObjectStore, key: NoteKey): Promise<IndexedLog> {
  const note = await textAt(store, `${key.name}/checkpoint`)
  if (note === null) throw new IndexRefused(`no checkpoint of ${key.name} is published`)
  const signed = openCheckpoint(note, key)
  if (signed === null) throw new IndexRefused(`the checkpoint of ${key.name} is not signed by its key`)
  return { key, size: signed.size, root: signed.root }
}

function hasLog (index: LedgerIndex | null, key: NoteKey): boolean {
  return index?.logs.some((log) => verifierKey(log.key) === verifierKey(key)) === true
}

async function textAt (store: ObjectStore, name: string): Promise<string | null> {
  return (await store.get(name, MAX_NOTE_BYTES))?.toString('utf8') ?? null
}
