import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import fc from 'fast-check'
import t from 'tap'
import { MEMBERS, memberOf, unpackBundle } from '../../../../gateway/policy/bundle/archive.ts'
import { findOpa } from '../../../../gateway/policy/opa-binary.ts'
import { instantiatePolicy, type WasmInstance } from '../../../../gateway/policy/wasm/driver.ts'
import { compileMetered } from '../../../../gateway/policy/wasm/fuel.ts'
import { withRuntimeParts } from '../../../../gateway/policy/wasm/runtime-parts.ts'
import { testFolder } from '../../../support/test-folder.ts'

// Whatever goes through a set or an object, looks a member up, compares texts, or keeps what a rule came to.
const REGO = `package parts

import rego.v1

answer := {
  "words": words, "lengths": lengths, "records": records, "less": less, "sorted": sort(input.words), "numbers": {number | some number in input.numbers},
  "elsewhere": elsewhere, "each": each, "known": known, "named": named, "same": same, "keys": object.keys(input.table), "most": most, "joined": joined,
}

words contains word if some word in input.words

lengths[word] := count(word) if some word in input.words

records contains {"word": word, "length": count(word)} if some word in input.words

less contains word if {
  some word in input.words
  word < input.pivot
}

# Rules asked again with another input, inside of one another.
elsewhere := found if found := [words, each] with input.words as input.more

each := [[word, found] |
  some word in input.more
  found := count(words) with input.words as [word, input.pivot]
]

known := {word: data.table[word] | some word in input.words}

named := [
  object.get(input.table, "alpha", "none"), object.get(input.table, "an alphabet", "none"), object.get(data.table, "β", "none"),
  object.get(input.table, "", "none"), object.get(input.table, "alphabet of thirty-two characters", "none"),
]

same := [[one, two] | some one in input.words; some two in input.more; one == two]

most := max(words)

joined := words | {word | some word in input.more}
`
const DATA = { table: { alpha: 1, 'an alphabet': [2], 'alphabet of thirty-two characters': 3, β: null, '': false, numbers: { 1: 'a' } } }

const pieces = fc.constantFrom('', 'a', 'alpha', 'alphabet', ' of thirty-two characters', 'β', '😀', 'an alphabet', '0', '\u0000', '"')
const word = fc.array(pieces, { maxLength: 4 }).map((parts) => parts.join(''))
const table = fc.dictionary(word.filter((name) => name !== '__proto__'), fc.oneof(word, fc.integer(), fc.constantFrom(null, true)), { maxKeys: 30 })
const input = fc.record({
  words: fc.array(fc.oneof(word, fc.integer({ max: 99 }).map((number) => `word ${number}`)), { maxLength: 60 }),
  more: fc.array(word, { maxLength: 5 }),
  pivot: word,
  table,
  numbers: fc.array(fc.oneof(fc.integer(), fc.double({ noNaN: true, noDefaultInfinity: true })), { maxLength: 40 }),
})

const wasm = await compiled(testFolder(t))

await t.test('a policy with the parts gives the answers of OPA\'s own runtime, byte for byte', async (t) => {
  const own = instantiatePolicy(await WebAssembly.compile(wasm), JSON.stringify(DATA))
  const parted = withRuntimeParts(wasm)
  t.not(parted, wasm)
  const instances = [instantiatePolicy(await WebAssembly.compile(parted), JSON.stringify(DATA)), instantiatePolicy(await compileMetered(wasm), JSON.stringify(DATA))]
  let telling = 0
  fc.assert(fc.property(input, (value) => {
    const text = JSON.stringify(value)
    const expected = answerOf(own, text)
    if (expected.length > 300) telling += 1
    return instances.every((one) => answerOf(one, text) === expected)
  }), { numRuns: 400 })
  t.ok(telling > 200, `${telling} of 400 answers are long`)
})

await t.test('a runtime that differs by one byte is left as it is', (t) => {
  // The address of what rules came to, as the functions name it that keep it.
  const at = Buffer.from(wasm).indexOf(Buffer.from('f0a5878000', 'hex'))
  t.ok(at > 0)
  const other = Uint8Array.from(wasm)
  other[at] = 0xf4
  t.ok(WebAssembly.validate(other))
  t.equal(withRuntimeParts(other), other)
  t.end()
})

await t.test('a policy with any bytes changed is refused, or is still WebAssembly', (t) => {
  fc.assert(fc.property(fc.array(fc.tuple(fc.nat(wasm.length - 1), fc.nat(255)), { minLength: 1, maxLength: 3 }), (changes) => {
    const changed = new Uint8Array(wasm)
    for (const [at, value] of changes) changed[at] = value
    try {
      const parted = withRuntimeParts(changed)
      return parted === changed || WebAssembly.validate(parted)
    } catch (error) {
      return error instanceof RangeError
    }
  }), { numRuns: 60 })
  t.end()
})

function answerOf (instance: WasmInstance, text: string): string {
  return instance.evaluate(instance.entrypoints['parts/answer'] ?? -1, text)
}

async function compiled (dir: string): Promise<Uint8Array<ArrayBuffer>> {
  await writeFile(join(dir, 'parts.rego'), REGO)
  const opa = await findOpa(process.env)
  const ran = await opa.run(['build', '--target', 'wasm', '--entrypoint', 'parts/answer', '--output', 'bundle.tar.gz', 'parts.rego'], dir)
  if (ran.code !== 0) throw new Error(ran.stderr + ran.stdout)
  return new Uint8Array(memberOf(unpackBundle(await readFile(join(dir, 'bundle.tar.gz'))), MEMBERS.wasm))
}
