import { GatewayError } from '../core/errors.ts'
import { readTopLevel } from '../decode/top-level.ts'
import { withoutOverlaps, type BodySpan } from './scan.ts'

const QUOTE = 0x22
const BACKSLASH = 0x5c

/**
 * The body with what these rules found replaced by `[redacted:RULE]`; every other byte as it was. The same body gives the same bytes
 * each time, so a provider's prompt cache stays warm while a conversation grows. A number that is no text becomes 0.
 *
 * @throws GatewayError WEIR_ERR_INTERNAL when one of the rules found nothing, or when that would change more than the inside of strings,
 * or the model: then nothing may be sent
 */
export function redact (body: Buffer, spans: readonly BodySpan[], rules: ReadonlySet<string>): Buffer {
  const parts: Buffer[] = []
  let from = 0
  const taken = spans.flatMap((span) => underNames(span, rules) ?? [])
  // What policy decided on was found by rules that may have been replaced since.
  if (new Set(taken.flatMap(({ rule, also = [] }) => [rule, ...also])).size < rules.size) throw unfit()
  for (const { start, end, rule, bare } of withoutOverlaps(taken)) {
    if (hasBareQuote(body, start, end)) throw unfit()
    parts.push(body.subarray(from, start), Buffer.from(bare === true ? '0' : `[redacted:${rule}]`))
    from = end
  }
  const redacted = Buffer.concat([...parts, body.subarray(from)])
  if (modelToken(redacted) !== modelToken(body)) throw unfit()
  return redacted
}

/** The span under those of its names that are to be taken out, or null when none is. All of it goes: where in it each rule hit is not known. */
function underNames (span: BodySpan, rules: ReadonlySet<string>): BodySpan | null {
  const [rule, ...also] = [span.rule, ...span.also ?? []].filter((name) => rules.has(name))
  return rule === undefined ? null : { ...span, rule, also }
}

// Read as the request was, so that the model that was decided is the one that is asked.
function modelToken (body: Buffer): string | null {
  const span = readTopLevel(body, ['model']).members.get('model')
  return span === undefined ? null : body.toString('latin1', span.start, span.end)
}

function hasBareQuote (body: Buffer, start: number, end: number): boolean {
  for (let at = body.indexOf(QUOTE, start); at !== -1 && at < end; at = body.indexOf(QUOTE, at + 1)) {
    let row = at
    while (row > 0 && body[row - 1] === BACKSLASH) row -= 1
    if ((at - row) % 2 === 0) return true
  }
  return false
}

function unfit (): GatewayError {
  return new GatewayError('WEIR_ERR_INTERNAL', 'What must not leave could not be taken out of the request, so it was not sent.')
}
