import { join } from 'node:path'
import fc from 'fast-check'
import t, { type Test } from 'tap'
import { openJournal, type Journal } from '../../../gateway/ledger/journal.ts'
import { followSpending, type Spending } from '../../../gateway/ledger/spending.ts'
import { createSpendingSums } from '../../../gateway/ledger/spending-sums.ts'
import { ALICE, BOB, decisionBody, plainEvent } from './bodies.ts'

const NOON = Date.UTC(2026, 10, 21, 12)
const DAY_MS = 86_400_000
const NOTHING = { usd: 0, tokens: 0, requests: 0 }

interface World { readonly dir: string, readonly journal: Journal, readonly spending: Spending }

async function world (t: Test, clock: { nowMs: number }, segmentBytes = 2_000): Promise<World> {
  const dir = join(t.testdir(), 'journal')
  const journal = await openJournal({ dir, nowMs: () => clock.nowMs, onWarning: (message) => { throw new Error(message) }, segmentBytes })
  const spending = follow(dir, journal, clock)
  t.teardown(async () => {
    await spending.close()
    await journal.close()
  })
  return { dir, journal, spending }
}

function follow (dir: string, journal: Journal, clock: { nowMs: number }): Spending {
  return followSpending({ journal, journalDir: dir, nowMs: () => clock.nowMs, onWarning: (message, cause) => { throw new Error(message, { cause }) } })
}

async function request (journal: Journal, context: typeof ALICE, costNanoUsd: number | null): Promise<void> {
  const body = decisionBody('allow', context)
  const of = await journal.append({ ...body, input: { ...body.input, kind: 'model-request' } })
  await journal.append({ kind: 'outcome', of, status: 'done', detail: { usage: { inputTokens: 100, outputTokens: 20, costNanoUsd } } })
}

/** What is known once the journal is read up to its end: asks again after each turn of the event loop. */
async function known (spending: Spending, done: (usage: NonNullable<ReturnType<Spending['spent']>>) => boolean, at: number): Promise<ReturnType<Spending['spent']>> {
  for (;;) {
    const usage = spending.spent(ALICE.actor.id, 'DEV', at)
    if (usage !== null && done(usage)) return usage
    await new Promise(setImmediate)
  }
}

await t.test('spending is not known before the journal was read, and then follows it', async (t) => {
  const { journal, spending } = await world(t, { nowMs: NOON })
  await request(journal, ALICE, 1_500_000_000)
  await journal.append(plainEvent('gateway-started'))
  t.equal(spending.spent(ALICE.actor.id, 'DEV', NOON), null)
  t.same(await known(spending, () => true, NOON), { day: { usd: 1.5, tokens: 120, requests: 1 }, month: { usd: 1.5, tokens: 120, requests: 1 } })
  await request(journal, ALICE, null)
  t.same(await known(spending, ({ day }) => day.requests === 2, NOON), { day: { usd: 1.5, tokens: 240, requests: 2 }, month: { usd: 1.5, tokens: 240, requests: 2 } })
})

await t.test('another actor and another environment have spendings of their own', async (t) => {
  const { journal, spending } = await world(t, { nowMs: NOON })
  await request(journal, BOB, 5)
  await request(journal, { ...ALICE, environment: 'TEST' }, 5)
  t.same(await known(spending, () => true, NOON), { day: NOTHING, month: NOTHING })
  t.equal(spending.spent(BOB.actor.id, 'PROD', NOON)?.month.requests, 1)
  t.equal(spending.spent(ALICE.actor.id, 'TEST', NOON)?.month.requests, 1)
})

await t.test('what an earlier run spent counts, over segments, and only in its own day and month', async (t) => {
  const clock = { nowMs: NOON - DAY_MS }
  const { dir, journal, spending } = await world(t, clock)
  for (let i = 0; i < 10; i += 1) await request(journal, ALICE, 1_000_000_000)
  clock.nowMs = NOON
  await request(journal, ALICE, 2_000_000_000)
  t.same(await known(spending, () => true, NOON), { day: { usd: 2, tokens: 120, requests: 1 }, month: { usd: 12, tokens: 1_320, requests: 11 } })
  const later = follow(dir, journal, clock)
  t.teardown(() => later.close())
  t.same(await known(later, () => true, NOON), spending.spent(ALICE.actor.id, 'DEV', NOON))
  t.same(spending.spent(ALICE.actor.id, 'DEV', NOON + DAY_MS)?.day, NOTHING)
  t.same(spending.spent(ALICE.actor.id, 'DEV', Date.UTC(2026, 11, 1)), { day: NOTHING, month: NOTHING })
})

await t.test('a journal that cannot be read leaves spending unknown and warns', async (t) => {
  let warn: (message: string) => void = () => undefined
  const warned = new Promise<string>((resolve) => { warn = resolve })
  const spending = followSpending({
    journal: { head: () => ({ index: 0, hash: '' }), onAppend: () => () => undefined },
    journalDir: join(t.testdir(), 'nowhere'),
    nowMs: () => NOON,
    onWarning: (message) => warn(message),
  })
  t.equal(spending.spent('alice', 'DEV', NOON), null)
  t.match(await warned, /are refused/)
  t.equal(spending.spent('alice', 'DEV', NOON), null)
  await spending.close()
})

await t.test('sums never fall, whatever an outcome claims', async () => {
  fc.assert(fc.property(fc.array(fc.oneof(fc.jsonValue({ maxDepth: 2 }), fc.record({ inputTokens: fc.double(), outputTokens: fc.integer(), costNanoUsd: fc.double() })), { maxLength: 10 }), (usages) => {
    const sums = createSpendingSums()
    let before = NOTHING
    return usages.every((usage) => {
      sums.add('a', 'DEV', NOON, usage)
      const { day } = sums.of('a', 'DEV', NOON)
      const grew = day.usd >= before.usd && day.tokens >= before.tokens && day.requests === before.requests + 1
      before = day
      return grew
    })
  }))
})
