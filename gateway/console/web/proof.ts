/** What the browser made sure of by itself, with nothing but the entry, the proof and the key. */
export interface Checked { readonly size: number, readonly root: string, readonly entryHash: string, readonly key: string }

const HASH_CHARS = 44

/**
 * Checks that an entry is in the signed ledger: its hash, the path from there to the root of the tree (RFC 9162, section 2.1.3.2), and the
 * signature over that root (C2SP tlog-proof, signed-note). It shares no code with the gateway.
 *
 * @param text the entry's bytes, as recorded
 * @param key the verifier key to trust, `name+id+key`
 * @throws Error that says which step does not hold
 */
export async function checkProof (text: string, proof: string, key: string): Promise<Checked> {
  const { index, hashes, note } = parseProof(proof)
  if (index !== (JSON.parse(text) as { readonly index: unknown }).index) throw new Error('The proof is for another entry.')
  const { size, root } = await openCheckpoint(note, key)
  const entryHash = await sha256(new TextEncoder().encode(text))
  const found = await rootOf(await sha256(joined([Uint8Array.of(0), entryHash])), { index, size, hashes })
  if (found === null || toBase64(found) !== root) throw new Error('The entry is not the one that was signed: the proof does not lead to the signed root.')
  return { size, root, entryHash: [...entryHash].map((byte) => byte.toString(16).padStart(2, '0')).join(''), key: key.split('+')[0] ?? '' }
}

interface Proof { readonly index: number, readonly hashes: readonly Uint8Array[], readonly note: string }

function parseProof (text: string): Proof {
  const end = text.indexOf('\n\n')
  const [format, place = '', ...hashes] = text.slice(0, Math.max(0, end)).split('\n')
  const index = /^index (\d{1,16})$/.exec(place)?.[1]
  if (format !== 'c2sp.org/tlog-proof@v1' || index === undefined || hashes.some((line) => line.length !== HASH_CHARS)) throw new Error('This is not a proof.')
  return { index: Number(index), hashes: hashes.map(fromBase64), note: text.slice(end + 2) }
}

async function openCheckpoint (note: string, key: string): Promise<{ readonly size: number, readonly root: string }> {
  const [name = '', id = '', ...rest] = key.split('+')
  const bytes = fromBase64(rest.join('+'))
  if (bytes.length !== 33 || bytes[0] !== 1) throw new Error('This is not an Ed25519 verifier key.')
  const end = note.lastIndexOf('\n\n')
  const text = note.slice(0, end + 1)
  const signature = note.slice(end + 2).split('\n').map((line) => /^\u2014 (\S+) (\S+)$/u.exec(line)).find((found) => found?.[1] === name)?.[2]
  if (end === -1 || signature === undefined) throw new Error('The checkpoint is not signed by this key.')
  const signed = fromBase64(signature)
  const isByKey = [...signed.subarray(0, 4)].map((byte) => byte.toString(16).padStart(2, '0')).join('') === id
  const publicKey = await crypto.subtle.importKey('raw', bytes.subarray(1), 'Ed25519', false, ['verify'])
  if (!isByKey || !await crypto.subtle.verify('Ed25519', publicKey, signed.subarray(4), new TextEncoder().encode(text))) throw new Error('The signature over the checkpoint does not hold.')
  const [origin, size = '', root = ''] = text.split('\n')
  if (origin !== name || !/^\d{1,16}$/.test(size)) throw new Error('The checkpoint is of another ledger.')
  return { size: Number(size), root }
}

async function rootOf (leaf: Uint8Array, { index, size, hashes }: { readonly index: number, readonly size: number, readonly hashes: readonly Uint8Array[] }): Promise<Uint8Array | null> {
  if (index >= size) return null
  let [node, last, root] = [index, size - 1, leaf]
  for (const hash of hashes) {
    if (last === 0) return null
    if (node % 2 === 1 || node === last) {
      root = await sha256(joined([Uint8Array.of(1), hash, root]))
      while (node % 2 === 0 && node !== 0) [node, last] = [node / 2, Math.floor(last / 2)]
    } else {
      root = await sha256(joined([Uint8Array.of(1), root, hash]))
    }
    [node, last] = [Math.floor(node / 2), Math.floor(last / 2)]
  }
  return last === 0 ? root : null
}

async function sha256 (bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>> {
  return new Uint8Array(await crypto.subtle.digest('SHA-256', bytes))
}

function joined (parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0))
  let at = 0
  for (const part of parts) {
    whole.set(part, at)
    at += part.length
  }
  return whole
}

function fromBase64 (text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(text), (sign) => sign.charCodeAt(0))
}

function toBase64 (bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes))
}
