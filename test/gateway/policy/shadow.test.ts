import { setImmediate as turn } from 'node:timers/promises'
import t from 'tap'
import { hostDenial, HOST_RULES, type Decision, type Verdict } from '../../../gateway/core/decision.ts'
import type { EntryBody } from '../../../gateway/core/ledger-entry.ts'
import type { PolicyInput } from '../../../gateway/core/policy-input.ts'
import { createShadow, shadowedLedger, type Shadow } from '../../../gateway/policy/shadow.ts'
import { decided, decisionBody, governWith, ALICE } from '../ledger/bodies.ts'

function shadowOf (decide: (input: PolicyInput) => Decision, revision: () => string = () => 'next'): { readonly shadow: Shadow, readonly recorded: EntryBody[] } {
  const recorded: EntryBody[] = []
  const shadow = createShadow({ policy: () => ({ revision: revision(), evaluate: decide }), record: (body) => recorded.push(body) })
  return { shadow, recorded }
}

async function settled (shadow: Shadow, decisions: number): Promise<void> {
  while (shadow.counts().compared + shadow.counts().dropped + shadow.counts().failed < decisions) await turn()
}

function countOf (shadow: Shadow, from: Verdict, to: Verdict): number {
  return shadow.counts().differences.find((difference) => difference.from === from && difference.to === to)?.count ?? 0
}

await t.test('a decision is compared after it was recorded, and a difference names both rules and the entry', async (t) => {
  const order: string[] = []
  const { shadow, recorded } = shadowOf(() => {
    order.push('shadow')
    return decided('deny')
  })
  const ledger = shadowedLedger({
    async append () {
      order.push('ledger')
      return 7
    },
    settle () {},
  }, shadow)
  const { decision, permit } = await governWith(ledger, decided('allow'))({ kind: 'session' }, ALICE)
  order.push('answered')
  await settled(shadow, 1)
  t.equal(decision.verdict, 'allow', 'nothing is enforced')
  t.ok(permit)
  t.strictSame(order, ['ledger', 'answered', 'shadow'])
  t.match(recorded, [{ kind: 'event', name: 'policy-shadow-difference', detail: { of: 7, from: { verdict: 'allow', rule: 'weir.test_allow' }, to: { verdict: 'deny', rule: 'weir.test_deny' } } }])
  t.equal(countOf(shadow, 'allow', 'deny'), 1)
})

await t.test('equal answers and denials before policy are no differences', async (t) => {
  const { shadow, recorded } = shadowOf(() => decided('allow'))
  shadow.observe(0, { ...decisionBody('deny'), decision: hostDenial(HOST_RULES.unreadable, 'r', 'r') })
  shadow.observe(1, decisionBody('allow'))
  await settled(shadow, 1)
  t.match(shadow.counts(), { compared: 1, dropped: 0, failed: 0 })
  t.same(recorded, [])
})

await t.test('all differences are counted, but only the first of each pair of rules recorded', async (t) => {
  const { shadow, recorded } = shadowOf(() => decided('pending'))
  for (let i = 0; i < 100; i += 1) shadow.observe(i, decisionBody('deny'))
  await settled(shadow, 100)
  t.equal(countOf(shadow, 'deny', 'pending'), 100)
  t.equal(recorded.length, 10)
})

await t.test('what comes in a burst is dropped and counted, and a fault stays inside', async (t) => {
  const { shadow } = shadowOf(() => { throw new Error('boom') })
  for (let i = 0; i < 1_100; i += 1) shadow.observe(i, decisionBody('deny'))
  await settled(shadow, 1_100)
  t.match(shadow.counts(), { compared: 0, failed: 1_024, dropped: 76 })
})

await t.test('a shadow that takes too long is given up, until there is another', async (t) => {
  let revision = 'slow'
  let asked = 0
  const { shadow } = shadowOf(() => {
    asked += 1
    return hostDenial(HOST_RULES.timeout, 'too long', revision)
  }, () => revision)
  for (let i = 0; i < 20; i += 1) shadow.observe(i, decisionBody('allow'))
  await settled(shadow, 20)
  t.equal(asked, 3)
  t.match(shadow.counts(), { compared: 3, dropped: 17, isGivenUp: true })
  revision = 'next'
  shadow.observe(20, decisionBody('allow'))
  await settled(shadow, 21)
  t.equal(asked, 4)
  t.equal(shadow.counts().isGivenUp, false)
})

await t.test('a closed shadow asks nothing more', async (t) => {
  let asked = 0
  const { shadow } = shadowOf(() => {
    asked += 1
    return decided('deny')
  })
  shadow.observe(0, decisionBody('deny'))
  shadow.close()
  await turn()
  t.equal(asked, 0)
})
