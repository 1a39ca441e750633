import fc from 'fast-check'
import t from 'tap'
import { SseReader, SseTooLarge } from '../../../gateway/decode/sse-reader.ts'

function read (text: string, cuts: readonly number[] = []): string[] {
  const bytes = Buffer.from(text)
  const reader = new SseReader(1_000)
  const items = []
  let from = 0
  for (const cut of [...cuts, bytes.length].sort((a, b) => a - b)) {
    items.push(...reader.push(bytes.subarray(from, cut)))
    from = cut
  }
  items.push(...reader.end())
  return items.map((item) => item.kind === 'data' ? item.lines.map(String).join('|') : `#${item.text.toString()}`)
}

await t.test('lines end in LF, CR LF or CR, and a space after the colon is optional', async (t) => {
  t.same(read('data: a\n\ndata:b\r\n\r\ndata: c\r\rdata: d\r\n\n'), ['a', 'b', 'c', 'd'])
})

await t.test('several data lines are one event, other fields are dropped, comments are kept', async (t) => {
  t.same(read(': hello\nevent: x\nid: 1\ndata: a\ndata:  b\ndata\n\n'), ['# hello', 'a| b|'])
})

await t.test('an event without an end is still read, one without content is not', async (t) => {
  t.same(read('data: a'), ['a'])
  t.same(read('data:\n\n\n\ndata: \n\n'), [])
})

await t.test('where the bytes are cut changes nothing', async () => {
  const text = fc.array(fc.constantFrom('data: ', 'data:', 'é😀', '\n', '\r', '\r\n', '\n\n', ':', ' ', 'x', 'id: 1'), { maxLength: 24 }).map((parts) => parts.join(''))
  fc.assert(fc.property(text, fc.array(fc.nat(), { maxLength: 12 }), (stream, numbers) => {
    const length = Buffer.byteLength(stream)
    const cuts = numbers.map((number) => number % (length + 1))
    t.same(read(stream, cuts), read(stream))
  }), { numRuns: 2_000 })
})

await t.test('an event over the limit ends the reading, whether as one line or as many', async (t) => {
  t.throws(() => read(`data: ${'x'.repeat(1_001)}`), SseTooLarge)
  t.throws(() => read('data: 0123456789\n'.repeat(80)), SseTooLarge)
  t.equal(read('data: 0123456789\n\n'.repeat(80)).length, 80)
})
