import fc from 'fast-check'
import t from 'tap'
import type { Reads } from '../../../gateway/policy/syntax/input-reads.ts'
import { inputText, problemOf } from '../../../gateway/policy/input-text.ts'
import { createInputWriter } from '../../../gateway/policy/input-writer.ts'

const names = fc.constantFrom('kind', 'actor', 'args', 'a"b', '', '0', 'toString', 'toJSON', '__proto__')
const scalars = fc.oneof(fc.string({ unit: 'grapheme' }), fc.string({ unit: 'binary' }), fc.double(), fc.boolean(), fc.constantFrom(null, undefined, -0, '\ud800', '\\ud800', '\u0000', '"'))
const values = fc.letrec((tie) => ({
  any: fc.oneof({ maxDepth: 4 }, scalars, fc.array(tie('any'), { maxLength: 3 }), fc.dictionary(names, tie('any'), { maxKeys: 5 })),
})).any
// JavaScript moves members that are numbers to the front; which comes first is nothing that rules could see.
const named = names.filter((name) => name !== '__proto__' && name !== '0')
const reads = fc.letrec<{ any: Reads }>((tie) => ({
  any: fc.oneof({ maxDepth: 3 }, fc.constant('all' as const), fc.uniqueArray(fc.tuple(named, tie('any')), { maxLength: 4, selector: ([name]) => name })),
})).any

await t.test('what is written is what JSON.stringify writes of the members that are read', async (t) => {
  fc.assert(fc.property(values, reads, (value, read) => {
    t.equal(createInputWriter(read)(value), JSON.stringify(partOf(value, read)))
  }), { numRuns: 2_000 })
})

await t.test('a member of a name that cannot be copied is written with all that is beside it', async (t) => {
  const value: unknown = JSON.parse('{"a":{"__proto__":{"role":"admin"},"b":1}}')
  t.equal(createInputWriter([['a', [['__proto__', 'all']]]])(value), '{"a":{"__proto__":{"role":"admin"},"b":1}}')
})

await t.test('what cannot be written throws inside the writer and is a problem outside it', async (t) => {
  const cyclic: Record<string, unknown> = {}
  cyclic['self'] = cyclic
  const thrower = Object.defineProperty({}, 'a', { enumerable: true, get () { throw new Error('no') } })
  for (const value of [cyclic, { a: 1n }, thrower]) {
    for (const read of ['all', [['a', 'all'], ['self', 'all']]] satisfies Reads[]) t.match(inputText(value, createInputWriter(read)), { problem: 'it cannot be written as JSON' })
    t.equal(problemOf(value), 'it cannot be written as JSON')
  }
})

await t.test('a value has a problem if and only if its whole text has one', async (t) => {
  const sizes = fc.constantFrom('x', '€', '\u0000', '😀').chain((unit) => fc.integer({ min: 40_000, max: 270_000 }).map((count) => unit.repeat(count)))
  const flat = fc.dictionary(fc.oneof(names, fc.string({ unit: 'binary' })), fc.oneof(scalars, fc.float(), fc.bigInt()), { maxKeys: 5 })
  fc.assert(fc.property(fc.oneof({ weight: 8, arbitrary: flat }, { weight: 4, arbitrary: values }, { weight: 1, arbitrary: fc.record({ big: sizes }) }), (value) => {
    const written = inputText(value ?? null, JSON.stringify)
    t.equal(problemOf(value ?? null), 'problem' in written ? written.problem : null)
  }), { numRuns: 1_000 })
})

/** The same value with only the members that are read, built one by one: what the writer spares itself. */
function partOf (value: unknown, read: Reads): unknown {
  if (read === 'all' || typeof value !== 'object' || value === null || Array.isArray(value)) return value
  const part: Record<string, unknown> = {}
  for (const [member, inner] of read) {
    const found = (value as Record<string, unknown>)[member]
    if (found !== undefined) part[member] = partOf(found, inner)
  }
  return part
}
