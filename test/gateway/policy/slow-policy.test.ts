import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { buildBundle } from '../../../gateway/policy/build.ts'
import { createEvaluator } from '../../../gateway/policy/evaluator.ts'
import { findOpa } from '../../../gateway/policy/opa-binary.ts'
import { WRITE } from '../../support/policy-inputs.ts'
import { answer, mainRego, openEngine, POLICIES, policyFolder } from './opened-policy.ts'

const MANY = Array.from({ length: 400 }, (_, i) => ({ path: `src/${i}.ts`, class: 'source' as const, access: 'read' as const }))
const NO = answer('"deny"', '"x.no"')

/** Slow for the app "slow" only, so that the policy passes its smoke test. */
function slowRego (slow: string): string {
  return mainRego(`decision := ${answer('"deny"', '"x.slow"')} if {
  input.app == "slow"
  ${slow}
} else := ${NO}`)
}

const SLOW = {
  'a cubic comprehension': 'count([1 | some a in input.targets; some b in input.targets; some c in input.targets; a.path == b.path; b.path == c.path; a.class == "x"]) == 0',
  'texts without end': 'count([z | some a in input.targets; some b in input.targets; some c in input.targets; z := concat(a.path, [b.path, c.path, input.tool.args.long]); z == "x"]) == 0',
  'a search of long text': 'count([1 | some a in input.targets; some b in input.targets; some c in input.targets; contains(input.tool.args.long, concat("", [a.path, b.path, c.path]))]) == 0',
  'sorting again and again': 'count([1 | some a in input.targets; some b in input.targets; some c in input.targets; sort([a.path, b.path, c.path, a, b, c])[0] == "x"]) == 0',
  'functions that call functions': 'f1(input.targets) > 0',
}
const FUNCTIONS = Array.from({ length: 40 }, (_, i) => `\nf${i + 1}(x) := ${i === 39 ? 'count(x)' : `f${i + 2}(x) + f${i + 2}(array.concat(x, [1]))`}\n`).join('')

for (const [name, rego] of Object.entries(SLOW)) {
  await t.test(`a policy with ${name} denies its own calls and no others`, async (t) => {
    const dir = await policyFolder({ 'weir/main.rego': slowRego(rego) + (rego.includes('f1(') ? FUNCTIONS : '') })
    const policy = (await openEngine(dir)).current()
    const slow = { ...WRITE, app: 'slow', targets: MANY, tool: { name: 'write-file', native: 'edit', protocol: 'opencode', args: { long: 'src/1'.repeat(20_000) } } }
    // What fills memory ends by that, where it comes first.
    t.match(policy.evaluate(slow), { verdict: 'deny', rule: /^weir\.policy_(timeout|error)$/ })
    t.match(policy.evaluate(WRITE), { verdict: 'deny', rule: 'x.no' }, 'the next call is decided')
  })
}

await t.test('a question that took too long is not tried again', async (t) => {
  const causes: unknown[] = []
  const nested = ['a', 'b', 'c', 'd', 'e', 'f'].map((name) => `some ${name} in input.targets`).join('; ')
  const dir = await policyFolder({ 'weir/main.rego': slowRego(`count([1 | ${nested}; a.path == f.class]) == 0`) })
  const engine = await openEngine(dir, (event) => { if (event.name === 'policy-fault') causes.push(event.cause) })
  const policy = engine.current()
  const slow = { ...WRITE, app: 'slow', targets: MANY.slice(0, 40) }
  for (const nowMs of [1, 2, 3]) t.match(policy.evaluate({ ...slow, now_ms: nowMs }), { verdict: 'deny', rule: 'weir.policy_timeout', feedback: /took too long/ })
  t.match(causes, [{ name: 'OutOfFuel' }])
  t.equal(causes.length, 1)
  t.same([...engine.faults()], [['timeout', 1], ['error', 0]])
  t.match(policy.evaluate(WRITE), { rule: 'x.no' })
})

await t.test('the largest question that is taken has fuel to spare', async (t) => {
  const policy = (await openEngine(POLICIES, (event) => { if (event.name === 'policy-fault') t.fail(String(event.cause)) })).current()
  const targets = Array.from({ length: 3_500 }, (_, i) => ({ path: `src/${i}.ts`, class: 'source' as const, access: 'write' as const }))
  t.match(policy.evaluate({ ...WRITE, targets }), { verdict: 'allow' })
  const programs = Array.from({ length: 3_500 }, (_, i) => ({ name: 'git', argv: ['git', 'status', `src/${i}.ts`] }))
  const command = { text: 'git status', programs, opaque: false, problems: [], network: false, writes: [], reads: [] }
  t.match(policy.evaluate({ ...WRITE, targets: [], command, tool: { name: 'run-shell', native: 'bash', protocol: 'opencode', args: {} } }), { verdict: /allow|pending|deny/, rule: /^(?!weir\.policy)/ })
})

await t.test('every question has fuel of its own', async (t) => {
  const cacheDir = await mkdtemp(join(tmpdir(), 'weir-fuel-'))
  t.teardown(() => rm(cacheDir, { recursive: true }))
  const bundle = await buildBundle({ dir: POLICIES, opa: await findOpa(process.env), cacheDir })
  const policy = createEvaluator(bundle, ({ cause }) => { t.fail(String(cause)) }, { cache: false })
  // Together they take more than the counter can hold.
  const verdicts = new Set(Array.from({ length: 12_000 }, () => policy.evaluate(WRITE).verdict))
  t.same([...verdicts], ['allow'])
})
