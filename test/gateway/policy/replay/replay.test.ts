import { cp, mkdtemp, readFile, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import t from 'tap'
import { hostDenial, HOST_RULES, type Decision } from '../../../../gateway/core/decision.ts'
import type { LedgerEntry } from '../../../../gateway/core/ledger-entry.ts'
import type { PolicyInput } from '../../../../gateway/core/policy-input.ts'
import type { Policy } from '../../../../gateway/core/ports.ts'
import { journalDirOf } from '../../../../gateway/ledger/journal.ts'
import { readEntries } from '../../../../gateway/ledger/read-entries.ts'
import { replay } from '../../../../gateway/policy/replay/replay.ts'
import { decided, decisionBody } from '../../ledger/bodies.ts'
import { WRITE } from '../../../support/policy-inputs.ts'
import { openEngine, POLICIES } from '../opened-policy.ts'
import { recordLedger } from './recorded-ledger.ts'
import { testFolder } from '../../../support/test-folder.ts'

const dataDir = testFolder(t)
const engine = await openEngine(POLICIES)
const { decisions } = await recordLedger(dataDir, engine)
const recorded = (): AsyncIterable<LedgerEntry> => readEntries(journalDirOf(dataDir))

await t.test('every decision of a ledger, of every kind, is made again to the same answer', async (t) => {
  const kinds = new Set<string>()
  const verdicts = new Set<string>()
  const hostRules = new Set<string>()
  let approved = 0
  for await (const entry of recorded()) {
    if (entry.kind !== 'decision') continue
    kinds.add(entry.input.kind)
    verdicts.add(entry.decision.verdict)
    if (entry.input.approval !== null && entry.input.kind === 'tool-call') approved += 1
    if (Object.values<string>(HOST_RULES).includes(entry.decision.rule)) hostRules.add(entry.decision.rule)
  }
  t.strictSame([...kinds].sort(), ['approval', 'model-request', 'route', 'session', 'tool-call'])
  t.strictSame([...verdicts].sort(), ['allow', 'deny', 'pending'])
  t.strictSame([...hostRules].sort(), ['weir.classification_failed', 'weir.input_rejected', 'weir.unreadable_call'])
  t.equal(approved, 1, 'one call was made with an approval')

  const again = await openEngine(POLICIES)
  const report = await replay(recorded(), again.current())
  t.match(report, { revision: engine.current().revision, changed: 0, looser: 0, stricter: 0, groups: [], unreplayable: [], ungrouped: 0 })
  t.equal(report.replayed + report.host, decisions)
  t.ok(report.host >= 22, 'calls that could not be read or classified')
})

await t.test('a request that a budget was for is made again too', async (t) => {
  const row = { budget: 'all', account: 'all', limit: 'concurrent', max: 1, used: 1, mode: 'hard' } as const
  async function * budgeted (): AsyncGenerator<LedgerEntry> {
    for await (const entry of recorded()) {
      if (entry.kind === 'decision' && entry.input.kind === 'model-request') yield { ...entry, input: { ...entry.input, usage: [row] } }
    }
  }
  const report = await replay(budgeted(), engine.current())
  t.strictSame(report.unreplayable, [])
  t.ok(report.replayed > 0)
})

await t.test('a changed grant shows as changed decisions, by rule and actor, with examples', async (t) => {
  const dir = await mkdtemp(join(tmpdir(), 'weir-test-replay-'))
  await cp(POLICIES, dir, { recursive: true })
  const file = join(dir, 'weir/data/grants/data.json')
  const grants = JSON.parse(await readFile(file, 'utf8')) as { contributor: { DEV: { edit: string } }, author: { DEV: { edit?: string } } }
  grants.contributor.DEV.edit = 'allow'
  grants.author.DEV.edit = 'queue'
  await writeFile(file, JSON.stringify(grants))
  const report = await replay(recorded(), (await openEngine(dir)).current(), { examples: 1 })
  t.ok(report.looser > 0 && report.stricter > 0)
  t.equal(report.groups.reduce((sum, { count }) => sum + count, 0), report.changed)
  t.equal(report.groups[0]?.direction, 'looser', 'what an attacker gains comes first')
  const loosened = report.groups.find(({ to, from }) => from.verdict === 'pending' && to.verdict === 'allow')
  t.match(loosened, { to: { rule: 'grants.granted' }, actors: [{ actor: 'contributor@acme.test' }] })
  t.equal(loosened?.examples.length, 1)
  t.match(loosened?.examples[0], { actor: 'contributor@acme.test', environment: 'DEV', what: 'write src/cart.ts' })
  t.ok(report.groups.some(({ to, actors }) => to.verdict === 'pending' && actors.some(({ actor }) => actor === 'author@acme.test')))
})

/** Entries of one ledger, made by hand. */
async function * entriesOf (...bodies: readonly object[]): AsyncGenerator<unknown> {
  for (const [index, body] of bodies.entries()) yield { index, time: 1_000 + index, prev: '0', ...body }
}

function policyOf (decide: (input: PolicyInput) => Decision): Policy {
  return { revision: 'r'.repeat(64), evaluate: decide }
}

await t.test('times and the wish of the caller limit what is replayed', async (t) => {
  const deny = policyOf(() => decided('deny'))
  const three = (): AsyncGenerator<unknown> => entriesOf(decisionBody('allow'), decisionBody('allow'), decisionBody('allow'))
  t.match(await replay(three(), deny, { sinceMs: 1_001, untilMs: 1_002 }), { entries: 3, replayed: 1, groups: [{ examples: [{ index: 1 }] }] })
  t.match(await replay(three(), deny, { wanted: ({ actor }) => actor.id === 'nobody' }), { entries: 3, replayed: 0, changed: 0 })
})

await t.test('an answer with other obligations or another rule is a change, though its verdict is the same', async (t) => {
  const body = { ...decisionBody('allow'), decision: decided('allow', { own_only: true }) }
  t.match(await replay(entriesOf(body), policyOf(() => decided('allow', { own_only: true }))), { changed: 0 })
  t.match(await replay(entriesOf(body), policyOf(() => decided('allow'))), { changed: 1, groups: [{ direction: 'same-verdict' }] })
  t.match(await replay(entriesOf(body), policyOf(() => ({ ...decided('allow', { own_only: true }), rule: 'x.other' }))), { changed: 1, looser: 0, stricter: 0 })
})

await t.test('a call whose approval no longer helps is judged as if there were none', async (t) => {
  const covered = { ...WRITE, approval: { id: 'apr_1', by: 'bob', requestedBy: 'alice', ageMs: 1, scope: 'once', standsMs: null } }
  const body = { ...decisionBody('allow'), input: covered }
  const asked: unknown[] = []
  const policy = policyOf((input) => {
    asked.push(input.approval?.id ?? null)
    return decided(input.approval === null ? 'pending' : 'deny')
  })
  t.match(await replay(entriesOf(body), policy), { groups: [{ from: { verdict: 'allow' }, to: { verdict: 'pending' } }] })
  t.strictSame(asked, ['apr_1', null])
  const word = { ...body, input: { ...covered, kind: 'approval' } }
  t.match(await replay(entriesOf(word), policy), { groups: [{ to: { verdict: 'deny' } }] }, 'the question about an approval keeps it')
})

await t.test('what cannot be replayed is counted by its reason and changes nothing', async (t) => {
  const whole = decisionBody('deny')
  const { url: _, ...older } = whole.input
  const strange = [
    { ...whole, input: older },
    { ...whole, input: { ...whole.input, command: { text: 'ls' } } },
    { ...whole, input: null },
    { ...whole, input: { ...whole.input, actor: {} } },
    { ...whole, decision: { ...whole.decision, verdict: 'maybe' } },
    { kind: 'mystery' },
  ]
  const report = await replay(entriesOf(...strange, whole), policyOf(() => decided('deny')))
  t.match(report, { replayed: 1, changed: 0 })
  t.strictSame(report.unreplayable.map(({ problem, count, first }) => [problem, count, first]), [
    ['its input has no "url": another version recorded it', 1, 0],
    ['its input has no "command.programs": another version recorded it', 1, 1],
    ['its input is missing', 1, 2],
    ['its input names no actor', 1, 3],
    ['its decision is of another form', 1, 4],
    ['it is not an entry of a ledger', 1, 5],
  ])
})

await t.test('the report stays small however many rules and actors there are', async (t) => {
  const many = Array.from({ length: 3_000 }, (_, i) => {
    const body = decisionBody('deny')
    return { ...body, decision: { ...body.decision, rule: `x.r${i % 1_500}` }, input: { ...body.input, actor: { ...body.input.actor, id: `actor-${i}` } } }
  })
  const report = await replay(entriesOf(...many), policyOf(() => hostDenial(HOST_RULES.undefined, 'r', 'r')))
  t.equal(report.groups.length, 1_000)
  t.equal(report.ungrouped, 1_000)
  t.equal(report.changed, 3_000)
  const alike = many.map((body) => ({ ...body, decision: { ...body.decision, rule: 'x.one' } }))
  t.match(await replay(entriesOf(...alike), policyOf(() => decided('allow'))), { groups: [{ count: 3_000, others: 2_900 }] })
})

await t.test('whatever an export holds, a replay ends with a report', async () => {
  const part = fc.jsonValue({ maxDepth: 4 })
  const entry = fc.oneof(part, fc.record({ kind: fc.constantFrom('decision', 'outcome', 'x'), index: part, time: part, input: part, decision: part }), fc.record({
    kind: fc.constant('decision'),
    index: fc.nat(),
    time: fc.nat(),
    input: fc.tuple(fc.constantFrom('actor', 'targets', 'command', 'tool', 'kind', 'approval', 'model'), part).map(([name, value]) => ({ ...WRITE, [name]: value })),
    decision: fc.record({ verdict: fc.constantFrom('allow', 'deny'), rule: fc.string(), obligations: fc.dictionary(fc.string(), part) }),
  }))
  await fc.assert(fc.asyncProperty(fc.array(entry, { maxLength: 5 }), async (entries) => {
    async function * read (): AsyncGenerator<unknown> { yield * entries }
    const report = await replay(read(), engine.current())
    return report.entries === entries.length
  }), { numRuns: 300 })
})
