import t from 'tap'
import type { PolicyInput } from '../../../gateway/core/policy-input.ts'
import { WRITE } from '../../support/policy-inputs.ts'
import { answer, mainRego, openEngine, POLICIES, policyFolder } from './opened-policy.ts'

// Each fault hides behind an app of its own, so that the policy passes its smoke test.
const FAULTY = mainRego(`
default_answer := ${answer('"deny"', '"x.no"')}

decision := default_answer if not input.app in {"undefined", "conflict", "verdict", "missing", "type", "list"}

decision := ${answer('"deny"', '"x.one"')} if input.app == "conflict"

decision := ${answer('"deny"', '"x.two"')} if input.app == "conflict"

decision := ${answer('"maybe"', '"x.no"')} if input.app == "verdict"

decision := {"verdict": "allow"} if input.app == "missing"

decision := ${answer('"allow"', '{"a": 1}')} if input.app == "type"

decision := ["allow"] if input.app == "list"
`)

await t.test('every fault inside policy is a deny with a rule id of its own', async (t) => {
  const faults: unknown[] = []
  const policy = (await openEngine(await policyFolder({ 'weir/main.rego': FAULTY }), (event) => { if (event.name === 'policy-fault') faults.push(event.cause) })).current()
  const ask = (app: string) => policy.evaluate({ ...WRITE, app })
  t.match(ask('shop'), { verdict: 'deny', rule: 'x.no' })
  t.match(ask('undefined'), { verdict: 'deny', rule: 'weir.policy_undefined' })
  t.match(ask('conflict'), { verdict: 'deny', rule: 'weir.policy_error' })
  for (const app of ['verdict', 'missing', 'type', 'list']) t.match(ask(app), { verdict: 'deny', rule: 'weir.policy_malformed_answer' }, app)
  t.equal(faults.length, 1)
})

await t.test('an instance that threw is replaced, however often', async (t) => {
  const policy = (await openEngine(await policyFolder({ 'weir/main.rego': FAULTY }))).current()
  for (let i = 0; i < 600; i += 1) policy.evaluate({ ...WRITE, app: 'conflict' })
  t.match(policy.evaluate(WRITE), { verdict: 'deny', rule: 'x.no' })
})

await t.test('input that JSON cannot carry, or that is too large or too deep, is a deny', async (t) => {
  const policy = (await openEngine(POLICIES)).current()
  const withArgs = (args: unknown): PolicyInput => ({ ...WRITE, tool: { name: 'write-file', native: 'edit', protocol: 'opencode', args: args as Record<string, string> } })
  let deep: unknown = 'x'
  for (let i = 0; i < 70; i += 1) deep = { deep }
  const cyclic: Record<string, unknown> = {}
  cyclic['self'] = cyclic
  const refused: unknown[] = [{ a: '\ud800' }, { a: 'x\udfff' }, { a: '\\\ud800' }, { '\udc00': 'x' }, { a: 'x'.repeat(300_000) }, { a: '€'.repeat(100_000) }, deep, cyclic, { a: 1n }]
  for (const args of refused) t.match(policy.evaluate(withArgs(args)), { verdict: 'deny', rule: 'weir.input_rejected' })
  const fine: unknown[] = [{ a: '\\ud800' }, { a: '\\\\ud800' }, { a: '😀' }, { a: '[{'.repeat(100) }, { a: 'x'.repeat(200_000) }, { a: '\u0000\u001b' }]
  for (const args of fine) t.match(policy.evaluate(withArgs(args)), { verdict: 'allow' }, JSON.stringify(args).slice(0, 40))
})

await t.test('input of a shape nobody builds is a deny', async (t) => {
  const policy = (await openEngine(POLICIES)).current()
  for (const input of [undefined, null, {}, [], 'text', 0, { ...WRITE, targets: undefined }, { ...WRITE, actor: undefined }, { ...WRITE, kind: 'release' }, { ...WRITE, command: undefined }]) {
    t.equal(policy.evaluate(input as unknown as PolicyInput).verdict, 'deny')
  }
})

await t.test('memory stays bounded over many decisions of varied size', async (t) => {
  const policy = (await openEngine(POLICIES)).current()
  const verdicts = new Set<string>()
  for (let i = 0; i < 3_000; i += 1) {
    const targets = Array.from({ length: i % 50 }, (_, n) => ({ path: `src/${n}.ts`, class: 'source' as const, access: 'read' as const }))
    verdicts.add(policy.evaluate({ ...WRITE, targets: [...WRITE.targets, ...targets] }).verdict)
  }
  t.strictSame([...verdicts], ['allow'])
})
