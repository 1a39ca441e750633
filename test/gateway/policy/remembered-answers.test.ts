import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import fc from 'fast-check'
import t from 'tap'
import type { Decision } from '../../../gateway/core/decision.ts'
import { NO_PARTS, type PolicyInput } from '../../../gateway/core/policy-input.ts'
import { openPolicyEngine, type PolicyEngine } from '../../../gateway/policy/engine.ts'
import { findOpa } from '../../../gateway/policy/opa-binary.ts'
import { testFolder } from '../../support/test-folder.ts'
import { DATA, mainRego, policyFolder } from './opened-policy.ts'

// Each thing that a rule may read says in the answer what it was: time, spending, approvals, and what looks alike.
const FACTS = `
decision := {"verdict": verdict, "rule": "x.all", "reason": type_name(input.app), "feedback": concat(",", sort(facts)), "also": sort(facts), "obligations": {}}

texts := {"": "empty", "null": "null", "1": "one", "[]": "list", "{}": "object", "true": "true"}

default verdict := "deny"

verdict := "allow" if count(facts) % 2 == 1

facts contains "time.early" if input.time.clock < "09:00"

facts contains "time.weekend" if input.time.day in {"sat", "sun"}

facts contains "time.night" if input.now_ms % 3 == 0

facts contains "budget.spent" if {
  some use in input.usage
  use.used >= use.max
}

facts contains "budget.unknown" if {
  some use in input.usage
  is_null(use.used)
}

facts contains "approval.own" if input.approval.by == input.actor.id

facts contains "approval.old" if input.approval.ageMs > 1000

facts contains concat("_", ["alike.text", texts[value]]) if walk(input.app, [[], value])

facts contains "alike.one" if walk(input.app, [[], 1])

facts contains "alike.first" if walk(input.app, [[0], "a"])

facts contains "alike.nested" if walk(input.app, [[0, 0], "a"])

facts contains "alike.second" if walk(input.app, [[0, 1], "b"])

facts contains "alike.beside" if walk(input.app, [[1, 0], "b"])

facts contains "alike.member" if walk(input.app, [["a"], "b"])

facts contains "alike.inner" if walk(input.app, [["a", "a"], "b"])

facts contains "data.over" if input.model.bytes > data.weir.data.limits.model_request_bytes

facts contains concat(".", ["path", target.path]) if some target in input.targets
`

const pick = <T>(...values: readonly T[]): fc.Arbitrary<T> => fc.constantFrom(...values)
const nullable = <T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | null> => fc.option(arbitrary, { freq: 2 })
const { alike } = fc.letrec((tie) => ({
  alike: fc.oneof({ maxDepth: 2 }, pick<unknown>('', 'a', 'b', 'null', '1', '[]', '{}', 'true', 1, 0, -0, null, true, false, undefined, Number.NaN), fc.array(tie('alike'), { maxLength: 2 }), fc.dictionary(pick('a', 'b'), tie('alike'), { maxKeys: 2, noNullPrototype: true })),
}))
// The same texts in the same order, told apart by brackets alone.
const BRACKETS: readonly unknown[] = [['a', 'b'], ['a', ['b']], [['a'], 'b'], [['a', 'b']], [['a'], ['b']], [['a', ['b']]], { a: 'b' }, { a: { a: 'b' } }, [{ a: 'b' }]]
// Few values of each, so that questions come again and again, and differ in one thing.
const question = fc.record({
  kind: pick('tool-call', 'model-request'),
  actor: fc.record({ id: pick('alice', 'bob'), role: pick('author'), groups: fc.constant([]), org: pick('acme') }),
  app: fc.oneof({ weight: 2, arbitrary: pick<unknown>('shop') }, { weight: 3, arbitrary: alike }),
  environment: pick('DEV'),
  model: nullable(fc.record({ provider: pick('local'), id: pick('m'), bytes: pick(5, 15, 25) })),
  targets: fc.array(fc.record({ path: pick('a', 'b'), class: pick('source'), access: pick('read') }), { maxLength: 2 }),
  approval: nullable(fc.record({ id: pick('1'), by: nullable(pick('alice', 'bob')), requestedBy: pick('bob'), ageMs: pick(1, 1_000, 1_001) })),
  time: nullable(fc.record({ day: pick('sat', 'mon'), clock: pick('08:59', '09:00') })),
  usage: nullable(fc.array(fc.record({ max: pick(1), used: nullable(pick(0, 1)) }), { maxLength: 2 })),
  now_ms: pick(1, 2, 3),
}).map((some) => ({ ...NO_PARTS, ...some }) as unknown as PolicyInput)

await t.test('a remembered answer is the one that a policy which remembers nothing gives, also after swaps of rules and of data', async (t) => {
  const opa = await findOpa(process.env)
  const dir = await policyFolder({ 'weir/main.rego': mainRego(FACTS), ...limit(10) })
  t.teardown(() => rm(dir, { recursive: true }))
  const options = { dir, opa, cacheDir: testFolder(t), onEvent: () => {} }
  const remembering = await openPolicyEngine(options)
  const forgetting = await openPolicyEngine({ ...options, cache: false })
  const some = fc.sample(question, { numRuns: 1_500, seed: 3 })
  const asked = [...some, ...some.slice(0, 20).flatMap((input) => BRACKETS.map((app) => ({ ...input, app }) as unknown as PolicyInput))]
  const known = new Set<Decision>()
  let remembered = 0

  function compare (): void {
    // Twice, so that each question finds what was kept of all the others.
    for (const input of [...asked, ...asked]) {
      const given = remembering.current().evaluate(input)
      if (known.has(given)) remembered += 1
      known.add(given)
      const meant = forgetting.current().evaluate(input)
      if (JSON.stringify(given) === JSON.stringify(meant)) continue
      t.strictSame(given, meant, JSON.stringify(input))
      return
    }
  }

  async function swap (files: Readonly<Record<string, string>>): Promise<void> {
    for (const [path, text] of Object.entries(files)) await writeFile(join(dir, path), text)
    for (const engine of [remembering, forgetting]) t.match(await engine.reload(), { ok: true, changed: true })
    t.equal(revisionOf(remembering), revisionOf(forgetting))
  }

  compare()
  await swap(limit(20))
  compare()
  await swap({ 'weir/main.rego': mainRego(FACTS.replace('"sat", "sun"', '"mon"').replace('> 1000', '> 999')) })
  compare()
  t.ok(remembered > 4_000, `${remembered} answers came again`)
})

function limit (bytes: number): Readonly<Record<string, string>> {
  return { 'weir/data/data.json': JSON.stringify({ ...DATA, limits: { model_request_bytes: bytes } }) }
}

function revisionOf (engine: PolicyEngine): string {
  return engine.current().revision
}
