import { writeChunk } from '../../http/forward/write-chunk.ts'
import { KEY_WATCH_LIMITS } from './key-watch.ts'
import type { AnswerExchange, AnswerNote, AnswerRelay } from './relay.ts'

const STREAM_HEADERS = {
  'content-type': 'text/event-stream; charset=utf-8',
  'cache-control': 'no-cache',
  'x-accel-buffering': 'no', // nginx in front would otherwise collect the stream
}
const KEEP_ALIVE = Buffer.from(': weir is holding a tool call\n\n')

/**
 * Relays a stream, event by event.
 *
 * @param onDrain called when the client has taken what was written
 */
export function createStreamRelay (exchange: AnswerExchange, onDrain: () => void): AnswerRelay {
  const { response, redact } = exchange
  const watch = redact.watch()
  let wroteSinceTick = true
  let firstMs: number | null = null
  let ruling = 0
  let hasText = false
  let easing: NodeJS.Timeout | null = null
  const stream = exchange.format.openStream({
    async rule (call) {
      ruling += 1
      try {
        return await exchange.rule(call, true)
      } finally {
        ruling -= 1
      }
    },
    refusalStyle: exchange.refusalStyle,
    hidesUsage: exchange.asked.hidesUsage,
    write (bytes) {
      wroteSinceTick = true
      firstMs ??= performance.now()
      const passing = watch === null ? bytes : watch.pass(redact(bytes))
      if (passing.length > 0 && !response.destroyed) writeChunk(response, passing)
      if (watch?.isHolding === true) easing ??= setTimeout(ease, KEY_WATCH_LIMITS.heldMs)
    },
  })
  const ease = (): void => {
    easing = null
    const passing = watch?.ease()
    if (passing !== undefined && passing.length > 0 && !response.destroyed) writeChunk(response, passing)
  }
  const endResponse = (last?: Buffer): void => {
    const rest = watch?.rest()
    if (rest !== undefined && rest.length > 0 && !response.destroyed) writeChunk(response, rest)
    response.end(last)
  }
  const endIfDone = (): void => {
    if (stream.done) endResponse()
  }
  // OpenCode gives up on a stream that is silent for long, and while a call is held nothing else may be sent.
  const keepAlive = setInterval(() => {
    if ((stream.holding || ruling > 0) && !wroteSinceTick && !response.destroyed) writeChunk(response, KEEP_ALIVE)
    wroteSinceTick = false
  }, exchange.keepAliveMs)
  response.on('drain', onDrain)
  const { socket } = response
  socket?.cork() // the head and what came with the provider's go out in one write
  response.writeHead(200, STREAM_HEADERS)
  response.flushHeaders()
  process.nextTick(() => socket?.uncork())
  return {
    data (bytes) {
      const reading = stream.push(bytes)
      if (reading !== undefined) return reading.then(endIfDone)
      endIfDone()
      return undefined
    },
    hasText () {
      hasText ||= stream.facts().chars > 0
      return hasText
    },
    async end () {
      await stream.end()
      endResponse()
    },
    settled: () => stream.settled(),
    fail (error, why) {
      if (stream.broken()) endResponse()
      else if (why === 'not-understood') endResponse(exchange.format.errorEvent(error))
      else response.destroy() // the agent sees a broken stream and asks again
    },
    isOver: () => stream.done,
    stop () {
      clearInterval(keepAlive)
      if (easing !== null) clearTimeout(easing)
      response.off('drain', onDrain)
    },
    result () {
      const { usage, chars, callChars, released, refused, empty, promised, unknownEnd, dropped } = stream.facts()
      const notes: AnswerNote[] = []
      if (empty) notes.push('empty')
      if (promised) notes.push('promised-no-call')
      if (unknownEnd) notes.push('unknown-end')
      if (dropped > 0) notes.push('dropped-events')
      return { usage, chars: chars + callChars, firstMs, released, refused, notes }
    },
  }
}
