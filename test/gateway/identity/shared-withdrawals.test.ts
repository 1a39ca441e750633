import { join } from 'node:path'
import { Redis } from 'ioredis'
import fc from 'fast-check'
import t from 'tap'
import { createSharedWithdrawals, type SharedWithdrawals } from '../../../gateway/identity/shared/shared-withdrawals.ts'
import { openTokenRegistry, type TokenRegistry } from '../../../gateway/identity/token-registry.ts'
import { withdrawalOf, type Withdrawal } from '../../../gateway/identity/withdrawals.ts'
import { openRedisLink } from '../../../gateway/redis/redis-link.ts'
import { testFolder } from '../../support/test-folder.ts'
import { until } from '../../support/until.ts'
import { startRedis, type ThrowawayRedis } from '../redis/throwaway-redis.ts'

const started = await startRedis()
if (typeof started === 'string') t.bailout(started)
const redis = started as ThrowawayRedis
const client = new Redis(redis.url)
const LIST = 'weir:1:{withdrawals}:list'
const home = testFolder(t)
const shares: SharedWithdrawals[] = []
t.teardown(async () => {
  for (const share of shares) await share.close()
  client.disconnect()
  await redis.remove()
})

interface Member { readonly registry: TokenRegistry, readonly share: SharedWithdrawals, readonly received: Withdrawal[] }

function member (name: string, reconcileMs?: number): Member {
  const registry = openTokenRegistry(join(home, `${name}.jsonl`))
  const received: Withdrawal[] = []
  const share = createSharedWithdrawals({
    link: openRedisLink({ url: redis.url, timeoutMs: 500 }),
    registry,
    firstContactMs: 2_000,
    nowMs: Date.now,
    onReceived: (line) => received.push(line),
    onWarning: () => {},
    ...(reconcileMs === undefined ? {} : { reconcileMs }),
  })
  registry.onWithdrawal(share.changed)
  shares.push(share)
  return { registry, share, received }
}

const isOut = ({ registry }: Member, actor: string): boolean => registry.isRevoked({ tokenId: 'any', actor: { id: actor }, issuedAtMs: 1_000 })
const out = (actor: string): Withdrawal => ({ revokedActor: actor, beforeMs: 1_000, atMs: 1_000 })
const a = member('a')
const b = member('b')

await t.test('each hears once of what the others took away, also of more than goes into one message', async (t) => {
  await Promise.all([a.share.ready(), b.share.ready()])
  a.registry.add(...Array.from({ length: 1_200 }, (_, i) => out(`a-${i}`)))
  b.registry.add(out('b'))
  await until(() => isOut(b, 'a-1199') && isOut(a, 'b'))
  t.equal(b.received.length, 1_200)
  t.equal(a.received.length, 1)
})

await t.test('one that comes later hears of everything', async (t) => {
  const c = member('c')
  await c.share.ready()
  t.ok(isOut(c, 'a-0') && isOut(c, 'a-1199') && isOut(c, 'b'))
})

await t.test('what a Redis of before has forgotten is told again', async (t) => {
  await client.zremrangebyrank(LIST, 1, -1)
  await until(async () => await client.zcard(LIST) === 1_201)
  // It was shorter than what they had read of it.
  t.equal(await client.zscore(LIST, JSON.stringify(out('a-1199'))) === null, false)
  await member('comparing', 300).share.ready()
  const text = JSON.stringify(out('b'))
  const rank = Number(await client.zscore(LIST, text))
  await client.zrem(LIST, text)
  await client.zadd(LIST, rank, JSON.stringify(out('someone')))
  await until(async () => await client.zscore(LIST, text) !== null)
  // It was as long as before, and the comparison of now and then found it.
  t.equal(await client.zcard(LIST), 1_202, 'and nobody\'s was lost')
})

await t.test('what is no withdrawal takes nothing away and stops nothing', async (t) => {
  await client.zadd(LIST, 5_000, '{"revokedActor":7}', 5_001, 'no json', 5_002, '[]', 5_003, JSON.stringify(out('x')) + ' '.repeat(3_000), 5_004, JSON.stringify(out('last')))
  await until(() => isOut(a, 'last') && isOut(b, 'last'))
  t.notOk(isOut(a, '7'))
  t.notOk(isOut(a, 'x'))
  fc.assert(fc.property(fc.jsonValue(), (value) => {
    const line = withdrawalOf(value)
    return line === null || JSON.stringify(withdrawalOf(JSON.parse(JSON.stringify(line)))) === JSON.stringify(line)
  }))
})

await t.test('of two states of an actor the later one holds, in whatever order they come', async (t) => {
  const later: Withdrawal = { stateOf: 'gerd', active: false, atMs: 9_000 }
  await client.zadd(LIST, 6_000, JSON.stringify(later), 6_001, JSON.stringify({ stateOf: 'gerd', active: true, atMs: 8_000 }))
  await until(() => !a.registry.isActive('gerd') && !b.registry.isActive('gerd'))
  t.equal(a.registry.isActive('gerd'), false)
})
