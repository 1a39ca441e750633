import fc from 'fast-check'
import t from 'tap'
import { storable } from '../../../gateway/store/ledger-table.ts'

/** What a value becomes in jsonb: the two things it cannot hold are replaced, in texts and member names. */
function replaced (value: unknown): unknown {
  if (typeof value === 'string') return value.replace(/\0|\p{Surrogate}/gu, '\ufffd') // with the u flag only lone surrogates match
  if (Array.isArray(value)) return value.map(replaced)
  if (typeof value === 'object' && value !== null) return Object.fromEntries(Object.entries(value).map(([name, member]) => [replaced(name), replaced(member)]))
  return value
}

const text = fc.array(fc.oneof(fc.constantFrom('\0', '\ud800', '\udfff', '\\', '\\u0000', '"', 'u0000', '🌊'), fc.string({ maxLength: 3 })), { maxLength: 8 }).map((parts) => parts.join(''))

await t.test('any entry becomes JSON that jsonb takes, and changes in nothing else', async (t) => {
  t.doesNotThrow(() => fc.assert(fc.property(fc.array(fc.tuple(text, text)), (pairs) => {
    const value = Object.fromEntries(pairs.map(([name, member]) => [`k${name}`, member]))
    const stored = JSON.parse(storable(JSON.stringify(value))) as unknown
    return JSON.stringify(stored) === JSON.stringify(replaced(value))
  }), { numRuns: 2_000 }))
})

await t.test('JSON that needs no care is left as it is', async (t) => {
  const json = '{"text":"plain \\\\u0000 text"}'
  t.equal(JSON.stringify(JSON.parse(storable(json))), json)
})
