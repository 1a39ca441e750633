import type { FindSecrets, TextSpan } from './secret-rules.ts'
import { createSuspects, type FindSuspects } from './suspects.ts'

/** Name under which a provider key of this gateway's own is found. */
export const KNOWN_KEY_RULE = 'provider-key'

const MIN_KEY_CHARS = 8 // a shorter key would be found in ordinary words

/** Finds the keys that the gateway holds, whatever they look like; they are read again when they have changed. */
export function createKnownKeys (keys: () => readonly string[]): () => { readonly suspects: FindSuspects, readonly find: FindSecrets } {
  let current: readonly string[] | null = null
  let prepared = preparedFor([])
  return () => {
    const now = keys()
    if (now !== current) {
      prepared = preparedFor(now)
      current = now
    }
    return prepared
  }
}

function preparedFor (keys: readonly string[]): { readonly suspects: FindSuspects, readonly find: FindSecrets } {
  const long = [...new Set(keys)].filter((key) => key.length >= MIN_KEY_CHARS)
  return { suspects: createSuspects(long), find: (text) => long.flatMap((key) => occurrences(text, key)) }
}

function occurrences (text: string, key: string): readonly TextSpan[] {
  const spans: TextSpan[] = []
  for (let at = text.indexOf(key); at !== -1; at = text.indexOf(key, at + key.length)) spans.push({ start: at, end: at + key.length, rule: KNOWN_KEY_RULE })
  return spans
}
