import fc from 'fast-check'
import t from 'tap'
import { NO_AMOUNT, type Amount } from '../../../gateway/core/budget.ts'
import { contributionText, NO_CONTRIBUTION, notLess, readContribution, type Contribution } from '../../../gateway/meter/shared/contribution.ts'
import { othersSpent, readOthers } from '../../../gateway/meter/shared/others.ts'
import { EXCHANGE, JOIN } from '../../../gateway/meter/shared/scripts.ts'
import { createSharedBudgets, type SharedBudgets } from '../../../gateway/meter/shared/shared-budgets.ts'
import { openRedisLink } from '../../../gateway/redis/redis-link.ts'
import { startRedis, type ThrowawayRedis } from '../redis/throwaway-redis.ts'

const HOUR_MS = 3_600_000
const NOW = 1_000 * HOUR_MS
const amount = (requests: number, running = 0): Amount => ({ nanoUsd: requests * 7, tokens: requests * 3, requests, running })

function contribution (spent: number, held: number, period = 1_000): Contribution {
  return { ...NO_CONTRIBUTION, held: amount(held, held), spent: { ...NO_CONTRIBUTION.spent, hour: { period, amount: amount(spent) }, total: { period: 0, amount: amount(spent) } } }
}

await t.test('what is written is read again', async () => {
  const whole = fc.nat({ max: 2 ** 31 - 1 })
  const amounts = fc.record({ nanoUsd: fc.maxSafeNat(), tokens: whole, requests: whole, running: fc.constant(0) })
  const spent = fc.record({ period: whole, amount: amounts })
  fc.assert(fc.property(fc.record({ held: fc.record({ nanoUsd: whole, tokens: whole, requests: whole, running: whole }), spent: fc.record({ hour: spent, day: spent, month: spent, total: spent }) }), (value) => {
    t.same(readContribution(contributionText(value)), value)
  }), { numRuns: 50 })
})

await t.test('what is no contribution is not read as nothing', async (t) => {
  for (const text of ['', '1', null, 3, contributionText(NO_CONTRIBUTION) + ',1', contributionText(NO_CONTRIBUTION).replace('0', '-1'), contributionText(NO_CONTRIBUTION).replace('0', 'NaN'), '1,'.repeat(1_000)]) {
    t.equal(readContribution(text), null)
    t.equal(readOthers(['1', text]), null)
  }
  t.equal(readOthers('x'), null)
  t.equal(readOthers(['1']), null)
  fc.assert(fc.property(fc.string(), (text) => { readContribution(text) }))
})

await t.test('others are added up in the newest period, and without what the dead held', async (t) => {
  const line = (value: Contribution): string => contributionText(value)
  const others = readOthers(['1', line(contribution(2, 3)), '0', line(contribution(10, 5)), '1', line(contribution(100, 0, 999))])
  if (others === null) throw new Error('not read')
  t.same(others.held, amount(3, 3))
  t.same(othersSpent(others, 'hour', NOW), amount(12))
  t.same(othersSpent(others, 'total', NOW), amount(112))
  t.same(othersSpent(others, 'hour', NOW + HOUR_MS), NO_AMOUNT, 'of the last hour nothing is left')
})

await t.test('what was spent does not become less within a period, and does in the next', async (t) => {
  t.same(notLess(contribution(1, 1), contribution(5, 9)).spent.hour.amount, amount(5))
  t.same(notLess(contribution(1, 1), contribution(5, 9)).held, amount(1, 1))
  t.same(notLess(contribution(1, 1, 1_001), contribution(5, 9)).spent.hour.amount, amount(1))
})

const started = await startRedis()
if (typeof started === 'string') t.bailout(started)
const redis = started as ThrowawayRedis
t.teardown(() => redis.remove())

interface Gateway { readonly shared: SharedBudgets, stands: Contribution }

function gateway (t: { teardown (cleanUp: () => unknown): void }, name: string, account: string, leaseMs?: number, url = redis.url): Gateway {
  const made: { stands: Contribution } = { stands: NO_CONTRIBUTION }
  const shared = createSharedBudgets({
    link: openRedisLink({ url, timeoutMs: 2_000 }),
    name,
    graceMs: 1_000,
    firstContactMs: 5_000,
    nowMs: Date.now,
    own: () => ({ contribution: made.stands, keepMs: 60_000 }),
    ownAccounts: () => [account],
    onWarning: () => undefined,
    ...(leaseMs === undefined ? {} : { leaseMs }),
  })
  t.teardown(() => shared.close())
  return Object.assign(made, { shared })
}

async function heard ({ shared }: Gateway, account: string): Promise<Contribution | null> {
  return (await shared.ask([account]))?.(account) ?? null
}

await t.test('what a gateway held that died is free after its lease, and what it spent is not', async (t) => {
  const dead = gateway(t, 'a'.repeat(32), 'lease')
  const alive = gateway(t, 'b'.repeat(32), 'lease', 100)
  dead.stands = contribution(2, 3)
  await heard(dead, 'lease')
  let others = await heard(alive, 'lease')
  t.same(others?.spent.total.amount, amount(2))
  while (others?.held.running !== 0) others = await heard(alive, 'lease') // its next sign of life is a second away
  t.same(others.spent.total.amount, amount(2))
})

await t.test('a gateway that is closed leaves what ran as spent', async (t) => {
  const [one, other] = [gateway(t, 'c'.repeat(32), 'closing'), gateway(t, 'd'.repeat(32), 'closing')]
  one.stands = { ...NO_CONTRIBUTION, held: amount(4, 4) }
  await heard(one, 'closing')
  await one.shared.close()
  const others = await heard(other, 'closing')
  t.same(others?.held, NO_AMOUNT)
  t.same(others?.spent.total.amount, amount(4))
})

await t.test('of two processes with one name the older one knows nothing any more', async (t) => {
  const older = gateway(t, 'e'.repeat(32), 'copied')
  t.not(await heard(older, 'copied'), null)
  const newer = gateway(t, 'e'.repeat(32), 'copied')
  t.not(await heard(newer, 'copied'), null)
  t.equal(await heard(older, 'copied'), null)
  t.equal(older.shared.status().state, 'superseded')
  t.equal(older.shared.others('copied'), null)
  t.equal(newer.shared.status().state, 'up')
})

await t.test('what comes late over a connection that was given up replaces nothing', async (t) => {
  const link = openRedisLink({ url: redis.url, timeoutMs: 2_000 })
  t.teardown(() => link.close())
  await new Promise<void>((resolve) => link.onReady(resolve))
  const keys = ['epoch:{late}', 'alive:{late}']
  t.equal(await link.run(JOIN, keys, ['one', 0, 60_000]), 1)
  const say = (serial: number, line: string): Promise<unknown> => link.run(EXCHANGE, [...keys, 'account:{late}'], ['one', 1, serial, 60_000, 60_000, 60_000, line])
  t.same(await say(2, 'newer'), ['1', []])
  await say(1, 'older')
  t.equal(await link.run('return redis.call("HGET", KEYS[1], "one")', ['account:{late}'], []), '1:2:newer')
  t.equal(await link.run(JOIN, keys, ['one', 0, 60_000]), 2, 'it was started again')
  t.same(await say(3, 'of the run before'), ['2'])
  t.equal(await link.run(JOIN, keys, ['one', 1, 60_000]), 2, 'the run before does not get the name back')
})

await t.test('while Redis is away the others count by what they spent, not by the places they had', async (t) => {
  const own = await startRedis()
  if (typeof own === 'string') return t.bailout(own)
  t.teardown(() => own.remove())
  const [one, other] = [gateway(t, 'f'.repeat(32), 'away', undefined, own.url), gateway(t, '0'.repeat(32), 'away', undefined, own.url)]
  one.stands = contribution(3, 2)
  await heard(one, 'away')
  t.same((await heard(other, 'away'))?.held, amount(2, 2))
  await own.stop()
  let asking = other.shared.ask(['away'])
  while (asking !== null) {
    await asking
    asking = other.shared.ask(['away'])
  }
  t.same(other.shared.others('away')?.held, amount(2, 0))
  t.same(other.shared.others('away')?.spent.total.amount, amount(3))
})
