import { mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import t from 'tap'
import { sha256 } from '../../../gateway/core/canonical-json.ts'
import { checkSegments } from '../../../gateway/ledger/check-segments.ts'
import { openJournal } from '../../../gateway/ledger/journal.ts'
import { listSegments, type Segment } from '../../../gateway/ledger/segment.ts'
import { verifyJournal } from '../../../gateway/ledger/verify-journal.ts'
import { decisionBody, plainEvent } from './bodies.ts'
import { testFolder } from '../../support/test-folder.ts'

/** A journal of several segments with an open decision in the first. */
async function sample (dir: string): Promise<readonly Segment[]> {
  const journal = await openJournal({ dir, nowMs: () => Date.now(), onWarning: (message) => { throw new Error(message) }, segmentBytes: 2_500 })
  for (const verdict of ['allow', 'pending', 'deny', 'deny'] as const) await journal.append(decisionBody(verdict))
  for (let count = 0; count < 20; count += 1) await journal.append(plainEvent('filler', { count }))
  await journal.close()
  return listSegments(dir)
}

await t.test('a whole journal verifies, with its verdicts, rules and revisions counted', async (t) => {
  const dir = join(testFolder(t), 'journal')
  const segments = await sample(dir)
  t.ok(segments.length >= 3)
  t.match(await verifyJournal(dir), {
    ok: true,
    entries: 24,
    firstIndex: 0,
    lastIndex: 23,
    decisions: { allow: 1, pending: 1, deny: 2 },
    rules: { 'weir.test_deny': 2 },
    revisions: { [`${'r'.repeat(64)}`]: 4 },
    unsettled: 1,
    firstBad: null,
  })
})

await t.test('on several threads a check tells what it tells on one', async (t) => {
  const dir = join(testFolder(t), 'journal')
  const paths = (await sample(dir)).map(({ path }) => path)
  const second = paths[1] ?? ''
  writeFileSync(second, readFileSync(second, 'latin1').replace('filler', 'fillet'), 'latin1')
  const reports = async (threads: number): Promise<{ entries: number, found: unknown[] }> => {
    let entries = 0
    const found = []
    for await (const report of checkSegments(paths, (more) => { entries += more }, threads)) found.push(report)
    return { entries, found }
  }
  const alone = await reports(1)
  t.match(alone.found, [{ bad: null }, { bad: { problem: 'the hash does not match the entry' } }])
  t.same(await reports(2), alone)
  await t.rejects(async () => { for await (const report of checkSegments([...paths, join(dir, 'none')], () => {}, 2)) t.ok(report) }, { code: 'ENOENT' })
})

await t.test('one segment alone verifies from its header on', async (t) => {
  const [, second] = await sample(join(testFolder(t), 'journal'))
  if (second === undefined) throw new Error('there are several segments')
  t.match(await verifyJournal(second.path), { ok: true, firstIndex: second.first, unsettled: 1 })
})

await t.test('any changed byte is found, in the file and not behind the line where it is', async (t) => {
  const dir = join(testFolder(t), 'journal')
  const segments = await sample(dir)
  await t.resolves(fc.assert(fc.asyncProperty(fc.nat(), fc.nat(), fc.integer({ min: 1, max: 255 }), async (which, where, flip) => {
    const segment = segments[which % segments.length]
    if (segment === undefined) throw new Error('there are several segments')
    const whole = readFileSync(segment.path)
    const place = where % whole.length
    const changed = Buffer.from(whole)
    changed[place] = (changed[place] ?? 0) ^ flip
    writeFileSync(segment.path, changed)
    const { ok, firstBad, tail } = await verifyJournal(dir)
    writeFileSync(segment.path, whole)
    // The very last newline alone cannot be told from a write that is still under way; verify says so.
    if (segment === segments.at(-1) && place === whole.length - 1) return tail === 'incomplete'
    const line = whole.subarray(0, place).toString('latin1').split('\n').length
    return !ok && firstBad?.file === segment.path.slice(dir.length + 1) && firstBad.line === line
  }), { numRuns: 300 }))
})

await t.test('any run of bytes taken out or put in is found', async (t) => {
  const dir = join(testFolder(t), 'journal')
  const [segment] = await sample(dir)
  if (segment === undefined) throw new Error('there are several segments')
  const whole = readFileSync(segment.path)
  await t.resolves(fc.assert(fc.asyncProperty(fc.nat(whole.length - 1), fc.nat(200), fc.uint8Array({ maxLength: 50 }), async (at, gone, added) => {
    const changed = Buffer.concat([whole.subarray(0, at), added, whole.subarray(at + gone)])
    writeFileSync(segment.path, changed)
    const { ok } = await verifyJournal(dir)
    return ok === changed.equals(whole)
  }), { numRuns: 200 }))
})

await t.test('missing, renamed and swapped segments are found', async (t) => {
  for (const [problem, damage] of [
    ['entries are missing', (segments: readonly Segment[]) => { rmSync(segments[0]?.path ?? '') }],
    ['entries are missing', (segments: readonly Segment[]) => { rmSync(segments[1]?.path ?? '') }],
    ['the name of another one', (segments: readonly Segment[]) => { renameSync(segments[1]?.path ?? '', (segments[1]?.path ?? '').replace(/\d\.jsonl/, '9.jsonl')) }],
    ['the segment is empty', (segments: readonly Segment[]) => { writeFileSync(segments[1]?.path ?? '', '') }],
  ] as const) {
    const dir = mkdtempSync(join(testFolder(t), 'journal-'))
    const segments = await sample(dir)
    damage(segments)
    const { ok, firstBad } = await verifyJournal(dir)
    t.notOk(ok)
    t.match(firstBad?.problem, new RegExp(problem))
    rmSync(dir, { recursive: true })
  }
})

await t.test('an entry rewritten along with its own hash breaks the chain at the next one', async (t) => {
  const dir = join(testFolder(t), 'journal')
  const [segment] = await sample(dir)
  if (segment === undefined) throw new Error('there are several segments')
  const lines = readFileSync(segment.path, 'utf8').split('\n')
  const forged = (lines[1] ?? '').slice(65).replace('"allow"', '"deny"')
  lines[1] = `${sha256(forged)} ${forged}`
  writeFileSync(segment.path, lines.join('\n'))
  t.match((await verifyJournal(dir)).firstBad, { index: 1, line: 3, problem: 'the entry does not follow from the one before it' })
})

await t.test('a header rewritten along with its own hash is found', async (t) => {
  const dir = join(testFolder(t), 'journal')
  const [, second] = await sample(dir)
  if (second === undefined) throw new Error('there are several segments')
  const text = readFileSync(second.path, 'utf8')
  const header = text.slice(65, text.indexOf('\n'))
  const forged = header.replace('"open":[0]', '"open":[]')
  t.not(forged, header)
  writeFileSync(second.path, `${sha256(forged)} ${forged}${text.slice(text.indexOf('\n'))}`)
  t.match((await verifyJournal(dir)).firstBad, { line: 1, problem: 'the header names other open decisions than the entries do' })
})

await t.test('arbitrary bytes in place of a segment give a report or a corrupt-ledger error, never a good one', async (t) => {
  const dir = testFolder(t)
  const path = join(dir, '00000000000000000000.jsonl')
  await t.resolves(fc.assert(fc.asyncProperty(fc.uint8Array({ maxLength: 2_000 }), async (bytes) => {
    writeFileSync(path, bytes)
    return !(await verifyJournal(dir)).ok
  }), { numRuns: 100 }))
})

await t.test('a folder without a journal is an error', async (t) => {
  await t.rejects(verifyJournal(testFolder(t)), { code: 'WEIR_ERR_LEDGER_CORRUPT' })
})
