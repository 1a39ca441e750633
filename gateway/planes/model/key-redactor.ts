import type { ProviderKey } from '../../vault/vault.ts'
import { createBeginningSearch, createKeyMatch } from './key-match.ts'
import { createKeyWatch, type KeyWatch, type KeyWatchOptions } from './key-watch.ts'

/** Bytes with the key replaced, the same bytes when it is not in them. */
export interface Redact {
  (bytes: Buffer): Buffer
  /** For the events of one stream, in which the key can stand in pieces; null when there is no key to look for. */
  readonly watch: () => KeyWatch | null
}

const REPLACEMENT = '[redacted]'
const MIN_CHARS = 8 // a shorter "key" would be found in ordinary text
const NOTHING_TO_REDACT: Redact = Object.assign((bytes: Buffer) => bytes, { watch: () => null })

/**
 * Keeps a provider key out of what the provider sends back: some echo it in their errors. A key is printable ASCII; in
 * JSON only the quote, the backslash and (optionally) the slash of it are written otherwise.
 */
export function createRedactor (key: string | null): Redact {
  if (key === null || key.length < MIN_CHARS) return NOTHING_TO_REDACT
  const quoted = JSON.stringify(key).slice(1, -1)
  const forms = [...new Set([key, quoted, quoted.replaceAll('/', '\\/')])]
  const sought = forms.map((form) => Buffer.from(form))
  const redact = (bytes: Buffer): Buffer => {
    if (!sought.some((form) => bytes.includes(form))) return bytes
    return Buffer.from(forms.reduce((text, form) => text.replaceAll(form, REPLACEMENT), bytes.toString('latin1')), 'latin1')
  }
  let watching: KeyWatchOptions | null = null
  return Object.assign(redact, {
    watch: () => createKeyWatch(watching ??= { match: createKeyMatch(key), hasBeginning: createBeginningSearch(key), replacement: REPLACEMENT }),
  })
}

/** One for each key, made once: a search of its own for each request took 25 µs and more before its first text. They live as long as the keys do. */
export function createRedactors (): (key: ProviderKey | null) => Redact {
  const redactors = new WeakMap<ProviderKey, Redact>()
  return (key) => {
    if (key === null) return NOTHING_TO_REDACT
    const known = redactors.get(key)
    if (known !== undefined) return known
    const made = createRedactor(key.value)
    redactors.set(key, made)
    return made
  }
}
