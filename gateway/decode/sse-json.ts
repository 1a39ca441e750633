import { readAnswerJson } from './answer-json.ts'
import { SseReader, type SseItem } from './sse-reader.ts'

/**
 * One event of a provider's stream. `bytes` is its payload as it came when every parser reads it as `value`, else null:
 * then only `value`, serialised again, says to the client what was checked here.
 */
export type SseEvent =
  | { readonly kind: 'comment', readonly text: Buffer }
  | { readonly kind: 'json', readonly value: unknown, readonly bytes: Buffer | null }

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
  return Buffer.concat([Buffer.from(name === null ? 'data: ' : `event: ${name}\ndata: `), typeof payload === 'string' ? Buffer.from(payload) : payload, Buffer.from('\n\n')])
}

/** One comment line. */
export function sseComment (text: Buffer): Buffer {
  return Buffer.concat([Buffer.from(':'), text, Buffer.from('\n\n')])
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
