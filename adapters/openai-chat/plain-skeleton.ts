import { onOneLine } from '../../gateway/decode/sse-json.ts'
import { readAnswerJson } from '../../gateway/decode/answer-json.ts'

const NAMES = ['"content":', '"content": '] // as JavaScript's and as Python's writer put it
const MAX_PAYLOAD_BYTES = 4_096
const QUOTE = 0x22
const BACKSLASH = 0x5c
const SPACE = 0x20
const DELETE = 0x7f
const PROBE = 'weir'
const MOST_LEARNED = 4 // a stream whose events differ in more than their words (random padding, say) is read event by event

const DATA = Buffer.from('data: ')
const LINE_FEED = 0x0a
const EVENT_END_BYTES = 2 // line feeds

interface Skeleton { readonly prefix: Buffer, readonly suffix: Buffer }

/**
 * Recognises events that differ from one that was read and found plain in nothing but the words of its `content`. Between the same bytes,
 * printable ASCII without quotes and backslashes can only be another text in the same place: there is nothing new in such an event to
 * decide. Reading each of a stream's events took a third of the time that it spent in the gateway.
 */
export class PlainSkeleton {
  #skeleton: Skeleton | null = null
  #learned = 0

  /** Bytes of an event, line ends and all, beside its words. */
  get eventBytes (): number {
    return this.#skeleton === null ? 0 : DATA.length + payloadBytes(this.#skeleton) + EVENT_END_BYTES
  }

  /** How many characters of text the event has whose payload these bytes are, or -1 when they have to be read. */
  charsOf (payload: Buffer): number {
    if (this.#skeleton === null) return -1
    const chars = charsAt(payload, 0, this.#skeleton)
    return chars !== -1 && payload.length === payloadBytes(this.#skeleton) + chars ? chars : -1
  }

  /** The same of the event that begins there, whole and in one line, as it is passed on. */
  charsOfEvent (bytes: Buffer, from: number): number {
    if (this.#skeleton === null || !holds(bytes, DATA, from)) return -1
    const chars = charsAt(bytes, from + DATA.length, this.#skeleton)
    if (chars === -1) return -1
    const end = from + DATA.length + payloadBytes(this.#skeleton) + chars
    return bytes[end] === LINE_FEED && bytes[end + 1] === LINE_FEED ? chars : -1
  }

  /**
   * Learns from an event that was read exactly as these bytes.
   *
   * @param value what they say
   * @param content the text of its only choice
   * @returns whether what `charsOf` recognises is from now on what is like this event
   */
  learn (payload: Buffer, value: unknown, content: string): boolean {
    if (this.#learned === MOST_LEARNED || payload.length > MAX_PAYLOAD_BYTES) return false
    this.#learned += 1
    const skeleton = skeletonOf(payload, value, content)
    if (skeleton !== null) this.#skeleton = skeleton
    return skeleton !== null
  }
}

function charsAt (bytes: Buffer, from: number, { prefix, suffix }: Skeleton): number {
  if (!holds(bytes, prefix, from)) return -1
  const words = from + prefix.length
  let end = words
  while (end < bytes.length && isPlain(bytes[end] as number)) end += 1
  return end > words && holds(bytes, suffix, end) ? end - words : -1
}

function isPlain (byte: number): boolean {
  return byte >= SPACE && byte < DELETE && byte !== QUOTE && byte !== BACKSLASH
}

function holds (bytes: Buffer, sought: Buffer, at: number): boolean {
  const end = at + sought.length
  return end <= bytes.length && bytes.compare(sought, 0, sought.length, at, end) === 0
}

function payloadBytes ({ prefix, suffix }: Skeleton): number {
  return prefix.length + suffix.length
}

// The place is proven and not guessed: with a probe in it, the event must be the same in everything but its text.
function skeletonOf (payload: Buffer, value: unknown, content: string): Skeleton | null {
  if (onOneLine(payload) !== payload) return null
  const token = JSON.stringify(content)
  for (const name of NAMES) {
    const at = payload.indexOf(name + token)
    if (at === -1) continue
    const prefix = Buffer.from(payload.subarray(0, at + name.length + 1))
    const suffix = Buffer.from(payload.subarray(at + name.length + Buffer.byteLength(token) - 1))
    const probed = readAnswerJson(Buffer.concat([prefix, Buffer.from(PROBE), suffix]))
    if (probed.exact && JSON.stringify(probed.value) === JSON.stringify(withContent(value, PROBE))) return { prefix, suffix }
  }
  return null
}

// The choice's own delta, and none that stands in something else.
function withContent (value: unknown, content: string): unknown {
  const event = value as { readonly choices: readonly [{ readonly delta: object }] }
  const [choice] = event.choices
  return { ...event, choices: [{ ...choice, delta: { ...choice.delta, content } }] }
}
