/** Most characters of a text that a hook is told. */
export const MAX_TEXT_CHARS = 1_000

/** A text out of a ledger entry's detail, cut; null for what is none. */
export function textOf (value: unknown): string | null {
  return typeof value === 'string' ? value.slice(0, MAX_TEXT_CHARS) : null
}

/** A number out of a ledger entry's detail; null for what is none. */
export function numberOf (value: unknown): number | null {
  return typeof value === 'number' ? value : null
}
