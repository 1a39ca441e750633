import t from 'tap'
import { explainRules, type RuleOutcome } from '../../../gateway/policy/explain/explain-rules.ts'
import { traceEvents } from '../../../gateway/policy/explain/trace.ts'
import { findOpa } from '../../../gateway/policy/opa-binary.ts'
import { WRITE } from '../../support/policy-inputs.ts'
import { openEngine, policyFolder, POLICIES } from './opened-policy.ts'

const RULES = `package weir.rules.sample

import rego.v1

# METADATA
# title: A
# custom:
#   short_name: first
deny contains {"rule": "sample.first"} if {
 input.kind == "tool-call"
 some target in input.targets
 target.access == "write"
 target.class == "secret"
}

# METADATA
# title: B
# custom:
#   short_name: second
pending contains {"rule": "sample.second"} if {
 _level(input.app) > 2
 input.app == "shop"
}

# METADATA
# title: C
# custom:
#   short_name: third
permit contains {"rule": "sample.third"} if {
 not _known
}

# METADATA
# title: D
# custom:
#   short_name: fourth
permit contains {"rule": "sample.fourth"} if input.app == "shop"

deny contains {"rule": "sample.fifth"} if input.gone

_known if input.actor.id

_level(app) := 1 if app == "shop"

_level(app) := 3 if app == "bank"
`

async function explain (input: unknown, rules = RULES): Promise<ReadonlyMap<string, RuleOutcome>> {
  const dir = await policyFolder({ 'weir/rules/sample/sample.rego': rules })
  const outcomes = await explainRules({ dir, opa: await findOpa(process.env), input })
  return new Map(outcomes.map((outcome) => [outcome.rule, outcome]))
}

await t.test('a rule that did not fire has its first expression that did not hold, with what it saw', async (t) => {
  const outcomes = await explain({ ...WRITE, targets: [{ path: 'a', class: 'source', access: 'read' }, { path: 'b', class: 'ci', access: 'write' }, { path: 'c', class: 'source', access: 'write' }] })
  t.match(outcomes.get('sample.first'), {
    set: 'deny', fired: false, row: 9, file: 'weir/rules/sample/sample.rego', blocked: { row: 13, col: 2, expression: 'target.class == "secret"', values: { 'target.class': '"ci"' }, attempts: 2 },
  }, 'of the attempts, one that got furthest')
  t.match(outcomes.get('sample.second')?.blocked, { row: 21, expression: '_level(input.app) > 2', values: { 'input.app': '"shop"', computed: '1' } })
  t.match(outcomes.get('sample.third')?.blocked, { row: 30, expression: 'not _known', within: [] })
  t.match(outcomes.get('sample.fourth'), { fired: true, blocked: null })
  t.match(outcomes.get('weir/rules/sample/sample.rego:39'), { fired: false, blocked: { expression: 'input.gone', values: { 'input.gone': 'missing' } } })
})

await t.test('why what it asked did not hold stands below', async (t) => {
  const outcomes = await explain({ ...WRITE, app: 'other' })
  t.match(outcomes.get('sample.second')?.blocked, {
    expression: '_level(input.app) > 2',
    within: [{ row: 43, expression: 'app == "shop"', values: { app: '"other"' } }, { row: 45, expression: 'app == "bank"' }],
  })
})

await t.test('nothing to iterate over is a reason too', async (t) => {
  t.match((await explain({ ...WRITE, targets: [] })).get('sample.first')?.blocked, { row: 11, expression: 'some target in input.targets', values: { 'input.targets': '[]' } })
  t.match((await explain({ kind: 'tool-call' })).get('sample.first')?.blocked, { row: 11, values: { 'input.targets': 'missing' } })
})

await t.test('what fires natively is what the decision names', async (t) => {
  const policy = (await openEngine(POLICIES)).current()
  const opa = await findOpa(process.env)
  for (const input of [WRITE, { ...WRITE, targets: [{ path: '.env', class: 'secret', access: 'read' }] }, {}] as typeof WRITE[]) {
    const decision = policy.evaluate(input)
    const outcomes = await explainRules({ dir: POLICIES, opa, input })
    const fired = outcomes.filter((outcome) => outcome.fired).map(({ rule }) => rule)
    t.same([decision.rule, ...decision.also].filter((rule) => !fired.includes(rule)), [], decision.rule)
    t.same(outcomes.filter((outcome) => !outcome.fired && outcome.blocked === null).map(({ rule }) => rule), [], 'and every other has a reason')
  }
})

await t.test('rules that contradict each other are an error that says so', async (t) => {
  const conflict = 'package weir.rules.sample\n\nimport rego.v1\n\ndeny contains 1 if _x == 1\n\n_x := 1 if input.app\n\n_x := 2 if input.kind\n'
  await t.rejects(explain(WRITE, conflict), { code: 'WEIR_ERR_POLICY_BUILD', message: /sample\.rego:\d+: .*multiple outputs/ })
})

await t.test('anything but a trace is an error', async (t) => {
  for (const text of ['', 'null', '{}', '[1]', '{"explanation":1}', '{"explanation":[null]}', '{"explanation":[{}]}', 'words']) {
    t.throws(() => traceEvents(text), { code: 'WEIR_ERR_POLICY_BUILD' }, text)
  }
})
