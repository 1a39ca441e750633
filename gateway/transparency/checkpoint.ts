import type { KeyObject } from 'node:crypto'
import { HASH_BYTES } from './merkle.ts'
import type { TreeHead } from './check-proof.ts'
import { openNote, signNote, type NoteKey } from './signed-note.ts'

const SIZE = /^(?:0|[1-9]\d{0,15})$/

/** A tree that was signed (C2SP tlog-checkpoint): whose log, how many entries, and the root over them. */
export interface Checkpoint extends TreeHead { readonly origin: string }

/** A checkpoint as it is published. */
export function signCheckpoint ({ origin, size, root }: Checkpoint, privateKey: KeyObject): string {
  return signNote(`${origin}\n${size}\n${root.toString('base64')}\n`, origin, privateKey)
}

/** The checkpoint in a note that this key signed by the name of its log; null when it is not one. */
export function openCheckpoint (note: string, key: NoteKey): Checkpoint | null {
  const text = openNote(note, key)
  return text === null ? null : parseCheckpoint(text, key.name)
}

function parseCheckpoint (text: string, name: string): Checkpoint | null {
  const [origin = '', digits = '', encoded = '', ...rest] = text.split('\n')
  const size = Number(digits)
  const root = Buffer.from(encoded, 'base64')
  if (origin !== name || !SIZE.test(digits) || !Number.isSafeInteger(size)) return null
  if (root.length !== HASH_BYTES || root.toString('base64') !== encoded) return null
  // Extension lines may follow, none of them empty; the last line ends the text.
  if (rest.pop() !== '' || rest.includes('')) return null
  return { origin, size, root }
}
