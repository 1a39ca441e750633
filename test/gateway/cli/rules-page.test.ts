import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { rulesPage, shippedRulesPage } from '../../../gateway/cli/rules-page.ts'
import { HOST_RULES } from '../../../gateway/core/decision.ts'
import { packageRoot } from '../../../gateway/package-root.ts'
import { openEngine, POLICIES } from '../policy/opened-policy.ts'

await t.test('the page of the rules says what their METADATA say', async (t) => {
  t.equal(readFileSync(join(packageRoot(), 'docs', 'rules.md'), 'utf8'), await shippedRulesPage(process.env), 'docs/rules.md is stale: npm run docs')
})

await t.test('every rule is on the page with its texts, its verdict and the data it reads', async (t) => {
  const page = await shippedRulesPage(process.env)
  const engine = await openEngine(POLICIES)
  for (const { id, verdict, title } of engine.rules()) t.ok(page.includes(`| \`${id}\` | ${verdict} | ${title} |`), id)
  for (const id of Object.values(HOST_RULES)) t.ok(page.includes(`| \`${id}\` |`), id)
  t.match(page, /^Data: `grants`, `models`, `limits.model_request_bytes`|^Data: `grants`, `limits.model_request_bytes`, `models`\.$/m)
})

await t.test('verdicts follow the set a rule adds to, and a bar in a text does not break the table', async (t) => {
  const engine = await openEngine(POLICIES)
  const verdict = (id: string): string | undefined => engine.rules().find((rule) => rule.id === id)?.verdict
  t.same(['grants.granted', 'grants.needs_approval', 'grants.not_granted', 'weir.default_deny'].map(verdict), ['allow', 'pending', 'deny', 'deny'])
  const rule = { id: 'a.b', title: 'a | b', description: 'd', solution: 's', verdict: 'deny', file: 'a.rego', row: 1 } as const
  t.match(rulesPage(new Map([['a.rego', 'package a']]), [rule]), 'a \\| b')
})
