import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import t from 'tap'
import { createReleaseBook } from '../../../gateway/releases/release-book.ts'
import { openReleaseFile, readReleaseFile } from '../../../gateway/releases/release-file.ts'
import { openReleaseKey } from '../../../gateway/releases/release-key.ts'
import { parseReleaseLine, parseSignedManifest } from '../../../gateway/releases/release-schema.ts'
import { contentDigest, releaseId, type CheckResult, type Manifest, type Pointing, type ReleaseLine, type SignedManifest } from '../../../gateway/releases/release.ts'
import { testFolder } from '../../support/test-folder.ts'

const dir = testFolder(t)
const key = openReleaseKey(join(dir, 'key.pem'))

const hex = (length: number): fc.Arbitrary<string> => fc.stringMatching(new RegExp(`^[0-9a-f]{${length}}$`))
const count = fc.maxSafeNat()
const word = fc.string({ maxLength: 40, unit: 'grapheme' })
const environment = fc.constantFrom('DEV', 'TEST', 'PROD')
const object = fc.oneof(hex(40), hex(64))
const id = hex(20).map((digits) => `rel_${digits}`)

const signed: fc.Arbitrary<SignedManifest> = fc.record({
  app: word,
  environment,
  source: object,
  commit: object,
  tree: object,
  archive: fc.record({ sha256: hex(64), bytes: count, files: count }),
  withheld: count,
  revision: word,
  madeBy: word,
  madeAtMs: count,
  entry: count,
}).map((facts) => {
  const digest = contentDigest(facts)
  return key.sign({ format: 1, id: releaseId(digest), digest, ...facts } as Manifest)
})
const check = fc.record({ id, name: word, passed: fc.boolean(), how: fc.constantFrom('exited', 'killed', 'timed-out', 'over-limit'), code: fc.nat({ max: 255 }), by: word, atMs: count, entry: count }) as fc.Arbitrary<CheckResult>
const pointing = fc.record({ app: word, environment, id, from: fc.option(id), action: fc.constantFrom('promote', 'rollback'), by: word, atMs: count, entry: count, tip: fc.option(object) }) as fc.Arbitrary<Pointing>
const line: fc.Arbitrary<ReleaseLine> = fc.oneof(
  signed.map((release) => ({ kind: 'made' as const, release })),
  check.map((one) => ({ kind: 'checked' as const, check: one })),
  pointing.map((one) => ({ kind: 'pointed' as const, pointing: one })),
  count.map((entry) => ({ kind: 'settled' as const, entry }))
)

type Json = Record<string, unknown>
/** Of a value, every place at which a member can be exchanged. */
function placesOf (value: unknown, path: readonly string[] = []): ReadonlyArray<readonly string[]> {
  if (typeof value !== 'object' || value === null) return [path]
  return [...(path.length === 0 ? [] : [path]), ...Object.entries(value).flatMap(([name, member]) => placesOf(member, [...path, name]))]
}

function exchanged (value: Json, [name = '', ...rest]: readonly string[], next: unknown): Json {
  if (rest.length > 0) return { ...value, [name]: exchanged(value[name] as Json, rest, next) }
  const { [name]: _gone, ...others } = value
  return next === undefined ? others : { ...value, [name]: next }
}

const WRONG: readonly unknown[] = [undefined, true, -1, 0.5, 2 ** 53, [], [null], {}, { id: 'rel_x' }, 'x'.repeat(5_000)]

await t.test('every line and manifest that is written is read back as it was', (t) => {
  fc.assert(fc.property(line, (one) => JSON.stringify(parseReleaseLine(JSON.stringify(one))) === JSON.stringify(one)), { numRuns: 60 })
  fc.assert(fc.property(signed, (one) => JSON.stringify(parseSignedManifest(JSON.stringify(one))) === JSON.stringify(one)), { numRuns: 30 })
  t.end()
})

await t.test('a line with a member that is missing, of another type or out of bounds is none', (t) => {
  const lines = fc.sample(line, 30) as unknown as readonly Json[]
  const kinds = new Set<unknown>()
  for (const one of lines) {
    kinds.add(one['kind'])
    for (const place of placesOf(one)) {
      const last = place.at(-1) ?? ''
      for (const wrong of WRONG) {
        if (wrong === true && last === 'passed') continue
        const text = JSON.stringify(exchanged(one, place, wrong))
        if (parseReleaseLine(text) !== null) t.fail(`${place.join('.')} was taken as ${JSON.stringify(wrong)?.slice(0, 40)}: ${text}`)
      }
    }
    for (const place of [[], ...placesOf(one)].filter((at) => isObject(at.reduce<unknown>((inner, name) => (inner as Json)[name], one)))) {
      const text = JSON.stringify(exchanged(one, [...place, 'more'], 1))
      if (parseReleaseLine(text) !== null) t.fail(`a member more was taken at ${place.join('.')}`)
    }
  }
  t.equal(kinds.size, 4)
  for (const kind of ['constructor', '__proto__', 'toString', '', null, 1]) t.equal(parseReleaseLine(JSON.stringify({ kind, entry: 1 })), null)
  t.end()
})

await t.test('text that is cut, doubled, huge or said twice is no line and no manifest', (t) => {
  fc.assert(fc.property(line, signed, fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), (one, manifest, at) => {
    for (const [text, parse] of [[JSON.stringify(one), parseReleaseLine], [JSON.stringify(manifest), parseSignedManifest]] as const) {
      t.equal(parse(text.slice(0, Math.floor(at * text.length))), null, 'cut')
      t.equal(parse(`${text}${text}`), null, 'two in one')
      t.equal(parse(`[${text}]`), null)
      t.equal(parse(`\ufeff${text}`), null)
      t.equal(parse(text.replace('{', '{"kind":"made","manifest":1,')), null, 'one key twice')
      t.equal(parse(`${text}${' '.repeat(65_536)}`), null, 'too long')
    }
  }), { numRuns: 15 })
  fc.assert(fc.property(fc.oneof(fc.string(), fc.json()), (text) => parseReleaseLine(text) === null && parseSignedManifest(text) === null), { numRuns: 300 })
  t.equal(parseReleaseLine(`${'['.repeat(30_000)}`), null)
  t.end()
})

await t.test('a record with such a line is refused with the line\'s number, and a last one that is cut is not believed', async (t) => {
  const at = join(dir, 'releases.jsonl')
  await fc.assert(fc.asyncProperty(fc.array(signed, { minLength: 1, maxLength: 3 }), fc.nat(), async (releases, cut) => {
    const texts = releases.map((release) => JSON.stringify({ kind: 'made', release }))
    const last = texts.at(-1) ?? ''
    const whole = texts.slice(0, -1).map((text) => `${text}\n`).join('')
    writeFileSync(at, `${whole}${last.slice(0, 1 + cut % last.length)}`)
    const warnings: string[] = []
    const file = openReleaseFile(at, (message) => { warnings.push(message) })
    file.close()
    t.equal(file.lines.length, texts.length - 1)
    t.equal(warnings.length, 1)
    writeFileSync(at, `${whole}${last.slice(0, -1)}\n${whole}`)
    t.throws(() => readReleaseFile(at), { code: 'WEIR_ERR_STORE', message: `Line ${texts.length} of the record of releases is damaged.` })
  }), { numRuns: 10 })
})

await t.test('a record in any order makes a book or is refused, and no line is believed of a release that is not in it', (t) => {
  fc.assert(fc.property(fc.array(line, { maxLength: 12 }), (lines) => {
    const known = new Set<string>()
    const isWhole = lines.every((one) => {
      if (one.kind === 'made') known.add(one.release.manifest.id)
      return one.kind === 'checked' ? known.has(one.check.id) : one.kind !== 'pointed' || known.has(one.pointing.id)
    })
    if (isWhole) createReleaseBook(lines)
    else t.throws(() => createReleaseBook(lines), { code: 'WEIR_ERR_STORE' })
  }), { numRuns: 60 })
  t.end()
})

function isObject (value: unknown): boolean {
  return typeof value === 'object' && value !== null
}
