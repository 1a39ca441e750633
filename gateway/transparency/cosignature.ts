import { verify } from 'node:crypto'
import { noteSignatures, parseVerifierKey, type NoteKey } from './signed-note.ts'

/** Ed25519 cosignatures in C2SP's key encoding. */
export const COSIGNATURE = 0x04

const TIME_BYTES = 8
const SIGNATURE_BYTES = 64
const MAX_AHEAD_S = 300 // clocks differ

/** A witness's key as `name+id+key` has it (C2SP signed-note, type 4); null when it is none. */
export function parseWitnessKey (text: string): NoteKey | null {
  return parseVerifierKey(text, COSIGNATURE)
}

/** A witness's word that it saw this tree, and no other that contradicts it. */
export interface Cosignature {
  /** The line to put below the checkpoint, with its end. */
  readonly line: string
  /** When, Unix seconds. */
  readonly timeS: number
}

/** The first valid cosignature of a witness under a checkpoint (C2SP tlog-cosignature); null when there is none. Never throws. */
export function cosignatureIn (note: string, key: NoteKey, nowMs: number): Cosignature | null {
  const found = noteSignatures(note, key, COSIGNATURE)
  if (found === null) return null
  for (const { bytes, line } of found.signatures) {
    if (bytes.length !== TIME_BYTES + SIGNATURE_BYTES) continue
    const time = bytes.readBigUInt64BE(0)
    if (time === 0n || time > BigInt(Math.floor(nowMs / 1_000) + MAX_AHEAD_S)) continue
    const message = Buffer.from(`cosignature/v1\ntime ${time}\n${found.text}`)
    if (verify(null, message, key.publicKey, bytes.subarray(TIME_BYTES))) return { line: `${line}\n`, timeS: Number(time) }
  }
  return null
}
