import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import Schema from 'typebox/schema'
import type { PolicyInput } from '../../gateway/core/policy-input.ts'
import { packageRoot } from '../../gateway/package-root.ts'
import { PolicyInputSchema } from '../../gateway/policy/input-schema.ts'
import { openEngine, POLICIES } from '../gateway/policy/opened-policy.ts'
import { policiesWith, recipesOf } from './recipes.ts'
import { weirPolicy } from './weir-policy.ts'
import { testFolder } from '../support/test-folder.ts'

const recipes = recipesOf(readFileSync(join(packageRoot(), 'docs', 'cookbook.md'), 'utf8'))

await t.test('the recipes of the cookbook are numbered in order', async (t) => {
  t.same(recipes.map(({ title }) => parseInt(title, 10)), recipes.map((_recipe, at) => at + 1))
  t.ok(recipes.length >= 13)
})

await t.test('all recipes together pass the check and their tests, with the shipped rules', async (t) => {
  const policies = policiesWith(testFolder(t), recipes)
  const checked = await weirPolicy(policies, 'check', policies)
  t.equal(checked.code, 0, checked.stdout + checked.stderr)
  const tested = await weirPolicy(policies, 'test', policies)
  t.equal(tested.code, 0, tested.stdout + tested.stderr)
})

await t.test('each recipe alone decides as the page says, and otherwise than the shipped rules', async (t) => {
  testFolder(t)
  const shipped = (await openEngine(POLICIES)).current()
  for (const recipe of recipes) {
    const question = JSON.parse(recipe.question) as PolicyInput
    t.ok(Schema.Check(PolicyInputSchema, question), `${recipe.title}: the host could ask this`)
    t.match(shipped.evaluate(question), recipe.before, `${recipe.title}: without it`)
    const dir = mkdtempSync(join(t.testdirName, 'recipe-'))
    writeFileSync(join(dir, 'question.json'), recipe.question)
    const evaluated = await weirPolicy(dir, 'eval', '--policy', policiesWith(dir, [recipe]), '--input', 'question.json', '--json')
    t.match(JSON.parse(evaluated.stdout), recipe.answer, `${recipe.title}: with it`)
  }
})
