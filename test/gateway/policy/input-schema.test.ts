import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import t from 'tap'
import Schema from 'typebox/schema'
import { PolicyInputSchema } from '../../../gateway/policy/input-schema.ts'
import { inputSchemaFile } from '../../../gateway/policy/opa-schema.ts'
import { WRITE } from '../../support/policy-inputs.ts'
import { answer, mainRego, openEngine, policyFolder } from './opened-policy.ts'
import { wholeInput } from './random-inputs.ts'

/** Both forms of the schema: that of the types, and that of OPA's type checker. */
const FORMS = [PolicyInputSchema, JSON.parse(readFileSync(inputSchemaFile(), 'utf8')) as object]

const fits = (input: unknown): boolean[] => FORMS.map((form) => Schema.Check(form, input))

async function builds (condition: string): Promise<string> {
  const rule = `decision := ${answer('"allow"', '"x.ok"')} if {\n\t${condition}\n} else := ${answer('"deny"', '"x.no"')}`
  const dir = await policyFolder({ 'weir/main.rego': mainRego(rule) })
  return await openEngine(dir).then(() => 'builds', (error: unknown) => (error as Error).message)
}

await t.test('an input of the shape the host builds fits the schema', async () => {
  fc.assert(fc.property(wholeInput, (input) => fits(input).every(Boolean)), { numRuns: 300 })
})

await t.test('an input with a member missing, unknown or of another type does not', async (t) => {
  t.same(fits(WRITE), [true, true])
  for (const name of Object.keys(WRITE)) {
    t.same(fits(Object.fromEntries(Object.entries(WRITE).filter(([member]) => member !== name))), [false, false], `without ${name}`)
  }
  for (const broken of [{ more: 1 }, { kind: 'other' }, { environment: 'STAGE' }, { permission: 'own' }, { now_ms: '0' }, { targets: null }, { targets: [{ path: 'a', class: 'source', access: 'own' }] }, { command: {} }, { actor: null }]) {
    t.same(fits({ ...WRITE, ...broken }), [false, false], JSON.stringify(broken))
  }
})

await t.test('a rule that reads what no input has does not build', async (t) => {
  for (const misspelt of ['input.target[_].path == "a"', 'input.targets[_].klass == "a"', 'input.command.program == []', 'input.approval.requested_by == "a"', 'input.usage[_].eur > 1']) {
    t.match(await builds(misspelt), /weir\/main\.rego:6: rego_type_error: undefined ref/, misspelt)
  }
  for (const mistyped of ['input.now_ms == "0"', 'input.command.opaque == "yes"', 'input.url.port == "443"']) {
    t.match(await builds(mistyped), /weir\/main\.rego:6: rego_type_error: match error/, mistyped)
  }
})

await t.test('a rule that reads what there is builds', async (t) => {
  for (const condition of ['input.targets[_].path == "a"', 'is_null(input.command)', 'not is_null(input.approval.by)', 'input.tool.args.filePath == "a"', 'some name, part in input; name == "x"; part == 1']) {
    t.equal(await builds(`${condition}\n\tinput.kind == "tool-call"`), 'builds', condition)
  }
})
