import { readAnswerJson } from './answer-json.ts'
import { SseReader, type SseItem } from './sse-reader.ts'

/**
 * One event of a provider's stream. `bytes` is its payload as it came when every parser reads it as `value`, else null:
 * then only `value`, serialised again, says to the client what was checked here.
 */
export type SseEvent =
  | { readonly kind: 'comment', readonly text: Buffer }
  | { readonly kind: 'json', readonly value: unknown, readonly bytes: Buffer | null }

const MAX_COMMENT_BYTES = 128
const PLAIN_WORDS = /^[ \w.,!-]*$/
const LINE_ENDS = ['\u0085', '\u2028', '\u2029'].map((char) => ({ char, bytes: Buffer.from(char), escape: `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}` }))
const MAX_EVENT_BYTES = 16_777_216 // 16 MiB: a closing event can repeat the whole answer

/** Server-sent events whose payloads are JSON. Reading one throws where the stream stops making sense, and not before. */
export class SseJson {
  readonly #reader = new SseReader(MAX_EVENT_BYTES)

  /** @throws GatewayError WEIR_ERR_UPSTREAM, SseTooLarge */
  push (bytes: Buffer): Iterable<SseEvent> {
    return eventsOf(this.#reader.push(bytes))
  }

  /** What was still open when the bytes ended. @throws as `push` does */
  end (): Iterable<SseEvent> {
    return eventsOf(this.#reader.end())
  }
}

/** One event, with its name for clients that go by names. */
export function sseEvent (name: string | null, payload: Buffer | string): Buffer {
  const bytes = typeof payload === 'string' ? Buffer.from(payload) : payload
  return Buffer.concat([Buffer.from(name === null ? 'data: ' : `event: ${name}\ndata: `), onOneLine(bytes), Buffer.from('\n\n')])
}

/**
 * One comment line, which keeps a connection awake. Its text stays when it is a few plain words. Some clients look for `data:` with a
 * search and not line by line: an event behind a colon would be a comment to this gateway and a call to them.
 */
export function sseComment (text: Buffer): Buffer {
  const words = text.length <= MAX_COMMENT_BYTES ? text.toString('latin1') : ''
  return Buffer.from(`:${PLAIN_WORDS.test(words) ? words : ''}\n\n`)
}

/**
 * JSON without the characters at which clients that split text and not bytes (Python's `splitlines`, which httpx has) end lines too. A
 * model that writes one into its words, and an event after it, would have such a client read a call that nobody decided. In JSON they
 * stand in strings only, where an escape says the same.
 */
export function onOneLine (json: Buffer): Buffer {
  if (!LINE_ENDS.some(({ bytes }) => json.includes(bytes))) return json
  return Buffer.from(LINE_ENDS.reduce((text, { char, escape }) => text.replaceAll(char, escape), json.toString()))
}

function * eventsOf (items: readonly SseItem[]): Generator<SseEvent> {
  for (const item of items) yield eventOf(item)
}

function eventOf (item: SseItem): SseEvent {
  if (item.kind === 'comment') return item
  const { lines } = item
  const [first] = lines
  const payload = lines.length === 1 && first !== undefined ? first : Buffer.from(lines.map((line) => line.toString()).join('\n'))
  const { value, exact } = readAnswerJson(payload)
  // A payload that came as several lines cannot be passed on as the one line it is checked as.
  return { kind: 'json', value, bytes: exact && lines.length === 1 ? payload : null }
}
