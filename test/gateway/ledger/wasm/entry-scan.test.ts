import fc from 'fast-check'
import t from 'tap'
import { checkEntry, encodeEntry, ZERO_HASH } from '../../../../gateway/ledger/entry-line.ts'
import { markOf } from '../../../../gateway/ledger/open-decisions.ts'
import { sha256 } from '../../../../gateway/core/canonical-json.ts'
import { createEntryScan } from '../../../../gateway/ledger/wasm/entry-scan.ts'
import { decisionBody, plainEvent } from '../bodies.ts'

const scan = createEntryScan()

/** What the scan says of one line, null when it leaves it to others. */
function scanned (line: Buffer, next: { readonly index: number, readonly prev: string }): object | null {
  if (line.indexOf(0x0a) !== line.length - 1) return null // no line, or several
  // What an earlier, longer line left behind must not complete this one.
  const { length } = line
  line.copy(scan.room)
  scan.expect(next)
  if (scan.scan(0, length) === 0) return null
  const { start, end, kind, verdict, rule, revision, of } = scan.entry(0)
  if (start !== 0 || end !== length - 1 || scan.position() !== length) throw new Error('it stands elsewhere')
  return { kind, verdict, rule, revision, of }
}

/** The same by parsing; null when the line is not the next entry. Its hash may be any. */
function parsed (line: Buffer, next: { readonly index: number, readonly prev: string }): object | null {
  const json = line.subarray(65, -1)
  if (line.at(-1) !== 0x0a || json.includes(0x0a) || line[64] !== 0x20) return null
  const checked = checkEntry(Buffer.concat([Buffer.from(`${sha256(json)} `), json]), next)
  if ('problem' in checked) return null
  const { entry } = checked
  const { verdict = null, rule = '', revision = '' } = entry.kind === 'decision' ? entry.decision : {}
  return { kind: entry.kind, verdict, rule, revision, of: markOf(entry).closes }
}

const words = fc.constantFrom('kind', 'of', 'decision', 'verdict', 'rule', 'revision', 'index', 'time', 'prev', 'event', 'outcome', 'allow', 'deny', 'a"b\\', 'p\u00e4th', '\u2028', 'x'.repeat(40))
const { value } = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof({ maxDepth: 4 }, words, fc.string({ unit: 'binary' }), fc.double(), fc.integer(), fc.boolean(), fc.constant(null), fc.array(tie('value'), { maxLength: 3 }), fc.dictionary(words, tie('value'), { maxKeys: 3 })),
}))
const body = fc.oneof(
  fc.constantFrom(decisionBody('allow'), decisionBody('deny'), { kind: 'outcome', of: 3, status: 'done', detail: {} }),
  value.map((detail) => plainEvent('filler', { detail })),
  fc.record({ kind: fc.constantFrom('event', 'outcome', 'decision'), of: fc.oneof(fc.nat(), value), decision: fc.oneof(fc.record({ verdict: words, rule: words, revision: words }), value), more: value })
)

function lineOf (content: unknown, index: number): Buffer {
  return Buffer.from(encodeEntry({ index, timeMs: 1_795_184_784_574, prev: ZERO_HASH }, JSON.stringify(content)).line)
}

await t.test('what the journal writes is read without parsing it', async (t) => {
  for (const content of [decisionBody('allow'), decisionBody('pending'), { kind: 'outcome', of: 12, status: 'done', detail: { a: [1.5e-7, -0, { b: 'ä\n' }] } }, plainEvent('gateway-started', { config: null })]) {
    const next = { index: 123_456_789_012_345, prev: ZERO_HASH }
    t.same(scanned(lineOf(content, next.index), next) ?? 'left', parsed(lineOf(content, next.index), next))
  }
})

await t.test('what it takes of any entry is what parsing gives', async (t) => {
  let taken = 0
  t.doesNotThrow(() => {
    fc.assert(fc.property(body, fc.nat(3), (content, index) => {
      const found = scanned(lineOf(content, index), { index: 2, prev: ZERO_HASH })
      if (found === null) return true
      taken += 1
      return JSON.stringify(found) === JSON.stringify(parsed(lineOf(content, index), { index: 2, prev: ZERO_HASH }))
    }), { numRuns: 4_000 })
  })
  t.ok(taken > 200, `${taken} were taken`)
})

await t.test('members that are there twice, or are spelt with escapes, are left to parsing', async (t) => {
  const decision = '"decision":{"verdict":"allow","rule":"a","revision":"b"}'
  for (const json of [
    `{"kind":"decision",${decision},"decision":{}}`, '{"kind":"decision","decision":{"revision":"b"},"decision":{"verdict":"allow","rule":"a"}}', `{"kind":"decision","decision":{"revision":"b"},${decision}}`,
    `{"kind":"event","kind":"decision",${decision}}`, `{"kind":"decision","k\\u0069nd":"event",${decision}}`, '{"kind":"event","index":7}',
    '{"kind":"outcome","of":1,"of":2}', '{"kind":"decision","decision":{"verdict":"allow","verdict":"deny","rule":"a","revision":"b"}}',
    '{"kind":"decision","decision":{"verdict":"allow","rule":"\\u0061","revision":"b"}}', '{"kind":"outcome","of":1.5}', '{"kind":"outcome","of":01}',
  ]) {
    const line = Buffer.from(encodeEntry({ index: 0, timeMs: 1, prev: ZERO_HASH }, json).line)
    t.equal(scanned(line, { index: 0, prev: ZERO_HASH }), null, json)
  }
})

await t.test('a changed line is taken only as parsing takes it', async (t) => {
  let taken = 0
  t.doesNotThrow(() => {
    fc.assert(fc.property(body, fc.nat(), fc.nat(3), fc.array(fc.oneof(fc.constantFrom(...Buffer.from('{}[],:"\\ \n0-.eu')), fc.nat(255)), { maxLength: 3 }), (content, where, gone, added) => {
      const line = lineOf(content, 0)
      const at = 64 + where % (line.length - 64)
      const changed = Buffer.concat([line.subarray(0, at), Buffer.from(added), line.subarray(at + gone)])
      const found = scanned(changed, { index: 0, prev: ZERO_HASH })
      if (found === null) return true
      taken += 1
      return JSON.stringify(found) === JSON.stringify(parsed(changed, { index: 0, prev: ZERO_HASH }))
    }), { numRuns: 8_000 })
  })
  t.ok(taken > 200, `${taken} were taken`)
})
