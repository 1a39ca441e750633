import { mock } from 'node:test'
import fc from 'fast-check'
import t from 'tap'
import { spliced, splicedLength } from '../../../../gateway/decode/splice.ts'
import { BODY_MEMORY, createBodyMemory, type BodyMemory } from '../../../../gateway/http/forward/body-memory.ts'

const { leastBytes, stepBytes, partBytes, keptBytes, idleMs } = BODY_MEMORY

/** @returns the memory of a body that was lent, sent to its end and given back */
function used (memory: BodyMemory, bytes: number): Buffer {
  const body = memory.lend(bytes)
  body[0] = 1
  void [...memory.toSend(body) as Iterable<Buffer>]
  memory.giveBack(body)
  return body
}

/** Whether there is memory of an earlier body for one of this length, seen by the mark that `used` leaves. */
function isUsedAgain (memory: BodyMemory, bytes: number): boolean {
  return memory.lend(bytes)[0] === 1
}

await t.test('a body is sent in parts of which none is small, and which together are the body', async () => {
  const memory = createBodyMemory()
  fc.assert(fc.property(fc.integer({ min: leastBytes, max: 8 * partBytes + 3 }), fc.integer({ min: 0, max: 255 }), (bytes, byte) => {
    const body = memory.lend(bytes).fill(byte)
    const parts = [...memory.toSend(body) as Iterable<Buffer>]
    const isRight = Buffer.concat(parts).equals(body) && parts.every(({ length }) => length >= partBytes && length < 2 * partBytes)
    memory.giveBack(body)
    return isRight
  }), { numRuns: 50 })
})

await t.test('a body with something put into it is sent with that, and no part of its memory is small', async (t) => {
  const memory = createBodyMemory()
  const most = 5 * partBytes
  const place = fc.oneof(fc.integer({ min: 0, max: 3 }), fc.integer({ min: 0, max: most }), fc.integer({ min: partBytes - 2, max: partBytes + 2 }))
  fc.assert(fc.property(fc.integer({ min: leastBytes, max: most }), place, fc.integer({ min: 0, max: 9 }), fc.boolean(), (bytes, at, taken, fromEnd) => {
    const body = memory.lend(bytes).fill('x')
    const start = Math.max(0, Math.min(bytes - taken, fromEnd ? bytes - at : at))
    const splice = { start, end: start + Math.min(taken, bytes - start), bytes: Buffer.from('put in') }
    const expected = spliced(Buffer.from(body), splice)
    const parts = [...memory.toSend(body, splice) as Iterable<Buffer>]
    const isRight = Buffer.concat(parts).equals(expected) && splicedLength(body, splice) === expected.length &&
      parts.every((part) => part.buffer !== body.buffer || part.length >= partBytes)
    memory.giveBack(body)
    return isRight && body.length === 0
  }), { numRuns: 60 })

  const small = memory.lend(9).fill('x')
  t.equal(memory.toSend(small, { start: 1, end: 3, bytes: Buffer.from('put in') }).toString(), 'xput inxxxxxx')
})

await t.test('memory that was sent to the end is used again, and nothing is left in the hands of who had it before', (t) => {
  const memory = createBodyMemory()
  const first = used(memory, stepBytes + 1)
  t.equal(first.length, 0)
  const again = memory.lend(stepBytes + 2)
  t.same([again.length, again[0]], [stepBytes + 2, 1])
  t.notOk(isUsedAgain(memory, stepBytes + 2), 'what is lent is not lent twice')
  t.end()
})

await t.test('memory of which a part may still wait in a socket is never used again', (t) => {
  const memory = createBodyMemory()
  for (const asks of [1, 2, 3]) {
    const body = memory.lend(3 * partBytes)
    body[0] = 1
    const parts = (memory.toSend(body) as Iterable<Buffer>)[Symbol.iterator]()
    for (let asked = 0; asked < asks; asked += 1) t.notOk(parts.next().done)
    // A second attempt that came to its end says nothing of the first.
    void [...memory.toSend(body) as Iterable<Buffer>]
    memory.giveBack(body)
    t.notOk(isUsedAgain(memory, 3 * partBytes), `after ${asks} parts of 3`)
    t.equal(body[0], 1, 'what waits in the socket stays as it is')
  }
  t.end()
})

await t.test('a sending that begins after the memory was given back sends nothing', (t) => {
  const memory = createBodyMemory()
  const body = memory.lend(stepBytes)
  const parts = memory.toSend(body) as Iterable<Buffer>
  memory.giveBack(body)
  t.same([...parts], [])
  t.end()
})

await t.test('a body that was not lent, or is small, is sent as it is and stays as it is', (t) => {
  const memory = createBodyMemory()
  for (const body of [memory.lend(leastBytes - 1), Buffer.alloc(leastBytes)]) {
    t.equal(memory.toSend(body), body)
    memory.giveBack(body)
    t.equal(memory.toSend(body), body)
    t.not(body.length, 0)
  }
  t.end()
})

await t.test('memory is for bodies of at least half its length, and only so much of it is kept', (t) => {
  const memory = createBodyMemory()
  used(memory, 4 * stepBytes)
  t.notOk(isUsedAgain(memory, stepBytes))
  t.ok(isUsedAgain(memory, 2 * stepBytes))
  used(memory, keptBytes + 1)
  t.notOk(isUsedAgain(memory, keptBytes + 1))
  t.end()
})

await t.test('memory that was not needed for a while is let go, and what is needed stays', (t) => {
  mock.timers.enable({ apis: ['setTimeout'] })
  t.teardown(() => mock.timers.reset())
  const memory = createBodyMemory()
  const two = [memory.lend(stepBytes), memory.lend(stepBytes)]
  for (const body of two) {
    body[0] = 1
    memory.giveBack(body)
  }
  mock.timers.tick(idleMs)
  used(memory, stepBytes)
  mock.timers.tick(idleMs)
  t.ok(isUsedAgain(memory, stepBytes), 'one of two was needed')
  t.notOk(isUsedAgain(memory, stepBytes), 'the other was not')
  used(memory, stepBytes)
  mock.timers.tick(idleMs)
  mock.timers.tick(idleMs)
  t.notOk(isUsedAgain(memory, stepBytes))
  t.end()
})
