import fc from 'fast-check'
import t from 'tap'
import { GatewayError } from '../../../gateway/core/errors.ts'
import { decodeUtf8, parseStrictJson } from '../../../gateway/decode/strict-json.ts'

const limits = { maxBytes: 1 << 20 }
const malformed = { code: 'WEIR_ERR_DECODE_MALFORMED' }

await t.test('every value that JSON.stringify makes is read back unchanged', async (t) => {
  fc.assert(fc.property(fc.jsonValue({ maxDepth: 8 }), (value) => {
    const text = JSON.stringify(value)
    t.same(JSON.stringify(parseStrictJson(text, limits)), JSON.stringify(JSON.parse(text)))
  }), { numRuns: 300 })
})

await t.test('any text gives what JSON.parse gives, or is refused', async (t) => {
  const pieces = fc.constantFrom('{', '}', '[', ']', ',', ':', '"a"', '"\\u0061"', '"\\ud800"', '"\\\\"', '"\\""', '1', 'null', ' ', '\ud800', '\ufeff')
  fc.assert(fc.property(fc.array(pieces, { maxLength: 14 }), (parts) => {
    const text = parts.join('')
    let value: unknown
    try {
      value = parseStrictJson(text, limits)
    } catch (error) {
      t.ok(error instanceof GatewayError)
      return
    }
    t.same(value, JSON.parse(text))
  }), { numRuns: 5000 })
})

await t.test('a duplicate key is refused at any level and in any spelling', async (t) => {
  for (const text of ['{"a":1,"a":2}', '{"b":{"a":1,"c":[],"a":2}}', '[{"a":1,"\\u0061":2}]', '{"a":{"x":1},"a":{}}', '{"":0,"":1}']) {
    t.throws(() => parseStrictJson(text, limits), malformed, text)
  }
})

await t.test('the same key in different objects is no duplicate', async (t) => {
  t.same(parseStrictJson('{"a":{"a":["a","a"]},"b":[{"a":1},{"a":2}]}', limits), { a: { a: ['a', 'a'] }, b: [{ a: 1 }, { a: 2 }] })
})

await t.test('an unpaired surrogate is refused, written plainly or escaped, in a key or a value', async (t) => {
  for (const text of ['"\\ud800"', '"\\udc00x"', '{"\\ud800":1}', '["\ud800"]', '"\\ud83d\\u0041"']) {
    t.throws(() => parseStrictJson(text, limits), malformed, text)
  }
  t.equal(parseStrictJson('"\\ud83d\\ude00 😀"', limits), '😀 😀')
})

await t.test('a byte order mark, deep nesting and a long text are refused', async (t) => {
  t.throws(() => parseStrictJson('\ufeff{}', limits), malformed)
  t.throws(() => parseStrictJson('['.repeat(65) + ']'.repeat(65), limits), malformed)
  t.ok(parseStrictJson('['.repeat(64) + ']'.repeat(64), limits))
  t.throws(() => parseStrictJson('"ééé"', { maxBytes: 7 }), { code: 'WEIR_ERR_DECODE_TOO_LARGE' })
})

await t.test('a refusal quotes nothing of the text', async (t) => {
  try {
    parseStrictJson('{"key": hunter2}', limits)
    t.fail('the text was accepted')
  } catch (error) {
    t.notMatch(String(error instanceof Error ? `${error.message} ${String(error.cause)}` : error), 'hunter2')
  }
})

await t.test('bytes that are not UTF-8 are refused', async (t) => {
  t.throws(() => decodeUtf8(Buffer.from([0x22, 0xff, 0x22])), malformed)
  t.equal(decodeUtf8(Buffer.from('"é"')), '"é"')
})
