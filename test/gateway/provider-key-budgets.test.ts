import t from 'tap'
import { budgetStage, settled, type Asker } from '../support/budget-gateways.ts'
import { until } from '../support/until.ts'

const VALUES = ['sk-of-the-test-one', 'sk-of-the-test-two'] as const
const as = (name: string, more: Asker = {}): Asker => ({ actor: `${name}@acme.test`, ...more })

// One gateway and two keys for all tests; in each somebody else asks.
const only = (actor: string) => ({ actors: [`${actor}@acme.test`] })
const stage = await budgetStage(t, {
  many: { per: ['key', 'actor'], match: only('ann'), limits: { requests_per_day: 5 } },
  tried: { per: ['key', 'actor'], match: only('bob'), limits: { requests_per_day: 2 } },
  running: { per: ['key', 'actor'], match: only('dan'), limits: { concurrent: 1 } },
  provider: { per: ['provider'], match: only('cid'), limits: { requests_per_total: 1 } },
})
const price = { perMillionInput: 1_000, perMillionOutput: 2_000 }
const gateway = await stage.open({}, { providers: { up: { format: 'openai-chat', baseUrl: stage.upstream.baseUrl, models: { m: { price } } } } })
const ids = [await gateway.addKey(VALUES[0]), await gateway.addKey(VALUES[1])] as const
await until(async () => (await gateway.ask({ actor: 'olga@acme.test', role: 'operator' })).status === 200)

const usedBy = (from: number): string[] => stage.upstream.seen.slice(from).map(({ headers }) => ids[VALUES.findIndex((value) => headers.authorization === `Bearer ${value}`)] ?? '')
const times = (all: readonly string[]): number[] => ids.map((id) => all.filter((one) => one === id).length)

await t.test('requests at once use up each key and no more, and the refusal names one', async (t) => {
  await until(async () => (await gateway.ask(as('ann'))).rule !== 'budgets.unknown')
  await settled(gateway)
  const from = stage.upstream.seen.length - 1
  const answers = await Promise.all(Array.from({ length: 30 }, () => gateway.ask(as('ann'))))
  t.equal(answers.filter(({ status }) => status === 200).length, 9, 'and the first one')
  t.same(times(usedBy(from)), [5, 5])
  t.match(answers.find(({ status }) => status !== 200), { status: 403, rule: 'budgets.used_up', text: /many \(actor ann@acme.test, key key_[^)]+\)/ })
})

await t.test('a request goes on with another key only while that one has room', async (t) => {
  const usual = stage.upstream.answer
  let bad: string | undefined // the key that is tried first
  stage.upstream.answer = (response, request) => {
    bad ??= request.headers.authorization
    if (request.headers.authorization !== bad) return usual(response, request)
    return response.writeHead(401, { 'content-type': 'application/json' }).end('{"error":{"message":"no"}}')
  }
  const from = stage.upstream.seen.length
  for (let i = 0; i < 2; i += 1) t.equal((await gateway.ask(as('bob'))).status, 200)
  t.equal((await gateway.ask(as('bob'))).status, 401, 'the provider\'s own word')
  const [first, second, ...rest] = usedBy(from)
  t.not(first, second)
  t.same(rest, [second, first], 'the other key has no room, so the third request is not tried again')
  stage.upstream.answer = usual
  t.same([(await gateway.ask(as('bob'))).status, (await gateway.ask(as('bob'))).status, (await gateway.ask(as('bob'))).status], [200, 200, 403], 'what was refused counts nowhere')
})

await t.test('a request that was tried again takes up the key that it goes on with', async (t) => {
  const usual = stage.upstream.answer
  let bad: string | undefined
  let finish: (() => void) | null = null
  const arrived = new Promise<void>((resolve) => {
    stage.upstream.answer = (response, request) => {
      bad ??= request.headers.authorization
      if (request.headers.authorization === bad) response.writeHead(401, { 'content-type': 'application/json' }).end('{}')
      else if (finish !== null) usual(response, request)
      else {
        finish = () => { usual(response, request) }
        resolve()
      }
    }
  })
  const running = gateway.ask(as('dan'))
  await arrived
  const from = stage.upstream.seen.length
  t.equal((await gateway.ask(as('dan'))).status, 401)
  t.equal(stage.upstream.seen.length, from + 1)
  ;(finish as (() => void) | null)?.()
  t.equal((await running).status, 200)
  stage.upstream.answer = usual
})

await t.test('each key is shown with its use, a restart keeps it, and no value of a key is anywhere', async (t) => {
  await settled(gateway)
  const shown = async (): Promise<unknown> => {
    const { rows } = await gateway.standings({ actor: 'olga@acme.test', role: 'operator' })
    return ids.map((id) => rows.filter(({ of, limit }) => of.key === id && limit !== 'concurrent').map(({ budget, used }) => [budget, used]).sort())
  }
  const each = [['many', 5], ['tried', 2]]
  t.same(await shown(), [each, each])
  await gateway.restart()
  await until(async () => (await gateway.ask(as('ann'))).rule !== 'budgets.unknown')
  t.equal((await gateway.ask(as('ann'))).rule, 'budgets.used_up')
  t.same(await shown(), [each, each])
  const ledger = JSON.stringify(await gateway.entries())
  for (const value of VALUES) t.notMatch(ledger, value)
})

await t.test('a provider has an account of its own', async (t) => {
  t.equal((await gateway.ask(as('cid'))).status, 200)
  t.match(await gateway.ask(as('cid')), { status: 403, text: /provider \(provider up\)/ })
})
