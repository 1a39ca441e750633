import fc from 'fast-check'
import t from 'tap'
import { canonicalJson, digestOf } from '../../../gateway/core/canonical-json.ts'

await t.test('key order does not matter, everything else does', async (t) => {
  t.equal(canonicalJson({ b: 1, a: [true, null, 'x'] }), '{"a":[true,null,"x"],"b":1}')
  t.equal(digestOf({ a: 1, b: 2 }), digestOf({ b: 2, a: 1 }))
  t.not(digestOf({ a: 1 }), digestOf({ a: '1' }))
  t.not(digestOf(['a', 'b']), digestOf(['ab']))
})

await t.test('any JSON value comes back from its canonical form', async () => {
  fc.assert(fc.property(fc.jsonValue({ maxDepth: 6 }), (value) => canonicalJson(JSON.parse(canonicalJson(value))) === canonicalJson(value)))
})

await t.test('a value nested deeper than the limit is refused', async (t) => {
  let deep: unknown = 0
  for (let depth = 0; depth < 70; depth += 1) deep = [deep]
  t.throws(() => canonicalJson(deep), RangeError)
})
