import { TooMuch } from '../too-much.ts'

// The next line, the next element or the next match: each comes to an end.
const ADVANCES = /^(?:(?:defined\s*\(?\s*)?(?:(?:my\s+)?(?:\$\w+|\(\s*\$\w+\s*,\s*\$\w+\s*\))\s*=\s*)?(?:<(?:STDIN)?>|(?:shift|pop)(?:\s*\(?@\w+\)?)?|each\s*\(?%\w+\)?)\)?|(?:\$\w+\s*=~\s*)?m?\/(?:\\[^]|[^/\\])+\/[imsxo]*g[gimsxo]*)$/

/** Refuses a loop over a list that its body adds to: it has no end. */
export function checkGrowth (list: string, body: string): void {
  for (const [, name = ''] of list.matchAll(/@\{?\s*\$?(\w+)/g)) if (new RegExp(`(?:push|unshift|splice)\\W+${name}\\b`).test(body)) throw new TooMuch()
}

/** Refuses a loop whose condition does not surely come to an end by what it asks, or by what the body counts. */
export function checkEnds (asked: string, body: string): void {
  checkGrowth(asked, body)
  // What stands behind `&&` only ends it sooner.
  const first = (/^\s*(\(?)([^]*?)(?:&&[^]*|\s*)$/.exec(asked)?.[2] ?? '').trim()
  if (/\|\||\bor\b/.test(asked)) throw new TooMuch()
  if (ADVANCES.test(first) || ADVANCES.test(first.replace(/\)$/, '').trim())) return
  const [, name = '', sign] = /^\$([a-z]\w*)\s*([<>])=?(?![^]*\$\1\b)/.exec(first) ?? []
  if (name === '' || !new RegExp(sign === '<' ? `\\$${name}\\s*(?:\\+\\+|\\+=\\s*[1-9])|\\+\\+\\$${name}\\b` : `\\$${name}\\s*(?:--|-=\\s*[1-9])|--\\$${name}\\b`).test(body)) throw new TooMuch()
}
