import fc from 'fast-check'
import t from 'tap'
import { createFrameReader, encodeFrame, encodeStream, FRAMES, MAX_FRAME } from '../../../sandbox/inside/frames.ts'

const type = fc.constantFrom(...Object.values(FRAMES))

await t.test('frames survive any way of cutting the stream', async () => {
  const frames = fc.array(fc.record({ type, payload: fc.uint8Array({ maxLength: 200 }) }), { maxLength: 8 })
  fc.assert(fc.property(frames, fc.array(fc.integer({ min: 1, max: 64 }), { minLength: 1 }), (sent, cuts) => {
    const bytes = Buffer.concat(sent.map((frame) => encodeFrame(frame.type, frame.payload)))
    const reader = createFrameReader()
    const received: Array<{ type: number, payload: string }> = []
    for (let at = 0, turn = 0; at < bytes.length; turn++) {
      const step = cuts[turn % cuts.length] ?? 1
      received.push(...reader.push(bytes.subarray(at, at + step)).map((frame) => ({ type: frame.type, payload: frame.payload.toString('hex') })))
      at += step
    }
    return JSON.stringify(received) === JSON.stringify(sent.map((frame) => ({ type: frame.type, payload: Buffer.from(frame.payload).toString('hex') })))
  }))
})

await t.test('any bytes are frames or a RangeError, and never more than one frame is held', async (t) => {
  fc.assert(fc.property(fc.array(fc.uint8Array({ maxLength: 64 })), (chunks) => {
    const reader = createFrameReader()
    try {
      for (const chunk of chunks) reader.push(Buffer.from(chunk))
      return true
    } catch (error) {
      return error instanceof RangeError
    }
  }))
  const head = Buffer.of(FRAMES.stdout, 0, 1, 0, 1)
  t.throws(() => createFrameReader().push(head), RangeError, 'one byte over the limit is refused before it arrives')
})

await t.test('a stream of any length becomes frames within the limit', async (t) => {
  const frames = createFrameReader().push(encodeStream(FRAMES.stdin, Buffer.alloc(MAX_FRAME * 2 + 1)))
  t.same(frames.map((frame) => frame.payload.length), [MAX_FRAME, MAX_FRAME, 1])
  t.throws(() => encodeFrame(FRAMES.stdin, Buffer.alloc(MAX_FRAME + 1)), RangeError)
})
