import fc from 'fast-check'
import t from 'tap'
import { NO_AMOUNT, type Amount } from '../../../gateway/core/budget.ts'
import { createHoldEstimates } from '../../../gateway/meter/hold-estimates.ts'
import { createHolds, plus, type Hold } from '../../../gateway/meter/holds.ts'

const amount = fc.record({ nanoUsd: fc.nat(), tokens: fc.nat(), requests: fc.nat(3), running: fc.nat(1) })
const accounts = fc.uniqueArray(fc.constantFrom('alice', 'bob', 'all'), { minLength: 1 })
const step = fc.oneof(
  fc.record({ does: fc.constant('begin' as const), accounts, amount }),
  fc.record({ does: fc.constant('change' as const), which: fc.nat(), amount }),
  fc.record({ does: fc.constantFrom('free' as const, 'allowed' as const, 'counted' as const), which: fc.nat() })
)

await t.test('in any order of begin, change, free and count, the sum is that of the holds that are left', async () => {
  fc.assert(fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
    const holds = createHolds()
    const model: Array<{ readonly hold: Hold, readonly accounts: readonly string[], left: Amount | null, entry: number | null }> = []
    for (const now of steps) {
      if (now.does === 'begin') model.push({ hold: holds.begin(now.accounts, now.amount), accounts: now.accounts, left: now.amount, entry: null })
      if (now.does === 'begin' || model.length === 0) continue
      const at = now.which % model.length
      const one = model[at] as typeof model[number]
      if (now.does === 'change') {
        one.hold.change(now.amount)
        if (one.left !== null) one.left = now.amount
      } else if (now.does === 'allowed') {
        one.hold.allowed(at)
        if (one.left !== null) one.entry = at
      } else if (now.does === 'counted') {
        holds.counted(at)
        if (one.entry !== null) one.left = null
      } else {
        one.hold.free()
        one.left = null
      }
    }
    const sumOf = (account: string): Amount => model.reduce((sum, one) => one.accounts.includes(account) && one.left !== null ? plus(sum, one.left) : sum, NO_AMOUNT)
    const isRight = ['alice', 'bob', 'all'].every((account) => JSON.stringify(holds.held(account)) === JSON.stringify(sumOf(account)))
    const count = model.filter(({ left }) => left !== null).length
    const wasRight = isRight && holds.open() === count
    for (const { hold } of model) hold.free()
    return wasRight && holds.open() === 0 && ['alice', 'bob', 'all'].every((account) => holds.held(account) === NO_AMOUNT)
  }), { numRuns: 1_000 })
})

await t.test('a hold is waited for only after it was allowed and until it is gone', async (t) => {
  const holds = createHolds()
  const hold = holds.begin(['a'], { nanoUsd: 5, tokens: 6, requests: 1, running: 1 })
  t.notOk(holds.waitsFor(7))
  hold.allowed(7)
  t.ok(holds.waitsFor(7))
  holds.counted(7)
  t.notOk(holds.waitsFor(7))
})

const REQUEST = { provider: 'p', model: 'm', generates: true, bytes: 4_000 }
const used = (inputTokens: number, outputTokens: number, cachedTokens = 0) =>
  ({ inputTokens, outputTokens, cachedTokens, cacheWriteTokens: 0, reasoningTokens: 0, estimated: false })

await t.test('an estimate begins with the default and comes to what alike requests use', async (t) => {
  const estimates = createHoldEstimates(256)
  t.match(estimates.estimate(REQUEST), { inputTokens: 1_000, outputTokens: 256, cachedTokens: 0 })
  t.match(estimates.estimate({ ...REQUEST, generates: false }), { inputTokens: 1_000, outputTokens: 0 })
  for (let i = 0; i < 40; i += 1) estimates.observe(REQUEST, used(800, 40, 600))
  t.match(estimates.estimate(REQUEST), { inputTokens: 800, outputTokens: 40, cachedTokens: 600 })
  t.match(estimates.estimate({ ...REQUEST, bytes: 8_000 }), { inputTokens: 1_600, outputTokens: 40 })
  t.match(estimates.estimate({ ...REQUEST, model: 'other' }), { outputTokens: 256 })
  for (let i = 0; i < 200; i += 1) estimates.observe(REQUEST, { ...used(800, 40), audioInputTokens: 400, audioOutputTokens: 40 })
  t.match(estimates.estimate(REQUEST), { inputTokens: 800, audioInputTokens: 400, outputTokens: 40, audioOutputTokens: 40 }, 'audio is dearer')
  t.ok(estimates.isLearned(REQUEST))
  t.notOk(estimates.isLearned({ ...REQUEST, model: 'other' }))
})

await t.test('answers of many lengths are estimated above their mean, so that the sum of estimates is above the sum of answers', async () => {
  fc.assert(fc.property(fc.array(fc.integer({ min: 1, max: 4_000 }), { minLength: 300, maxLength: 300 }), (lengths) => {
    const estimates = createHoldEstimates(256)
    let held = 0
    let answered = 0
    for (const length of lengths) {
      held += estimates.estimate(REQUEST).outputTokens
      answered += length
      estimates.observe(REQUEST, used(1_000, length))
    }
    return held >= answered
  }), { numRuns: 50 })
})
