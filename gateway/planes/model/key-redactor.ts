/** Bytes with the key replaced, the same bytes when it is not in them. */
export type Redact = (bytes: Buffer) => Buffer

const REPLACEMENT = '[redacted]'
const MIN_CHARS = 8 // a shorter "key" would be found in ordinary text

/**
 * Keeps a provider key out of what the provider sends back: some echo it in their errors. A key is printable ASCII; in
 * JSON only the quote, the backslash and (optionally) the slash of it are written otherwise.
 */
export function createRedactor (key: string | null): Redact {
  if (key === null || key.length < MIN_CHARS) return (bytes) => bytes
  const quoted = JSON.stringify(key).slice(1, -1)
  const forms = [...new Set([key, quoted, quoted.replaceAll('/', '\\/')])]
  return (bytes) => {
    if (!forms.some((form) => bytes.includes(form))) return bytes
    return Buffer.from(forms.reduce((text, form) => text.replaceAll(form, REPLACEMENT), bytes.toString('latin1')), 'latin1')
  }
}
