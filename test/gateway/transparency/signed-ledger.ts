import { createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { EntryBody } from '../../../gateway/core/ledger-entry.ts'
import { openJournal } from '../../../gateway/ledger/journal.ts'
import { ledgerKeyFileOf, logDirOf, originOf } from '../../../gateway/transparency/log-place.ts'
import { verifierKey, type NoteKey } from '../../../gateway/transparency/signed-note.ts'
import { openTransparencyLog } from '../../../gateway/transparency/transparency-log.ts'
import { decisionBody, plainEvent } from '../ledger/bodies.ts'

/** A data directory whose every entry is signed. */
export interface SignedLedger {
  readonly dir: string
  readonly key: NoteKey
  /** The same as `weir audit key` prints it. */
  readonly keyText: string
  /** The checkpoint after each of the steps. */
  readonly checkpoints: readonly string[]
}

export function newKey (): KeyObject {
  return generateKeyPairSync('ed25519').privateKey
}

/** Appends so many entries a step, and signs after each. Goes on with a directory that is there. @param startMs time of the first entry; each has a millisecond of its own */
export async function signedLedger (dir: string, privateKey: KeyObject, steps: readonly number[], startMs: number): Promise<SignedLedger> {
  const journalDir = join(dir, 'journal')
  let now = startMs
  const onWarning = (message: string): never => { throw new Error(message) }
  mkdirSync(dirname(ledgerKeyFileOf(dir)), { recursive: true })
  writeFileSync(ledgerKeyFileOf(dir), privateKey.export({ type: 'pkcs8', format: 'pem' }))
  const journal = await openJournal({ dir: journalDir, nowMs: () => { now += 1; return now }, onWarning, segmentBytes: 12_000 })
  const log = await openTransparencyLog({ dir: logDirOf(dir), journalDir, journal, privateKey, checkpointMs: 3_600_000, onWarning })
  const checkpoints: string[] = []
  for (const entries of steps) {
    for (let count = 0; count < entries; count += 1) await journal.append(bodyAt(journal.head().index + 1))
    await log.sign()
    checkpoints.push(readFileSync(join(logDirOf(dir), 'checkpoint'), 'utf8'))
  }
  await journal.close()
  await log.close()
  const key = { name: await originOf(journalDir) ?? '', publicKey: createPublicKey(privateKey) }
  return { dir, key, keyText: verifierKey(key), checkpoints }
}

// Decisions are allowed now and then, so that segments have open ones in their headers.
function bodyAt (index: number): EntryBody {
  if (index % 9 === 1) return decisionBody(index % 2 === 0 ? 'deny' : 'allow')
  if (index % 9 === 5 && index > 9) return { kind: 'outcome', of: index - 13, status: 'done', detail: {} }
  return plainEvent('filler', { index })
}
