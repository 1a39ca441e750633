import type { TextSpan } from './secret-rules.ts'

const LOCAL = /[A-Za-z0-9._%+-]/
const HOST = /[A-Za-z0-9.-]/
const DOMAIN = /^(?:[a-z0-9-]{1,63}\.){1,8}[a-z]{2,24}(?![a-z0-9])/i
const MAX_LOCAL = 64 // RFC 5321, section 4.5.3.1.1
const MAX_HOST = 253
const ADDRESS_USER = /:\/\/[^\s/@]{0,64}$/ // https://carol:word@host: a credential of an address, not a mailbox
const MOST_BEFORE = 80
// Nobody's: names reserved for documentation and tests (RFC 2606, RFC 6761), an icon for sharp screens (`logo@2x.png`).
const NOBODYS = /(?:^|\.)(?:example\.(?:com|net|org)|test|example|invalid|localhost)$|^[1-9]x\.[a-z]{2,4}$/i
const SERVICE_USERS: ReadonlySet<string> = new Set(['git', 'hg', 'svn']) // git@github.com:acme/shop

/** Finds e-mail addresses: from each `@`, so text without one costs nothing. */
export function emailAddresses (text: string): readonly TextSpan[] {
  const spans: TextSpan[] = []
  for (let at = text.indexOf('@'); at !== -1; at = text.indexOf('@', at + 1)) {
    const start = startOf(text, at)
    if (start === at || SERVICE_USERS.has(text.slice(start, at)) || ADDRESS_USER.test(text.slice(Math.max(0, start - MOST_BEFORE), start))) continue
    const domain = DOMAIN.exec(text.slice(at + 1, hostEnd(text, at + 1)))?.[0]
    if (domain !== undefined && !NOBODYS.test(domain)) spans.push({ start, end: at + 1 + domain.length, rule: 'email' })
  }
  return spans
}

function startOf (text: string, at: number): number {
  const floor = Math.max(0, at - MAX_LOCAL)
  let start = at
  while (start > floor && LOCAL.test(text[start - 1] as string)) start -= 1
  // `\nbob@acme.com` in JSON inside of the text: the n belongs to the escape, which the next level of the text resolves.
  if (text[start - 1] === '\\') start += /^(?:u[0-9a-f]{4}|[bfnrt])/i.exec(text.slice(start, Math.min(at, start + 5)))?.[0].length ?? 0
  while (start < at && /[._%+-]/.test(text[start] as string)) start += 1
  return start
}

function hostEnd (text: string, start: number): number {
  const ceiling = Math.min(text.length, start + MAX_HOST)
  let end = start
  while (end < ceiling && HOST.test(text[end] as string)) end += 1
  // What is cut off at the ceiling is looked at with the character behind it: a top level domain ends with a word.
  return Math.min(text.length, end + 1)
}
