import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import fc from 'fast-check'
import t from 'tap'
import { MEMBERS, memberOf, unpackBundle } from '../../../gateway/policy/bundle/archive.ts'
import { createInputValues } from '../../../gateway/policy/input-values.ts'
import { createInputWriter } from '../../../gateway/policy/input-writer.ts'
import { findOpa } from '../../../gateway/policy/opa-binary.ts'
import type { Reads } from '../../../gateway/policy/syntax/input-reads.ts'
import { instantiatePolicy, type WasmInstance } from '../../../gateway/policy/wasm/driver.ts'
import { compileMetered } from '../../../gateway/policy/wasm/fuel.ts'
import { testFolder } from '../../support/test-folder.ts'

// What rules can tell of their input: all of it, in the order that they come across it, also after they put something else in a place of it.
const REGO = `package echo

import rego.v1

answer := {"input": input, "members": [[name, value] | some name, value in input], "other": other, "after": input, "sum": sum([n | walk(input, [_, n]); is_number(n)])}

other := found if found := object.get(input, "a", null) with input.a.b as [1] with input.c as {"put": "in"}
`

const wasm = await compiled(testFolder(t))
const module = await compileMetered(wasm)

const name = fc.oneof(fc.constantFrom('a', 'b', 'c', 'path', 'länge', '', '"', 'a name of more than thirty-two characters'), fc.string({ unit: 'grapheme', maxLength: 6 }))
const text = fc.oneof(fc.string({ unit: 'grapheme', maxLength: 12 }), fc.constantFrom('', 'src/cart.ts', 'x'.repeat(64), 'x'.repeat(65), 'é'.repeat(64), '😀'.repeat(2_000), '\u0000', '"\\', '1', 'null'))
const number = fc.oneof(fc.integer(), fc.double(), fc.constantFrom(0, -0, 1e21, 5e-324, 2 ** 53, NaN, Infinity))
const { any } = fc.letrec((tie) => ({
  any: fc.oneof({ maxDepth: 5, depthSize: 'small' }, text, number, fc.constantFrom<unknown>(null, true, false, undefined),
    fc.array(tie('any'), { maxLength: 5 }), fc.array(text, { maxLength: 80, size: 'max' }), fc.dictionary(name.filter((one) => one !== '__proto__'), tie('any'), { maxKeys: 12, noNullPrototype: true })),
}))
const like = fc.record({ a: any, b: any, c: fc.record({ path: text, class: fc.constantFrom('source', 'test'), access: text }), d: fc.array(fc.record({ path: text, class: text }), { maxLength: 5 }) }, { requiredKeys: ['c'], noNullPrototype: true })
const record = fc.oneof(like, fc.dictionary(fc.constantFrom('a', 'b', 'c', 'd', 'e'), any, { maxKeys: 5, noNullPrototype: true }))

await t.test('rules are given the same by values as by text, question after question', (t) => {
  const fewReads: readonly Reads[] = ['all', [['a', 'all'], ['b', 'all'], ['c', 'all']], [['a', [['a', 'all'], ['b', [['a', 'all']]]]], ['c', [['path', 'all'], ['access', 'all']]], ['d', 'all']]]
  for (const reads of fewReads) {
    let put = 0
    fc.assert(fc.property(fc.array(record, { maxLength: 12 }), (inputs) => {
      const { byValues, byText } = readers(reads)
      return inputs.every((input) => {
        const given = byValues(input)
        if (given !== null && given.includes('"members"')) put += 1
        return given === null || given === byText(input)
      })
    }), { numRuns: 100, seed: 11 })
    t.ok(put > 120, `${put} were put as values`)
  }
  t.end()
})

await t.test('everyday questions are put as values, and what has no place is not', (t) => {
  const { byValues, byText } = readers('all')
  const everyday = (i: number): object => ({ kind: 'tool-call', actor: { id: 'alice', groups: ['a', 'b'] }, targets: [{ path: `src/${i}/${'x'.repeat(i % 60)}.ts`, class: 'source' }], command: null, now_ms: i })
  // More texts than are kept: what was kept is forgotten, and written again.
  let put = 0
  for (let i = 0; i < 8_000; i += 1) {
    const given = byValues(everyday(i))
    if (given !== null) put += 1
    if (i % 20 === 0 && given !== null && given !== byText(everyday(i))) t.fail(`question ${i} was another one`)
  }
  t.ok(put > 7_900, `${put} of 8,000`)
  const cyclic: Record<string, unknown> = {}
  cyclic['self'] = cyclic
  const unusual: unknown[] = [{ a: '\ud800' }, { a: `${'x'.repeat(100)}\udfff` }, { '\ud800': 1 }, { a: 'x'.repeat(70_000) }, { a: Array.from({ length: 65 }, () => 1) }, { a: { b: undefined } }, { a: new Date(0) }, { a: 1n }, { a: () => 1 }, { a: Object.assign([1], { toJSON: () => 2 }) }, cyclic]
  for (const input of unusual) t.equal(byValues(input), null)
  // Names that nobody chose in advance: a few objects of other names each, then as text.
  for (let i = 0; i < 20; i += 1) byValues({ [`name ${i}`]: i })
  t.equal(byValues({ 'one more': 1 }), null)
  t.equal(byValues(everyday(1)), byText(everyday(1)))
  t.end()
})

await t.test('a member that throws when it is read leaves nothing behind', (t) => {
  const { byValues, byText } = readers('all')
  const good = { a: { b: 'left from before' }, c: ['x'] }
  byValues(good)
  t.throws(() => byValues({ a: 'half', get c () { throw new Error('no') } }))
  t.equal(byValues({ a: {} }), byText({ a: {} }))
  t.equal(byValues(good), byText(good))
  t.end()
})

/** What rules answer about an input that is put as values (null: it could not be), and one that is put as text. Each has an instance of its own. */
function readers (reads: Reads): { byValues (input: unknown): string | null, byText (input: unknown): string } {
  const [one, other] = [instantiatePolicy(module, '{}'), instantiatePolicy(module, '{}')]
  if (one.values === null) throw new Error('values cannot be put into this policy')
  const put = createInputValues(reads, one.values)
  const write = createInputWriter(reads)
  return {
    byValues (input) {
      const address = put(input)
      return address === 0 ? null : answerOf(one, address)
    },
    byText: (input) => answerOf(other, write(input) ?? 'null'),
  }
}

function answerOf (instance: WasmInstance, input: string | number): string {
  return instance.evaluate(instance.entrypoints['echo/answer'] ?? -1, input)
}

async function compiled (dir: string): Promise<Uint8Array<ArrayBuffer>> {
  await writeFile(join(dir, 'echo.rego'), REGO)
  const opa = await findOpa(process.env)
  const ran = await opa.run(['build', '--target', 'wasm', '--entrypoint', 'echo/answer', '--output', 'bundle.tar.gz', 'echo.rego'], dir)
  if (ran.code !== 0) throw new Error(ran.stderr + ran.stdout)
  return new Uint8Array(memberOf(unpackBundle(await readFile(join(dir, 'bundle.tar.gz'))), MEMBERS.wasm))
}
