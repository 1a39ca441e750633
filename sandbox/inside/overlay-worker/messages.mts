import { readSync, writeSync } from 'node:fs'

/** The worker's ends: bytes of requests from standard input, whole answers to standard output. */

const CHUNK = 65_536
const ANSWERS_AT_ONCE = 4 // a write each costs more; with all in one the gateway waits for the last of them before it works on the first
const NOTHING = Buffer.alloc(0)
const chunk = Buffer.alloc(CHUNK)
/** What one read brought and nobody took yet: requests come several at once. */
let held: Buffer = NOTHING
const PARTS_OF_ANSWER = 3
/** Answers that are not written yet, each in its parts. */
let answers: Buffer[] = []

/** The next so many bytes of the input, waited for; null at its end. */
export function take (count: number): Buffer | null {
  const buffer = Buffer.alloc(count)
  let have = held.copy(buffer, 0, 0, Math.min(held.length, count))
  held = held.subarray(have)
  while (have < count) {
    const isLarge = count - have >= CHUNK
    const got = isLarge ? readMore(buffer, have) : readMore(chunk, 0)
    if (got === 0) return null
    const used = Math.min(got, count - have)
    if (!isLarge) {
      chunk.copy(buffer, have, 0, used)
      held = chunk.subarray(used, got) // read into again only when all of it was taken
    }
    have += used
  }
  return buffer
}

// The answers go out together, before anything that could take long: nobody may wait for one while this waits for a request.
function readMore (buffer: Buffer, at: number): number {
  sendAnswers()
  return readSync(0, buffer, at, buffer.length - at, null)
}

export function answer (head: object, payload: Buffer): void {
  const text = Buffer.from(JSON.stringify(head), 'latin1')
  const lengths = Buffer.alloc(8)
  lengths.writeUInt32BE(text.length, 0)
  lengths.writeUInt32BE(payload.length, 4)
  answers.push(lengths, text, payload)
  if (payload.length > CHUNK || answers.length >= ANSWERS_AT_ONCE * PARTS_OF_ANSWER) sendAnswers()
}

function sendAnswers (): void {
  if (answers.length === 0) return
  const message = Buffer.concat(answers)
  answers = []
  for (let done = 0; done < message.length;) done += writeSync(1, message, done)
}
