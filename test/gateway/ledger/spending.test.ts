import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import t, { type Test } from 'tap'
import type { Amount, BudgetWindow } from '../../../gateway/core/budget.ts'
import { encodeHeader } from '../../../gateway/ledger/entry-line.ts'
import { openJournal, type Journal } from '../../../gateway/ledger/journal.ts'
import { followSpending, type Spending, type SpendingOptions } from '../../../gateway/ledger/spending.ts'
import { createSpendingSums } from '../../../gateway/ledger/spending-sums.ts'
import { ALICE, BOB, decisionBody, plainEvent } from './bodies.ts'
import { testFolder } from '../../support/test-folder.ts'

const NOON = Date.UTC(2026, 10, 21, 12)
const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS
const MODEL = { provider: 'p', id: 'm', stream: false, bytes: 1, scanned: false, findings: [] }

interface World { readonly dir: string, readonly journal: Journal, readonly spending: Spending }

async function world (t: Test, clock: { nowMs: number }, lasts: BudgetWindow = 'month'): Promise<World> {
  const dir = join(testFolder(t), 'journal')
  const journal = await openJournal({ dir, nowMs: () => clock.nowMs, onWarning: (message) => { throw new Error(message) }, segmentBytes: 2_000 })
  const spending = follow(dir, journal, clock, { lasts })
  t.teardown(async () => {
    await spending.close()
    await journal.close()
  })
  return { dir, journal, spending }
}

function follow (dir: string, journal: Journal, clock: { nowMs: number }, options: Partial<SpendingOptions> = {}): Spending {
  return followSpending({
    journal,
    journalDir: dir,
    nowMs: () => clock.nowMs,
    accountsOf: ({ actor, environment, token }) => [actor, `${actor} ${environment}`, token].map((key) => ({ key: String(key), lasts: 'total' })),
    lasts: 'month',
    onWarning: (message, cause) => { throw new Error(message, { cause }) },
    ...options,
  })
}

async function request (journal: Journal, context: typeof ALICE, costNanoUsd: number | null, token = 'tok'): Promise<void> {
  const body = decisionBody('allow', context)
  const of = await journal.append({ ...body, input: { ...body.input, kind: 'model-request', model: MODEL } })
  await journal.append({ kind: 'outcome', of, status: 'done', detail: { usage: { inputTokens: 100, outputTokens: 20, costNanoUsd, token } } })
}

/** What is known once the journal is read up to its end: asks again after each turn of the event loop. */
async function known (spending: Spending, key: string, requests: number, window: BudgetWindow = 'month'): Promise<Amount> {
  for (;;) {
    const amount = spending.sums()?.of(key, window, NOON)
    if (amount !== undefined && amount.requests >= requests) return amount
    await new Promise(setImmediate)
  }
}

const amount = (requests: number, nanoUsd: number): Amount => ({ nanoUsd, tokens: requests * 120, requests, running: 0 })

await t.test('spending is not known before the journal was read, and then follows it', async (t) => {
  const { journal, spending } = await world(t, { nowMs: NOON })
  t.equal(spending.sums(), null)
  await request(journal, ALICE, 1_500_000_000)
  await journal.append(plainEvent('gateway-started'))
  t.same(await known(spending, ALICE.actor.id, 1), amount(1, 1_500_000_000))
  await request(journal, ALICE, null)
  t.same(await known(spending, ALICE.actor.id, 2), amount(2, 1_500_000_000))
})

await t.test('accounts are added up apart, by who asked and with which token', async (t) => {
  const { journal, spending } = await world(t, { nowMs: NOON })
  await request(journal, BOB, 5, 'tok_b')
  await request(journal, { ...ALICE, environment: 'TEST' }, 5, 'tok_a')
  await request(journal, ALICE, 5, 'tok_a')
  t.same(await known(spending, ALICE.actor.id, 2), amount(2, 10))
  t.same(await known(spending, `${ALICE.actor.id} TEST`, 1), amount(1, 5))
  t.same(await known(spending, 'tok_a', 2), amount(2, 10))
  t.same(await known(spending, 'tok_b', 1), amount(1, 5))
})

await t.test('each sum is that of its own UTC period, over segments and after a restart', async (t) => {
  const clock = { nowMs: NOON - 40 * DAY_MS }
  const { dir, journal } = await world(t, clock)
  for (const [before, requests] of [[40 * DAY_MS, 3], [DAY_MS, 10], [2 * HOUR_MS, 2], [0, 1]] as const) {
    clock.nowMs = NOON - before
    for (let i = 0; i < requests; i += 1) await request(journal, ALICE, 1)
  }
  const later = follow(dir, journal, clock, { lasts: 'total' })
  t.teardown(() => later.close())
  t.same(await known(later, ALICE.actor.id, 16, 'total'), amount(16, 16))
  const of = (window: BudgetWindow, at = NOON): unknown => later.sums()?.of(ALICE.actor.id, window, at).requests
  t.same([of('hour'), of('day'), of('month')], [1, 3, 13])
  t.same([of('hour', NOON + HOUR_MS), of('day', NOON + DAY_MS), of('month', Date.UTC(2026, 11, 1)), of('total', Date.UTC(2036, 0))], [0, 0, 0, 16])
})

await t.test('a journal that cannot be read leaves spending unknown and warns', async (t) => {
  let warn: (message: string) => void = () => undefined
  const warned = new Promise<string>((resolve) => { warn = resolve })
  const journal = { head: () => ({ index: 0, hash: '' }), onAppend: () => () => undefined } as unknown as Journal
  const spending = follow(join(testFolder(t), 'nowhere'), journal, { nowMs: NOON }, { onWarning: (message) => warn(message) })
  t.match(await warned, /are refused/)
  t.equal(spending.sums(), null)
  await spending.close()
})

await t.test('rows whose period is long over are dropped, those of a total never', async (t) => {
  const sums = createSpendingSums()
  sums.add({ key: 'kept', lasts: 'total' }, NOON, {})
  for (let i = 0; i < 9_996; i += 1) sums.add({ key: `s${i}`, lasts: 'hour' }, NOON, {})
  for (const hours of [1, 2]) sums.add({ key: `in${hours}`, lasts: 'hour' }, NOON + hours * HOUR_MS, {})
  t.equal(sums.rows(), 9_999)
  sums.add({ key: 'new', lasts: 'hour' }, NOON + 3 * HOUR_MS, {})
  t.equal(sums.rows(), 4)
  t.equal(sums.of('kept', 'total', NOON + HOUR_MS).requests, 1)
})

await t.test('a clock that jumps and is corrected loses no sum, whichever way and wherever in a month', async (t) => {
  for (const now of [NOON, Date.UTC(2026, 10, 1), Date.UTC(2026, 11, 1) - 1, Date.UTC(2028, 1, 29, 23, 59)]) {
    for (const jump of [-40 * DAY_MS, -HOUR_MS, 1, HOUR_MS, DAY_MS, 400 * DAY_MS]) {
      const sums = createSpendingSums()
      const add = (times: number, timeMs: number): void => { for (let i = 0; i < times; i += 1) sums.add({ key: 'a', lasts: 'month' }, timeMs, {}) }
      add(3, now)
      add(1, now + jump)
      add(1, now + jump + HOUR_MS)
      add(2, now)
      for (const window of ['hour', 'day', 'month'] as const) t.ok(sums.of('a', window, now).requests >= 5, `${window} ${new Date(now).toISOString()} ${jump}`)
      t.equal(sums.of('a', 'total', now).requests, 7)
    }
  }
})

await t.test('a wrong clock drops no rows when there are many', async (t) => {
  const sums = createSpendingSums()
  for (let i = 0; i < 9_999; i += 1) sums.add({ key: `s${i}`, lasts: 'month' }, NOON, {})
  sums.add({ key: 'new', lasts: 'month' }, NOON + 400 * DAY_MS, {})
  t.equal(sums.of('s0', 'month', NOON).requests, 1)
})

await t.test('reading that began under a clock that was ahead begins again once it is corrected', async (t) => {
  const clock = { nowMs: NOON }
  const { dir, journal } = await world(t, clock)
  for (let i = 0; i < 10; i += 1) await request(journal, ALICE, 1)
  clock.nowMs = Date.UTC(2036, 0)
  const later = follow(dir, journal, clock)
  t.teardown(() => later.close())
  while (later.sums() === null) await new Promise(setImmediate)
  t.ok((later.sums()?.of(ALICE.actor.id, 'month', NOON).requests ?? 0) < 10, 'old segments are left out')
  clock.nowMs = NOON
  t.equal(later.sums(), null)
  await request(journal, ALICE, 1)
  t.same(await known(later, ALICE.actor.id, 11), amount(11, 11))
})

interface Kept { readonly dir: string, readonly journal: Journal, readonly file: string, readonly reopen: (options?: Partial<SpendingOptions>) => Spending }

/** A journal of which a reading that has ended kept what ten requests spent, and one that is open. */
async function kept (t: Test, clock = { nowMs: NOON }): Promise<Kept & { readonly open: number }> {
  const { dir, journal, spending: first } = await world(t, clock)
  await first.close()
  const file = join(dir, '..', 'spending.json')
  const reopen = (options: Partial<SpendingOptions> = {}): Spending => {
    const spending = follow(dir, journal, clock, { lasts: 'total', snapshot: { file, signature: 's', restores: true, keeps: () => true }, ...options })
    t.teardown(() => spending.close())
    return spending
  }
  const spending = reopen()
  for (let i = 0; i < 10; i += 1) await request(journal, ALICE, 1)
  const body = decisionBody('allow', ALICE)
  const open = await journal.append({ ...body, input: { ...body.input, kind: 'model-request', model: MODEL } })
  await known(spending, ALICE.actor.id, 10, 'total')
  await spending.close()
  return { dir, journal, file, reopen, open }
}

const settle = (journal: Journal, of: number): Promise<number> => journal.append({ kind: 'outcome', of, status: 'done', detail: { usage: { inputTokens: 100, outputTokens: 20, costNanoUsd: 1, token: 'tok' } } })

await t.test('a start goes on from what was kept: of the journal before it only the last entry is looked at', async (t) => {
  const { dir, journal, reopen, open } = await kept(t)
  const old = readdirSync(dir).filter((name) => name.endsWith('.jsonl')).sort()
  t.ok(old.length > 3)
  for (const name of old.slice(0, -2)) rmSync(join(dir, name))
  const spending = reopen()
  t.same(await known(spending, ALICE.actor.id, 10, 'total'), amount(10, 10))
  await settle(journal, open)
  t.same(await known(spending, ALICE.actor.id, 11, 'total'), amount(11, 11), 'who asked before the start is known')
  t.same(spending.sums()?.of('tok', 'hour', NOON), amount(11, 11))
  await spending.close()
})

await t.test('what was kept of something else, of another journal, damaged or from the future is not gone on from', async (t) => {
  const { journal, file, reopen, open } = await kept(t)
  const good = readFileSync(file, 'utf8')
  const read: string[] = []
  const whole = async (text: string, options: Partial<SpendingOptions> = {}): Promise<void> => {
    writeFileSync(file, text)
    const counted: number[] = []
    const spending = reopen({ snapshot: { file, signature: 's', restores: true, keeps: () => false }, onCounted: (entry) => { counted.push(entry) }, ...options })
    t.same(await known(spending, ALICE.actor.id, 10, 'total'), amount(10, 10))
    t.ok(counted.length >= 10, 'the journal is read')
    read.push(text)
  }
  await whole('')
  await whole(good.slice(0, -5))
  await whole(good.replace('"requests":10', '"requests":99'))
  await whole(good, { snapshot: { file, signature: 'other', restores: true, keeps: () => false } })
  await whole(good, { snapshot: { file, signature: 's', restores: false, keeps: () => false } })
  const changed = (change: (json: Record<string, unknown>) => object): string => encodeHeader(change(JSON.parse(good.slice(65))))
  await whole(changed((json) => ({ ...json, hash: '0'.repeat(64) })))
  await whole(changed((json) => ({ ...json, index: 1_000 })))
  await whole(changed((json) => ({ ...json, version: 2 })))
  await whole(changed((json) => ({ ...json, sinceMs: NOON + 1 })))
  t.equal(read.length, 9)
  await settle(journal, open)
})

await t.test('wherever a reading ends and another goes on, the sums are those of the whole journal', async (t) => {
  const clock = { nowMs: NOON }
  const { dir, journal, reopen } = await kept(t, clock)
  let total = 10
  await fc.assert(fc.asyncProperty(fc.array(fc.integer({ min: 0, max: 3 }), { minLength: 1, maxLength: 3 }), async (parts) => {
    for (const requests of parts) {
      const spending = reopen()
      for (let i = 0; i < requests; i += 1) await request(journal, i === 1 ? BOB : ALICE, 1)
      total += requests
      await known(spending, 'tok', total, 'total')
      await spending.close()
    }
    const [on, all] = [reopen(), follow(dir, journal, clock, { lasts: 'total' })]
    for (const spending of [on, all]) await known(spending, 'tok', total, 'total')
    for (const window of ['hour', 'total'] as const) for (const { actor } of [ALICE, BOB]) t.same(on.sums()?.of(actor.id, window, NOON), all.sums()?.of(actor.id, window, NOON))
    await on.close()
    await all.close()
  }), { numRuns: 5 })
})

await t.test('events on the way are told again, and sums that are not to be kept are not', async (t) => {
  const { journal, file, reopen } = await kept(t)
  const told: unknown[] = []
  const events = { name: 'gateway-started', read: ({ detail }: { readonly detail: unknown }) => { told.push(detail) }, known: () => [{ percent: 50 }] }
  await journal.append(plainEvent('gateway-started'))
  const first = reopen({ events })
  await known(first, ALICE.actor.id, 10, 'total')
  await first.close()
  const before = told.length
  const second = reopen({ events })
  await known(second, ALICE.actor.id, 10, 'total')
  t.same(told.slice(before), [{ percent: 50 }])
  await second.close()
  rmSync(file)
  const third = reopen({ snapshot: { file, signature: 's', restores: true, keeps: () => false } })
  await known(third, ALICE.actor.id, 10, 'total')
  await third.close()
  t.notOk(existsSync(file))
})

await t.test('sums never fall, whatever an outcome claims', async () => {
  fc.assert(fc.property(fc.array(fc.oneof(fc.jsonValue({ maxDepth: 2 }), fc.record({ inputTokens: fc.double(), outputTokens: fc.integer(), costNanoUsd: fc.double() })), { maxLength: 10 }), (usages) => {
    const sums = createSpendingSums()
    let before = sums.of('a', 'day', NOON)
    return usages.every((usage) => {
      sums.add({ key: 'a', lasts: 'day' }, NOON, usage)
      const day = sums.of('a', 'day', NOON)
      const grew = day.nanoUsd >= before.nanoUsd && day.tokens >= before.tokens && day.requests === before.requests + 1
      before = day
      return grew
    })
  }))
})
