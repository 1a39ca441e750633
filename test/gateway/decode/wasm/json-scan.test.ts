import fc from 'fast-check'
import t from 'tap'
import { createJsonScan, type ScanProblem } from '../../../../gateway/decode/wasm/json-scan.ts'

const PIECE = 65_536
const scan = createJsonScan()

/** The same, one byte after the other. */
function slowEnd (bytes: Buffer, at: number, starts: 'nested' | 'string'): number | ScanProblem {
  const closers: string[] = []
  let isInString = starts === 'string'
  for (let index = at; index < bytes.length; index += 1) {
    const byte = String.fromCharCode(bytes[index] ?? 0)
    if (isInString) {
      if (byte === '\\') index += 1
      else if (byte === '"') isInString = false
      if (!isInString && starts === 'string') return index + 1
    } else if (byte === '"') {
      isInString = true
    } else if (byte === '\\') {
      return 'stray-backslash'
    } else if (byte === '[' || byte === '{') {
      if (closers.length === 128) return 'too-deep'
      closers.push(byte === '[' ? ']' : '}')
    } else if (byte === ']' || byte === '}') {
      if (closers.pop() !== byte) return 'wrong-bracket'
      if (closers.length === 0) return index + 1
    }
  }
  return 'unfinished'
}

const soup = fc.array(fc.oneof(
  fc.constantFrom('"', '\\', '\\\\', '\\"', '{', '}', '[', ']', 'Y', '_', 'y', '\u007f', 'é', ':', ','),
  fc.integer({ min: 1, max: 70 }).map((count) => 'x'.repeat(count)),
  fc.integer({ min: 1, max: 70 }).map((count) => '\\'.repeat(count))
), { maxLength: 60 }).map((parts) => parts.join(''))

await t.test('any bytes end where a loop over them ends', async (t) => {
  let ends = 0
  fc.assert(fc.property(fc.constantFrom('[', '{', ''), soup, fc.nat(70), (open, text, before) => {
    const bytes = Buffer.from(' '.repeat(before) + open + text)
    const nested = slowEnd(bytes, before, 'nested')
    // A block may hold two things wrong; which one is told first is no matter, that none passes is.
    const seen = scan.endOfNested(bytes, before)
    if (typeof nested === 'number') {
      ends += 1
      if (seen !== nested) throw new Error(`ends at ${nested}, was said to end at ${seen}`)
    } else if (typeof seen === 'number') {
      throw new Error(`has no end (${nested}), was said to end at ${seen}`)
    }
    const string = slowEnd(bytes, before, 'string')
    if (scan.endOfString(bytes, before) !== string) throw new Error(`the string ends at ${string}`)
  }), { numRuns: 30_000 })
  t.ok(ends > 300, `${ends} texts had an end`)
})

await t.test('any JSON value ends at its last byte', async (t) => {
  let values = 0
  fc.assert(fc.property(fc.oneof(fc.array(fc.jsonValue()), fc.dictionary(fc.string({ unit: 'binary' }), fc.jsonValue())), (value) => {
    const bytes = Buffer.from(`${JSON.stringify(value)}]}"`)
    if (scan.endOfNested(bytes, 0) !== bytes.length - 3) throw new Error('the end is another')
    values += 1
  }), { numRuns: 3_000 })
  t.equal(values, 3_000)
})

await t.test('what stands across two pieces is read as one', async (t) => {
  for (const across of ['"]"', '"\\"]"', '"\\\\"', `"${'\\'.repeat(66)}"`, `"${'\\'.repeat(65)}" "`, '[[]]', '{"a":"\\\\\\"}"}']) {
    for (let at = PIECE - across.length - 1; at <= PIECE; at += 1) {
      const bytes = Buffer.from(`[${' '.repeat(at - 1)}${across}] ]`)
      const end = slowEnd(bytes, 0, 'nested')
      t.equal(scan.endOfNested(bytes, 0), end, `${across} at ${at}`)
    }
  }
})

await t.test('nesting has a limit, and a value that was refused leaves nothing behind', async (t) => {
  const deep = (depth: number) => Buffer.from('['.repeat(depth) + ']'.repeat(depth))
  t.equal(scan.endOfNested(deep(128), 0), 256)
  t.equal(scan.endOfNested(deep(129), 0), 'too-deep')
  t.equal(scan.endOfNested(Buffer.from('[}'), 0), 'wrong-bracket')
  t.equal(scan.endOfNested(Buffer.from('[\\"]'), 0), 'stray-backslash')
  t.equal(scan.endOfNested(Buffer.from('["\\'), 0), 'unfinished')
  t.equal(scan.endOfNested(Buffer.from('["]'), 0), 'unfinished')
  t.equal(scan.endOfNested(Buffer.from('[]'), 0), 2)
})
