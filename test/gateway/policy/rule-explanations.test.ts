import t from 'tap'
import { HOST_RULES, hostDenial, type Decision } from '../../../gateway/core/decision.ts'
import { createGovernor } from '../../../gateway/core/govern.ts'
import type { EntryBody } from '../../../gateway/core/ledger-entry.ts'
import { createExplain } from '../../../gateway/policy/rule-explanations.ts'
import { WRITE } from '../../support/policy-inputs.ts'
import { openEngine, POLICIES } from './opened-policy.ts'

const engine = await openEngine(POLICIES)

await t.test('a refusal says what its rule is called, what it does and what helps', async (t) => {
  const rule = engine.rules().find(({ id }) => id === 'secret_paths.secret_touched')
  const { explanation, feedback, reason } = engine.current().evaluate({ ...WRITE, targets: [{ path: '.env', class: 'secret', access: 'read' }] })
  t.same(explanation, { title: rule?.title, description: rule?.description, remedy: rule?.solution })
  t.ok(feedback.startsWith(reason), 'what the rule says comes first')
  t.ok(feedback.endsWith(`(rule secret_paths.secret_touched, Secret touched. What to do: ${rule?.solution})`))
})

await t.test('an allow is explained too, and tells the model nothing', async (t) => {
  t.match(engine.current().evaluate(WRITE), { rule: 'grants.granted', feedback: '', explanation: { title: 'Permission granted' } })
})

await t.test('the explanation goes into the ledger with its decision', async (t) => {
  const entries: EntryBody[] = []
  const { govern } = createGovernor({
    classify: () => { throw new Error('these tests make no call') },
    policy: engine.current,
    ledger: { append: async (body) => entries.push(body) - 1, settle () {} },
    approvals: { find: () => null, consume: () => false, hold: () => 'apr_x' },
    clock: { nowMs: () => 0 },
  })
  await govern({ kind: 'session' }, { plane: 'api', actor: { ...WRITE.actor, role: 'nobody' }, app: 'shop', environment: 'DEV', session: null })
  t.match(entries, [{ kind: 'decision', decision: { rule: 'sessions.not_granted', explanation: { title: 'Session not granted', remedy: /Ask for a role/ } } }])
})

await t.test('the host explains itself, and rules without texts explain nothing', async (t) => {
  const explain = createExplain(engine.rules())
  const refused = hostDenial(HOST_RULES.threw, 'Policy failed while deciding.', 'r')
  t.equal(explain(refused), refused)
  const strange: Decision = { ...refused, rule: 'secret_paths.constructor' }
  t.equal(explain(strange), strange)
})
