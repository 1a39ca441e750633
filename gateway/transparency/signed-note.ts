import { createPublicKey, hash, sign, verify, type KeyObject } from 'node:crypto'

const ED25519 = 0x01
const ID_BYTES = 4
const KEY_BYTES = 32
const SIGNATURE_BYTES = 64
const MAX_NOTE_CHARS = 64 * 1024
const MAX_SIGNATURES = 64
const NAME = /^[^\s+]{1,255}$/u
const SIGNATURE_LINE = /^\u2014 ([^\s+]{1,255}) ([A-Za-z0-9+/]+={0,2})$/u
// eslint-disable-next-line no-control-regex -- a note with a control character is malformed (C2SP signed-note)
const CONTROL = /[\u0000-\u0009\u000b-\u001f]/

/** A public key and the name that it signs by. */
export interface NoteKey { readonly name: string, readonly publicKey: KeyObject }

/** Signs a text, which ends in a newline, as a C2SP signed note. */
export function signNote (text: string, name: string, privateKey: KeyObject): string {
  const raw = rawKey(createPublicKey(privateKey))
  const signature = Buffer.concat([keyId(name, raw), sign(null, Buffer.from(text), privateKey)])
  return `${text}\n\u2014 ${name} ${signature.toString('base64')}\n`
}

/** The text of a note that this key signed; null when it did not, or when this is no note. Signatures of others are passed over. */
export function openNote (note: string, { name, publicKey }: NoteKey): string | null {
  const parts = partsOf(note)
  if (parts === null) return null
  const id = keyId(name, rawKey(publicKey))
  const own = parts.signatures.filter((signature) => signature.name === name && signature.bytes.subarray(0, ID_BYTES).equals(id))
  const holds = own.every(({ bytes }) => bytes.length === ID_BYTES + SIGNATURE_BYTES && verify(null, Buffer.from(parts.text), publicKey, bytes.subarray(ID_BYTES)))
  return own.length > 0 && holds ? parts.text : null
}

/** The text of a note, and what this key has put below it, by the key's name and id alone: whether it holds is for the caller to check. Null when this is no note. */
export function noteSignatures (note: string, { name, publicKey }: NoteKey, type: number): { readonly text: string, readonly signatures: ReadonlyArray<{ readonly line: string, readonly bytes: Buffer }> } | null {
  const parts = partsOf(note)
  if (parts === null) return null
  const id = keyId(name, rawKey(publicKey), type)
  const own = parts.signatures.filter((signature) => signature.name === name && signature.bytes.subarray(0, ID_BYTES).equals(id))
  return { text: parts.text, signatures: own.map(({ bytes }) => ({ line: `\u2014 ${name} ${bytes.toString('base64')}`, bytes: bytes.subarray(ID_BYTES) })) }
}

/** How others are told of a key: `name+id+key`, as Go's note package and C2SP tools take it. */
export function verifierKey ({ name, publicKey }: NoteKey, type = ED25519): string {
  const raw = rawKey(publicKey)
  return `${name}+${keyId(name, raw, type).toString('hex')}+${Buffer.concat([Buffer.of(type), raw]).toString('base64')}`
}

/** The key in a verifier key string; null when it is none of Ed25519. @param type C2SP's number of what it signs: notes, or 4 for cosignatures */
export function parseVerifierKey (text: string, type = ED25519): NoteKey | null {
  const [name = '', id = '', ...rest] = text.split('+')
  const encoded = rest.join('+')
  const bytes = Buffer.from(encoded, 'base64')
  if (!NAME.test(name) || bytes.toString('base64') !== encoded || bytes[0] !== type || bytes.length !== 1 + KEY_BYTES) return null
  const raw = bytes.subarray(1)
  if (keyId(name, raw, type).toString('hex') !== id) return null
  return { name, publicKey: createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x: raw.toString('base64url') }, format: 'jwk' }) }
}

interface NoteParts { readonly text: string, readonly signatures: ReadonlyArray<{ readonly name: string, readonly bytes: Buffer }> }

function partsOf (note: string): NoteParts | null {
  if (note.length > MAX_NOTE_CHARS || !note.endsWith('\n') || CONTROL.test(note) || !note.isWellFormed()) return null
  // The last empty line parts them: a text may have empty lines of its own.
  const end = note.lastIndexOf('\n\n')
  if (end === -1) return null
  const lines = note.slice(end + 2, -1).split('\n')
  if (lines.length > MAX_SIGNATURES) return null
  const signatures = lines.map((line) => {
    const [, name, encoded] = SIGNATURE_LINE.exec(line) ?? []
    const bytes = Buffer.from(encoded ?? '', 'base64')
    return name === undefined || bytes.length <= ID_BYTES || bytes.toString('base64') !== encoded ? null : { name, bytes }
  })
  return signatures.includes(null) ? null : { text: note.slice(0, end + 1), signatures: signatures.filter((signature) => signature !== null) }
}

function keyId (name: string, raw: Uint8Array, type = ED25519): Buffer {
  return hash('sha256', Buffer.concat([Buffer.from(`${name}\n`), Buffer.of(type), raw]), 'buffer').subarray(0, ID_BYTES)
}

function rawKey (publicKey: KeyObject): Buffer {
  return Buffer.from(publicKey.export({ format: 'jwk' }).x ?? '', 'base64url')
}
