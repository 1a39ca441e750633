import { closingAt, isPlain, markAt } from './places.ts'
import type { ScriptToken } from './tokens.ts'
import { deepening } from '../brackets.ts'

const REQUESTS = /^(?:requests|httpx)\.(get|post|put|patch|delete|head|options)$/
const OPTIONS = /^(?:params|json|data|headers|timeout|auth|allow_redirects|follow_redirects|verify|files|method|cookies|content)$/
// Behind the slash nothing changes any more which machine is asked.
const LOCAL = /^https?:\/\/(?:localhost|127\.0\.0\.1|0\.0\.0\.0|\[::1\])(?::\d{1,5})?(?:\/|$)/

/** The words of the `curl` that asks this machine the same as a call does, from behind its bracket; null for a call of any other. */
export function localRequest (name: string, tokens: readonly ScriptToken[], from: number): readonly string[] | null {
  const method = REQUESTS.exec(name)?.[1] ?? (name === 'urllib.request.urlopen' ? 'get' : null)
  const url = tokens[from]
  if (method === null || url?.kind !== 'string' || url.text.includes('\\') || !/^[,)]$/.test(tokens[from + 1]?.text ?? '')) return null
  const said = url.filled === true ? url.text.slice(0, (url.text.search(/[{}]/) + 1 || url.text.length + 1) - 1) : url.text
  if (!LOCAL.test(said) || (url.filled === true && !/^https?:\/\/[^/]+\//.test(said)) || (url.filled !== true && !isPlain(url))) return null
  const end = closingAt(tokens, from - 1)
  for (let at = from + 1, depth = 0; at < end; at += 1) {
    if (depth === 0 && markAt(tokens, at, ',') && at + 1 < end && !(markAt(tokens, at + 2, '=') && OPTIONS.test(tokens[at + 1]?.text ?? ''))) return null
    const { kind, text = '' } = tokens[at] ?? {}
    if (kind === 'mark') depth += deepening(text)
  }
  return ['curl', '-s', '-X', method.toUpperCase(), said]
}
