import { cpSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import type { PolicyInput } from '../../../../gateway/core/policy-input.ts'
import { packageRoot } from '../../../../gateway/package-root.ts'
import { buildBundle } from '../../../../gateway/policy/build.ts'
import { createEvaluator } from '../../../../gateway/policy/evaluator.ts'
import { inputReads } from '../../../../gateway/policy/syntax/input-reads.ts'
import { createInputWriter } from '../../../../gateway/policy/input-writer.ts'
import { findOpa } from '../../../../gateway/policy/opa-binary.ts'
import { SESSION } from '../../../support/policy-inputs.ts'
import { testFolder } from '../../../support/test-folder.ts'

const session: PolicyInput = { ...SESSION, actor: { ...SESSION.actor, id: 'alice' }, now_ms: 1_000 }

await t.test('the shipped rules read roles and targets, and neither the time nor the session', async (t) => {
  const { reads } = await bundleWith(testFolder(t), null)
  const part = JSON.parse(createInputWriter(reads)(session) ?? '') as Record<string, unknown>
  t.same(part['actor'], { id: 'alice', role: 'author', groups: [], org: 'acme' })
  t.same(part['targets'], [])
  t.notOk('now_ms' in part)
  t.notOk('session' in part)
})

await t.test('an answer is not remembered across what a rule reads, here the time', async (t) => {
  const bundle = await bundleWith(testFolder(t), 'input.now_ms > 5000')
  const policy = createEvaluator(bundle, () => {})
  t.equal(policy.evaluate(session).verdict, 'allow')
  t.equal(policy.evaluate({ ...session, now_ms: 6_000 }).rule, 'late.too_late')
  t.equal(policy.evaluate(session).verdict, 'allow')
})

await t.test('a rule that looks a field up by a computed name reads all of the input', async (t) => {
  const bundle = await bundleWith(testFolder(t), 'some name in ["app"]\n\tinput[name] == "bank"')
  t.equal(bundle.reads, 'all')
  const policy = createEvaluator(bundle, () => {})
  t.equal(policy.evaluate(session).verdict, 'allow')
  t.equal(policy.evaluate({ ...session, app: 'bank' }).rule, 'late.too_late')
})

await t.test('what a rule reads behind `else`, in a nested expression or under another name counts as read', async (t) => {
  const expressions = [
    'ok(1)\n\tnot never\n}\n\nnever if false\n\nok(n) if n > 1\n\nelse if input.app == "bank"\n\nunused if {\n\ttrue',
    'every group in ["a"] { group != "b"; input.app == "bank" }',
    'count([1 | input.app == "bank"]) == 1',
    'object.get({"bank": true}, input.app, false)',
    'ask := input\n\task.app == "bank"',
    'is_bank(input)\n}\n\nis_bank(ask) if {\n\task.app == "bank"',
  ]
  for (const [i, expression] of expressions.entries()) {
    const policy = createEvaluator(await bundleWith(testFolder(t), expression), () => {})
    t.equal(policy.evaluate(session).verdict, 'allow', `shop ${i}`)
    t.equal(policy.evaluate({ ...session, app: 'bank' }).rule, 'late.too_late', `bank ${i}`)
  }
})

await t.test('output that is not of syntax trees, or not of all of them, is refused', async (t) => {
  const trees = (value: unknown): string => JSON.stringify({ result: [{ expressions: [{ value }] }] })
  t.same(inputReads(trees([{}]), 1), [])
  for (const text of ['', '{', 'null', '{}', '{"result":[]}', trees(1), trees([1]), trees([]), trees([{}, {}])]) t.throws(() => inputReads(text, 1), { code: 'WEIR_ERR_POLICY_BUILD' })
})

/** The shipped policy, with one more rule about sessions that denies on this condition. */
async function bundleWith (dir: string, condition: string | null): ReturnType<typeof buildBundle> {
  const policies = join(dir, 'policies')
  cpSync(join(packageRoot(), 'policies'), policies, { recursive: true })
  if (condition !== null) {
    mkdirSync(join(policies, 'weir', 'rules', 'late'))
    writeFileSync(join(policies, 'weir', 'rules', 'late', 'late.rego'), rule(condition))
    writeFileSync(join(policies, 'weir', 'main', 'late.rego'), 'package weir\n\nimport data.weir.rules.late\nimport rego.v1\n\n_deny contains finding if some finding in late.deny\n')
  }
  return await buildBundle({ dir: policies, opa: await findOpa(process.env), cacheDir: join(dir, 'cache') })
}

function rule (condition: string): string {
  return `# METADATA
# title: Late
# description: Too late.
package weir.rules.late

import rego.v1

# METADATA
# title: Too late
# description: Too late.
# custom:
#   short_name: too_late
#   solution: Come earlier.
deny contains {"rule": "late.too_late", "reason": "late", "feedback": "late"} if {
${condition}
}
`
}
