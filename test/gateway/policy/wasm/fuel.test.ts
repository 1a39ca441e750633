import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import t from 'tap'
import { buildBundle } from '../../../../gateway/policy/build.ts'
import { MEMBERS, memberOf, unpackBundle } from '../../../../gateway/policy/bundle/archive.ts'
import { findOpa } from '../../../../gateway/policy/opa-binary.ts'
import { positiveSignedLeb, unsignedLeb } from '../../../../gateway/policy/wasm/bytes.ts'
import { FUEL_EXPORT, MAX_FUEL, withFuel } from '../../../../gateway/policy/wasm/fuel.ts'
import { immediateOf } from '../../../../gateway/policy/wasm/opcodes.ts'
import { POLICIES } from '../opened-policy.ts'

const I32 = 0x7f
const END = 0x0b

/** A module with one exported function `f` (i32 → i32) of this body. */
function moduleOf (body: readonly number[], exported = 'f'): Uint8Array<ArrayBuffer> {
  const section = (id: number, ...content: number[]): number[] => [id, ...unsignedLeb(content.length), ...content]
  const code = [0, ...body, END]
  return Uint8Array.from([
    0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0,
    ...section(1, 1, 0x60, 1, I32, 1, I32),
    ...section(3, 1, 0),
    ...section(7, 1, exported.length, ...Buffer.from(exported), 0, 0),
    ...section(10, 1, ...unsignedLeb(code.length), ...code),
  ])
}

async function metered (wasm: Uint8Array<ArrayBuffer>): Promise<{ readonly run: (argument: number) => number, readonly fuel: WebAssembly.Global }> {
  const { exports } = new WebAssembly.Instance(await WebAssembly.compile(withFuel(wasm)), {})
  return { run: exports['f'] as (argument: number) => number, fuel: exports[FUEL_EXPORT] as WebAssembly.Global }
}

// loop; argument -= 1; branch back while it is not 0; end; 7
const COUNT_DOWN = [0x03, 0x40, 0x20, 0, 0x41, 1, 0x6b, 0x22, 0, 0x0d, 0, END, 0x41, 7]
// block; loop; return 5 when the argument is 3, leave the function with 6 when it is 2; argument -= 1; again; end; end; 0
const MANY_WAYS = [
  0x02, 0x40, 0x03, 0x40, 0x20, 0, 0x41, 3, 0x46, 0x04, 0x40, 0x41, 5, 0x0f, END, 0x41, 6, 0x20, 0, 0x41, 2, 0x46, 0x0d, 2, 0x1a,
  0x20, 0, 0x41, 1, 0x6b, 0x22, 0, 0x0d, 0, END, END, 0x41, 0,
]
const CALLS_ITSELF = [0x20, 0, 0x04, I32, 0x20, 0, 0x41, 1, 0x6b, 0x10, 0, 0x20, 0, 0x41, 1, 0x6b, 0x10, 0, 0x6a, 0x05, 0x41, 1, END]

await t.test('a loop pays for each of its turns, and traps when it cannot', async (t) => {
  const { run, fuel } = await metered(moduleOf(COUNT_DOWN))
  t.equal(fuel.value, MAX_FUEL)
  t.equal(run(1_000), 7)
  const spent = MAX_FUEL - Number(fuel.value)
  t.ok(spent >= 6_000 && spent < 10_000, `${spent} for 1,000 turns of 6 instructions`)
  fuel.value = 1_000
  t.throws(() => run(1_000), { name: 'RuntimeError', message: /unreachable/ })
  t.throws(() => run(0), { message: /unreachable/ }, 'an endless loop ends')
})

await t.test('every way out of a function pays, with the value it had', async (t) => {
  const { run, fuel } = await metered(moduleOf(MANY_WAYS))
  for (const [argument, result] of [[9, 5], [2, 6], [1, 0], [3, 5]] as const) {
    fuel.value = 1_000
    t.equal(run(argument), result)
    t.ok(Number(fuel.value) < 1_000)
  }
})

await t.test('a function that calls itself pays for each call', async (t) => {
  const { run, fuel } = await metered(moduleOf(CALLS_ITSELF))
  t.equal(run(5), 32)
  fuel.value = 10_000
  t.throws(() => run(40), { message: /unreachable/ })
})

await t.test('every instruction of WebAssembly 1.0 is known, and no other', (t) => {
  const known = Array.from({ length: 256 }, (_, opcode) => opcode).filter((opcode) => immediateOf(opcode) !== null)
  const range = (first: number, last: number): number[] => Array.from({ length: last - first + 1 }, (_, i) => first + i)
  t.strictSame(known, [
    ...range(0x00, 0x05), 0x0b, ...range(0x0c, 0x11), 0x1a, 0x1b, ...range(0x20, 0x24), ...range(0x28, 0x44), ...range(0x45, 0xc4), 0xfc,
  ])
  const pass = [0x20, 0]
  const bodies: ReadonlyArray<readonly number[]> = [
    [0x20, 0, 0x41, 0, 0x0e, 1, 0, 0],
    [0x42, 0x80, 0x01, 0x1a, ...pass], [0x43, 1, 2, 3, 4, 0x1a, ...pass], [0x44, 1, 2, 3, 4, 5, 6, 7, 8, 0x1a, ...pass], [0x43, 0, 0, 0, 0, 0xfc, 0],
    [0x01, ...pass], [0x41, 0, 0x41, 1, 0x41, 0, 0x1b, 0x1a, ...pass], [...pass, 0xc0], [0x02, I32, ...pass, 0x0c, 0, END],
  ]
  for (const body of bodies) t.ok(WebAssembly.validate(withFuel(moduleOf(body))), body.join(' '))
  t.end()
})

await t.test('what cannot be metered does not run', (t) => {
  t.throws(() => withFuel(moduleOf([0x41, 0, 0x41, 0, 0x41, 0, 0xfc, 0x0b, 0, 0x20, 0])), RangeError, 'memory.fill')
  t.throws(() => withFuel(moduleOf([0xd0, 0x70, 0x1a, 0x20, 0])), { message: /0xd0, which cannot be metered/ }, 'ref.null')
  t.throws(() => withFuel(moduleOf([0x41, 0, 0x24, 0, 0x20, 0])), RangeError, 'code that sets a global it does not have: the one that is added')
  t.throws(() => withFuel(Uint8Array.from([0, 1, 2])), RangeError)
  t.notOk(WebAssembly.validate(withFuel(moduleOf([0x20, 0], FUEL_EXPORT))), 'an export of that name')
  t.end()
})

await t.test('numbers are written as they are read', (t) => {
  fc.assert(fc.property(fc.nat(MAX_FUEL), (value) => {
    const signed = positiveSignedLeb(value).reduce((sum, byte, place) => sum + (byte & 0x7f) * 2 ** (7 * place), 0)
    const unsigned = unsignedLeb(value).reduce((sum, byte, place) => sum + (byte & 0x7f) * 2 ** (7 * place), 0)
    return signed === value && unsigned === value && ((positiveSignedLeb(value).at(-1) ?? 0) & 0x40) === 0
  }))
  t.end()
})

await t.test('a compiled policy with any bytes changed is refused, or is still WebAssembly', async (t) => {
  const bundle = await buildBundle({ dir: POLICIES, opa: await findOpa(process.env), cacheDir: await mkdtemp(join(tmpdir(), 'weir-test-cache-')) })
  const wasm = memberOf(unpackBundle(bundle.archive), MEMBERS.wasm)
  t.ok(WebAssembly.validate(withFuel(new Uint8Array(wasm))))
  fc.assert(fc.property(fc.array(fc.tuple(fc.nat(wasm.length - 1), fc.nat(255)), { minLength: 1, maxLength: 3 }), (changes) => {
    const changed = new Uint8Array(wasm)
    for (const [at, value] of changes) changed[at] = value
    try {
      return WebAssembly.validate(withFuel(changed))
    } catch (error) {
      return error instanceof RangeError
    }
  }), { numRuns: 60 })
})
