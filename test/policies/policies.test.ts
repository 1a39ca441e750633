import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { packageRoot } from '../../gateway/package-root.ts'
import { unformatted } from '../../gateway/policy/check/source-form.ts'
import { findOpa } from '../../gateway/policy/opa-binary.ts'
import { testPolicy } from '../../gateway/policy/testing/policy-tests.ts'
import { openEngine, POLICIES, policyFolder } from '../gateway/policy/opened-policy.ts'

await t.test('every Rego test passes natively and through WebAssembly, and every line of the rules is reached', async (t) => {
  const report = await testPolicy({ dir: POLICIES, opa: await findOpa(process.env) })
  t.strictSame(report.results.filter(({ native, wasm }) => !native || !wasm), [])
  t.ok(report.results.length >= 100)
  t.equal(report.coverage, 100)
  t.strictSame(report.uncovered, [])
  t.ok(report.passed)
})

await t.test('a failing test, an unreached line and a folder without tests do not pass', async (t) => {
  const opa = await findOpa(process.env)
  const rego = 'package weir\n\nimport rego.v1\n\na := 1\n\nb if {\n\tinput.x\n}\n'
  const failing = await policyFolder({ 'weir/a.rego': rego, 'weir/a_test.rego': 'package weir_test\n\nimport data.weir\nimport rego.v1\n\ntest_a if weir.a == 2\n' })
  t.match(await testPolicy({ dir: failing, opa }), { passed: false, results: [{ name: 'data.weir_test.test_a', native: false, wasm: false }] })
  const unreached = await policyFolder({ 'weir/a.rego': rego, 'weir/a_test.rego': 'package weir_test\n\nimport data.weir\nimport rego.v1\n\ntest_a if weir.a == 1\n' })
  const report = await testPolicy({ dir: unreached, opa })
  t.match(report, { passed: false, results: [{ native: true, wasm: true }] })
  t.ok(report.coverage < 100)
  t.ok(report.uncovered.some((place) => place.startsWith('weir/a.rego:')))
  await t.rejects(testPolicy({ dir: await policyFolder({ 'weir/a.rego': rego }), opa }), { code: 'WEIR_ERR_POLICY_BUILD', message: /no test/ })
})

await t.test('every rule id in the sources has its texts, and every rule package its tests and its import in main', async (t) => {
  const engine = await openEngine(POLICIES)
  const described = new Set(engine.rules().map(({ id }) => id))
  const main = await readFile(join(POLICIES, 'weir/main/main.rego'), 'utf8')
  const packages = await readdir(join(POLICIES, 'weir/rules'))
  const used = new Set(['weir.default_deny'])
  for (const name of packages) {
    const source = await readFile(join(POLICIES, 'weir/rules', name, `${name}.rego`), 'utf8')
    const tests = await readFile(join(POLICIES, 'weir/rules', name, `${name}_test.rego`), 'utf8')
    t.ok(source.includes(`package weir.rules.${name}\n`), `${name} is in its own package`)
    t.ok(main.includes(`import data.weir.rules.${name}\n`), `main imports ${name}`)
    t.ok((tests.match(/^test_/gm) ?? []).length >= 4, `${name} has four tests`)
    for (const set of ['deny', 'pending', 'permit']) {
      if (source.includes(`\n${set} contains`)) t.ok(main.includes(`${name}.${set}`), `main asks ${name}.${set}`)
    }
    for (const [, id] of source.matchAll(/"rule": "([^"]+)"/g)) {
      t.ok(id?.startsWith(`${name}.`), `${id} begins with its package`)
      used.add(id ?? '')
    }
  }
  t.strictSame([...used].sort(), [...described].sort())
  for (const { id, title, description, solution } of engine.rules()) t.ok(title !== '' && description !== '' && solution !== '', `${id} has all its texts`)
})

await t.test('nothing allows by default', async (t) => {
  for (const file of await readdir(POLICIES, { recursive: true })) {
    if (!file.endsWith('.rego')) continue
    const source = await readFile(join(POLICIES, file), 'utf8')
    t.notMatch(source, /^\s*default /m, file)
    t.match(source, /^import rego\.v1$/m, file)
  }
})

await t.test('formatting changes nothing in the policies and the examples, least of all what they mean', async (t) => {
  const opa = await findOpa(process.env)
  for (const folder of [POLICIES, join(packageRoot(), 'examples')]) t.strictSame(await unformatted(opa, folder), [], folder)
})

await t.test('the sources are formatted as opa fmt does, and compile in both dialects', async (t) => {
  const opa = await findOpa(process.env)
  t.match(await opa.run(['fmt', '--list', '--fail', '.'], POLICIES), { code: 0 })
  for (const dialect of [[], ['--v1-compatible']]) {
    t.match(await opa.run(['check', '--strict', '--bundle', '--capabilities', 'capabilities.json', ...dialect, '.'], POLICIES), { code: 0 })
  }
})
