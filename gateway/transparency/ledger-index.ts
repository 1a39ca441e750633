import type { KeyObject } from 'node:crypto'
import { sha256 } from '../core/canonical-json.ts'
import type { TreeHead } from './check-proof.ts'
import { HASH_BYTES } from './merkle.ts'
import { openNote, parseVerifierKey, signNote, verifierKey, type NoteKey } from './signed-note.ts'

/** What an index without one before it names as the one before. */
export const NO_INDEX = '0'.repeat(64)
/** More do not fit into a note. */
export const MAX_LOGS = 512

const TYPE = 'weir-ledger-index/v1'
const HEAD = /^(\S{1,255})\nweir-ledger-index\/v1\nnumber (0|[1-9]\d{0,14})\nprevious ([0-9a-f]{64})\ntime ([1-9]\d{0,15})\n$/
const LOG = /^log (\S{1,512}) (0|[1-9]\d{0,15}) ([A-Za-z0-9+/]{43}=)$/

/** A log as an index lists it; the name of its key is its origin. */
export interface IndexedLog extends TreeHead { readonly key: NoteKey }

/** How far the logs of all replicas were at one time. `previous`: SHA-256 (hex) of the text of the index before it. `logs` are in the order of their origins. */
export interface LedgerIndex { readonly name: string, readonly number: number, readonly previous: string, readonly timeMs: number, readonly logs: readonly IndexedLog[] }

/** An index as it is published, signed by the key of its name. */
export function signIndex (index: LedgerIndex, privateKey: KeyObject): string {
  return signNote(textOf(index), index.name, privateKey)
}

/** The index in a note that this key signed by its name; null when it is not one. */
export function openIndex (note: string, key: NoteKey): LedgerIndex | null {
  const text = openNote(note, key)
  const index = text === null ? null : parseIndex(text)
  return index?.name === key.name ? index : null
}

/** What the next index names this one by. */
export function digestOf (index: LedgerIndex): string {
  return sha256(Buffer.from(textOf(index)))
}

/** Why a later index is not one of the same logs, each as far or farther; null when it is. */
export function indexDeparture (older: LedgerIndex, newer: LedgerIndex): string | null {
  const at = `the index ${newer.number}`
  if (newer.number <= older.number) return digestOf(older) === digestOf(newer) ? null : `there are two indexes with the number ${newer.number}`
  if (newer.number === older.number + 1 && newer.previous !== digestOf(older)) return `${at} does not follow from the one before it`
  if (newer.timeMs < older.timeMs) return `${at} is of an earlier time than the index ${older.number}`
  for (const log of older.logs) {
    const now = newer.logs.find(({ key }) => key.name === log.key.name)
    if (now === undefined) return `${at} leaves out ${log.key.name}`
    if (verifierKey(now.key) !== verifierKey(log.key)) return `${at} has another key for ${log.key.name}`
    if (now.size < log.size) return `${at} has ${now.size} entries of ${log.key.name}, which had ${log.size}`
    if (now.size === log.size && !now.root.equals(log.root)) return `${at} has another tree over the ${log.size} entries of ${log.key.name}`
  }
  return null
}

function textOf ({ name, number, previous, timeMs, logs }: LedgerIndex): string {
  const lines = logs.map(({ key, size, root }) => `log ${verifierKey(key)} ${size} ${root.toString('base64')}`)
  return `${[name, TYPE, `number ${number}`, `previous ${previous}`, `time ${timeMs}`, ...lines].join('\n')}\n`
}

function parseIndex (text: string): LedgerIndex | null {
  const lines = text.split('\n')
  const [, name, number, previous, time] = HEAD.exec(`${lines.slice(0, 5).join('\n')}\n`) ?? []
  const logs = lines.slice(5, -1).map(parseLog)
  if (name === undefined || previous === undefined || logs.length > MAX_LOGS) return null
  const index = { name, number: Number(number), previous, timeMs: Number(time), logs: logs.filter((log) => log !== null) }
  const isInOrder = index.logs.every(({ key }, at) => at === 0 || (index.logs[at - 1]?.key.name ?? '') < key.name)
  return isInOrder && textOf(index) === text ? index : null
}

function parseLog (line: string): IndexedLog | null {
  const [, keyText, size, encoded] = LOG.exec(line) ?? []
  const key = keyText === undefined ? null : parseVerifierKey(keyText)
  const root = Buffer.from(encoded ?? '', 'base64')
  return key === null || root.length !== HASH_BYTES || !Number.isSafeInteger(Number(size)) ? null : { key, size: Number(size), root }
}
