import fc from 'fast-check'
import t from 'tap'
import { BUDGET_DIMENSIONS, type Budget, type Spender } from '../../../gateway/core/budget.ts'
import { budgetIdOf, createAccounts } from '../../../gateway/meter/accounts.ts'

const ALICE: Spender = { org: 'acme', groups: ['payments', 'search'], actor: 'alice', role: 'author', app: 'shop', environment: 'PROD', session: 'ses_1', model: 'anthropic/claude', provider: 'anthropic', key: 'key_1', token: 'tok_1' }
const LIMITS = { usd_per_day: 1 }
const labels = (budget: Omit<Budget, 'limits'>, spender: Partial<Spender> = {}): readonly string[] | undefined =>
  createAccounts({ b: { ...budget, limits: LIMITS } }).of({ ...ALICE, ...spender })?.map(({ label }) => label)

await t.test('a budget is for whoever fits every part of its match', async (t) => {
  t.same(labels({}), ['all'])
  const match = { orgs: ['acme'], groups: ['other', 'payments'], actors: ['alice'], roles: ['author'], apps: ['shop'], environments: ['PROD'], models: ['anthropic/*'], keys: ['key_1'] }
  t.same(labels({ match }), ['all'])
  for (const other of [{ org: 'x' }, { groups: [] }, { actor: 'x' }, { role: 'x' }, { app: 'x' }, { environment: 'DEV' }, { model: 'openai/claude' }, { key: 'key_2' }, { key: null }]) t.same(labels({ match }, other), [], JSON.stringify(other))
})

await t.test('models are named in full, by provider, or all', async (t) => {
  const fits = (pattern: string, model: string): boolean => labels({ match: { models: [pattern] } }, { model })?.length === 1
  t.ok(fits('*', 'a/b'))
  t.ok(fits('a/*', 'a/b/c'))
  t.ok(fits('a/b', 'a/b'))
  t.notOk(fits('a/b', 'a/bc'))
  t.notOk(fits('a/*', 'ab/c'))
  t.notOk(fits('a/b*', 'a/bc'), 'a star is only a whole name')
})

await t.test('each combination of dimensions is an account, and each group one of its own', async (t) => {
  t.same(labels({ per: ['group'] }), ['group payments', 'group search'])
  t.same(labels({ per: ['group'], match: { groups: ['search', 'x'] } }), ['group search'])
  t.same(labels({ per: ['session', 'actor'] }), ['actor alice, session ses_1'])
  t.same(labels({ per: ['group'] }, { groups: ['a', 'a'] }), ['group a'])
})

await t.test('who has no group, session, key or token shares an account with the others without one', async (t) => {
  t.same(labels({ per: ['group', 'session', 'key', 'token'] }, { groups: [], session: null, key: null, token: null }), ['group -, key -, session -, token -'])
})

await t.test('while it is not known which key a request goes out with, budgets that ask for it are passed over', async (t) => {
  const { key: _, ...unknown } = ALICE
  const accounts = createAccounts({ each: { per: ['key'], limits: LIMITS }, one: { match: { keys: ['key_1'] }, limits: LIMITS }, provider: { per: ['provider'], limits: LIMITS } })
  t.same(accounts.of(unknown)?.map(({ label }) => label), ['provider anthropic'])
  t.same(accounts.of(ALICE)?.map(({ label }) => label), ['key key_1', 'all', 'provider anthropic'])
  t.ok(accounts.tellsKeysApart)
  t.notOk(createAccounts({ provider: { per: ['provider'], limits: LIMITS } }).tellsKeysApart)
})

await t.test('an account stays itself when only its limits change, and no longer when whom it is for does', async (t) => {
  const keyOf = (budget: Budget): string | undefined => createAccounts({ b: budget }).of(ALICE)?.[0]?.key
  const key = keyOf({ per: ['actor'], limits: { usd_per_day: 1 } })
  t.equal(keyOf({ per: ['actor'], limits: { usd_per_day: 2, tokens_per_hour: 5 }, mode: 'warn' }), key)
  t.not(keyOf({ per: ['actor'], match: { apps: ['shop'] }, limits: { usd_per_day: 1 } }), key)
  t.not(keyOf({ per: ['actor'], limits: { usd_per_month: 1 } }), key, 'sums of a month need more of the journal')
  t.ok(createAccounts({ b: { per: ['actor'], limits: { usd_per_day: 9 } } }).ids.has(budgetIdOf(key ?? '')))
})

await t.test('an account is found again by its key, with what it is kept apart by', async (t) => {
  const accounts = createAccounts({ b: { per: ['group', 'actor'], limits: LIMITS }, all: { limits: LIMITS } })
  const [first, , whole] = accounts.of(ALICE) ?? []
  t.same(accounts.byKey(first?.key ?? ''), { account: first, of: { actor: 'alice', group: 'payments' } })
  t.same(accounts.byKey(whole?.key ?? ''), { account: whole, of: {} })
  t.same(accounts.always, [whole?.key])
  t.equal(createAccounts({ other: { limits: LIMITS } }).byKey(first?.key ?? ''), null)
})

await t.test('somebody in very many groups is not counted, and so not known', async (t) => {
  t.equal(labels({ per: ['group'] }, { groups: Array.from({ length: 300 }, (_, i) => `g${i}`) }), undefined)
})

await t.test('whatever the names are, two spenders share an account exactly when they agree in what it is kept apart by', async () => {
  const name = fc.oneof(fc.string({ maxLength: 4 }), fc.constantFrom('a', 'b', '","', '\n', '-'))
  const spender = fc.record({ ...Object.fromEntries(['org', 'actor', 'role', 'app', 'environment', 'session', 'model', 'provider', 'key', 'token'].map((member) => [member, name])), groups: fc.tuple(name) }) as unknown as fc.Arbitrary<Spender>
  fc.assert(fc.property(spender, spender, fc.uniqueArray(fc.constantFrom(...BUDGET_DIMENSIONS)), (one, other, per) => {
    const accounts = createAccounts({ b: { per, limits: LIMITS } })
    const same = per.every((dimension) => dimension === 'group' ? one.groups[0] === other.groups[0] : one[dimension] === other[dimension])
    return (accounts.of(one)?.[0]?.key === accounts.of(other)?.[0]?.key) === same
  }))
})
