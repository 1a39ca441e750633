import { spawn } from 'node:child_process'
import { cpSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import t from 'tap'
import { CommandFailed, processIo, type Io } from '../../../gateway/cli/io.ts'
import { main } from '../../../gateway/cli/main.ts'
import { policyCommand } from '../../../gateway/cli/policy/policy.ts'
import { WRITE } from '../../support/policy-inputs.ts'
import { answer, mainRego, policyFolder, POLICIES } from '../policy/opened-policy.ts'
import { testFolder } from '../../support/test-folder.ts'

const DENY = mainRego(`decision := ${answer('"deny"', '"x.no"')}`)

async function weirPolicy (cwd: string, ...args: string[]): Promise<string> {
  let printed = ''
  const io: Io = { ...processIo(), cwd, stdout (part) { printed += part } }
  try {
    await policyCommand(io).exitOverride().parseAsync(['node', 'policy', ...args])
  } catch (error) {
    throw Object.assign(error as Error, { printed })
  }
  return printed
}

async function failing (run: Promise<string>): Promise<CommandFailed & { printed: string }> {
  return await run.then(() => { throw new Error('it did not fail') }, (error: unknown) => {
    if (!(error instanceof CommandFailed)) throw error
    return error as CommandFailed & { printed: string }
  })
}

await t.test('build prints the revision, and names file and line of what does not compile', async (t) => {
  const dir = await policyFolder({ 'weir/main.rego': DENY })
  const { revision } = JSON.parse(await weirPolicy(dir, 'build', dir, '--json')) as { revision: string }
  t.match(await weirPolicy(dir, 'build', '.'), `revision ${revision}`)
  writeFileSync(join(dir, 'weir/main.rego'), 'package weir\n\nnonsense nonsense\n')
  await t.rejects(weirPolicy(dir, 'build', dir), { code: 'WEIR_ERR_POLICY_BUILD', message: /weir\/main\.rego:3/ })
})

await t.test('check finds nothing in the policy that comes with Weir, and lists its rules', async (t) => {
  const text = await weirPolicy(testFolder(t), 'check', '--list')
  t.match(text, /^secret_paths\.secret_touched$/m)
  t.match(text, /\d+ rules: 0 errors, 0 warnings\n$/)
})

await t.test('check shows the line, a caret and a hint, and fails', async (t) => {
  const rule = '# METADATA\n# title: R\n# description: R.\n# custom:\n#   short_name: r\n#   solution: None.\ndeny contains {"rule": "r.r"} if {\n\tinput.kind == "route"\n\tnot input.app in {"shop"}\n}\n'
  const dir = await policyFolder({
    'weir/main.rego': 'package weir\n\nimport data.weir.rules.r\nimport rego.v1\n\ndecision := {"verdict": "deny"} if count(r.deny) > 0\n',
    'weir/rules/r/r.rego': `package weir.rules.r\n\nimport rego.v1\n\n${rule}`,
    'weir/rules/r/r_test.rego': 'package weir.rules.r_test\n\nimport data.weir.rules.r\nimport rego.v1\n\ntest_r if count(r.deny) == 0\n',
  })
  const failure = await failing(weirPolicy(dir, 'check', dir))
  t.match(failure.printed, 'weir/rules/r/r.rego:13:2: error [fails-open] When input.app is missing')
  t.match(failure.printed, '\n   13 | \tnot input.app in {"shop"}\n      | \t^\n  hint: ')
  const json = JSON.parse((await failing(weirPolicy(dir, 'check', dir, '--json'))).printed) as { findings: unknown[] }
  t.match(json, { passed: false, rules: ['r.r'], findings: [{ severity: 'error', code: 'fails-open', file: 'weir/rules/r/r.rego', row: 13, col: 2 }] })
  t.equal(json.findings.length, 1)
})

await t.test('check rejects data that the gateway would not start with', async (t) => {
  const dir = await policyFolder({ 'weir/main.rego': DENY, 'weir/data/data.json': '{}' })
  t.match((await failing(weirPolicy(dir, 'check', dir))).printed, /^error \[not-loadable\] /)
})

await t.test('check shows the line of wrong data, and the name that was probably meant', async (t) => {
  const dir = testFolder(t)
  cpSync(POLICIES, dir, { recursive: true })
  const file = join(dir, 'weir/data/grants/data.json')
  const good = readFileSync(file, 'utf8')
  writeFileSync(file, good.replace('"edit": "allow"', '"edti": "allow"').replace('"dependency": "queue"', '"dependency": "queu"'))
  const { printed } = await failing(weirPolicy(dir, 'check', dir))
  t.match(printed, 'weir/data/grants/data.json:8:49: error [data] weir/data/grants/author/DEV/edti is no key that the data have.\n    8 |     "DEV": {"review"')
  t.match(printed, `\n      | ${' '.repeat(48)}^\n  hint: Did you mean edit?\n`)
  t.match(printed, 'hint: Did you mean queue?')
  writeFileSync(file, good.replace('"contributor"', '"contributer"'))
  t.match((await failing(weirPolicy(dir, 'check', dir))).printed, /data\.json:12:3: error \[data\] weir\/data\/grants names the role contributer[^]*hint: Did you mean contributor\?/)
  writeFileSync(file, good.replace('"auditor": {"DEV": {"review": "allow"}', '"auditor": {"DEV": {"edit": "allow"}'))
  t.match(await weirPolicy(dir, 'check', dir), /data\.json:27:23: warning \[dead-grant\] weir\/data\/grants\/auditor\/DEV\/edit cannot be used: the role auditor starts no session in DEV\./)
})

await t.test('eval decides an input, also a broken one', async (t) => {
  const dir = testFolder(t, { 'input.json': JSON.stringify(WRITE), 'broken.json': '{}', 'text.json': 'text' })
  t.match(await weirPolicy(dir, 'eval', '--input', 'input.json'), /^allow {2}grants\.granted\n/)
  t.match(JSON.parse(await weirPolicy(dir, 'eval', '--input', 'broken.json', '--json')), { verdict: 'deny', rule: 'malformed.input_malformed' })
  await t.rejects(weirPolicy(dir, 'eval', '--input', 'text.json'), { code: 'WEIR_ERR_DECODE_MALFORMED' })
})

await t.test('eval says what else fired and why the others did not', async (t) => {
  const dir = testFolder(t, { 'secret.json': JSON.stringify({ ...WRITE, targets: [{ path: '.env', class: 'secret', access: 'read' }] }) })
  const text = await weirPolicy(dir, 'eval', '--input', 'secret.json')
  t.match(text, /^deny {2}secret_paths\.secret_touched\n/)
  t.match(text, /\nFired without effect[^\n]*:\n {2}grants\.granted \(permit\)\n/)
  t.match(text, /outside_paths\.outside_touched \(deny\)\n {4}weir\/rules\/outside_paths\/outside_paths\.rego:\d+: target\.class == "outside" {2}\(target\.class is "secret"\)/)
  t.match(text, /\nNot about input\.kind "tool-call":\n {2}approvals\./)
  const { rules } = JSON.parse(await weirPolicy(dir, 'eval', '--input', 'secret.json', '--json')) as { rules: Array<{ rule: string }> }
  t.match(rules.find(({ rule }) => rule === 'outside_paths.outside_touched'), { fired: false, blocked: { values: { 'target.class': '"secret"' } } })
})

await t.test('eval takes a decision of the ledger for the input it decided', async (t) => {
  const dir = testFolder(t, { 'entry.json': JSON.stringify({ index: 1, kind: 'decision', input: WRITE, decision: {} }) })
  t.match(await weirPolicy(dir, 'eval', '--input', 'entry.json'), /^allow {2}grants\.granted\n/)
})

await t.test('eval reads stdin', async (t) => {
  const child = spawn(process.execPath, ['-e', `import(${JSON.stringify(new URL('../../../gateway/cli/main.js', import.meta.url).href)}).then(({ main }) => main(process.argv)).then((code) => { process.exitCode = code })`, 'weir', 'policy', 'eval', '--json', '--input', '-'])
  child.stdin.end(JSON.stringify(WRITE))
  t.match(JSON.parse(await text(child.stdout)), { verdict: 'allow', rule: 'grants.granted' })
})

await t.test('eval decides what it cannot explain', async (t) => {
  const dir = await policyFolder({
    'weir/main.rego': DENY,
    'weir/rules/r/r.rego': 'package weir.rules.r\n\nimport rego.v1\n\ndeny contains 1 if _x == 1\n\n_x := 1 if input.app\n\n_x := 2 if input.kind\n',
    'input.json': JSON.stringify(WRITE),
  })
  t.match(await weirPolicy(dir, 'eval', '--input', join(dir, 'input.json'), '--policy', dir), /^deny {2}x\.no\n[^]*cannot be evaluated: [^]*r\.rego:\d/)
  writeFileSync(join(dir, 'deep.json'), `${'{"a":'.repeat(200_000)}1${'}'.repeat(200_000)}`)
  t.match(await weirPolicy(dir, 'eval', '--input', join(dir, 'deep.json'), '--policy', dir), /^deny {2}x\.no\n[^]*nested too deeply/)
})

const TESTS = 'package weir_test\n\nimport data.weir\nimport rego.v1\n\ntest_denies if weir.decision.verdict == "deny"\n\n'

await t.test('test names a failing test with its place and what did not hold, and fails', async (t) => {
  const dir = await policyFolder({ 'weir/main.rego': DENY, 'weir/main_test.rego': `${TESTS}test_allows if {\n\tx := weir.decision\n\tx.verdict == "allow"\n}\n` })
  const failure = await failing(weirPolicy(dir, 'test', dir))
  t.match(failure.printed, /^weir\/main_test\.rego:8: data\.weir_test\.test_allows: native FAILS, WebAssembly FAILS\n {3}10 \| \tx\.verdict == "allow"\n {6}\| \t\^\n/)
  t.match(failure.printed, /x\.verdict is "deny"/)
  t.match(failure.printed, /2 tests: 1 pass natively, 1 through WebAssembly; coverage is measured once they pass\n$/)
})

await t.test('a test that ends in an error fails, and takes no other with it', async (t) => {
  const conflict = 'two := 1 if weir.decision.verdict == "deny"\n\ntwo := 2 if weir.decision.rule == "x.no"\n\ntest_conflicts if two == 1\n\n'
  const dir = await policyFolder({ 'weir/main.rego': DENY, 'weir/main_test.rego': TESTS.replace('test_denies', `${conflict}test_denies`) })
  const { printed } = await failing(weirPolicy(dir, 'test', dir, '--threshold', '0'))
  t.match(printed, /test_conflicts: native FAILS, WebAssembly FAILS/)
  t.match(printed, /2 tests: 1 pass natively, 1 through WebAssembly/)
})

await t.test('test runs only what --run names, and fails when that is nothing', async (t) => {
  const dir = await policyFolder({ 'weir/main.rego': DENY, 'weir/main_test.rego': `${TESTS}test_allows if weir.decision.verdict == "allow"\n` })
  t.match(await weirPolicy(dir, 'test', dir, '--run', 'test_denies$'), /^1 tests: 1 pass natively, 1 through WebAssembly; coverage \d+\.\d %\n$/)
  await t.rejects(weirPolicy(dir, 'test', dir, '--run', 'nothing'), { code: 'WEIR_ERR_POLICY_BUILD', message: /No test/ })
  await t.rejects(weirPolicy(dir, 'test', dir, '--run', '('), { code: 'WEIR_ERR_POLICY_BUILD', message: /do not run/ })
})

await t.test('test shows lines that no test reaches, and demands all of them unless told otherwise', async (t) => {
  const dir = await policyFolder({ 'weir/main.rego': `${DENY}\nunreached if {\n\tinput.app == "a"\n\tinput.app == "b"\n}\n`, 'weir/main_test.rego': TESTS })
  const failure = await failing(weirPolicy(dir, 'test', dir))
  t.match(failure.printed, /weir\/main\.rego:7: no test reaches this line\n {4}7 \| unreached if \{\n/)
  t.match(await weirPolicy(dir, 'test', dir, '--threshold', '10'), /\(10 % demanded\)/)
  let said = ''
  t.equal(await main(['node', 'weir', 'policy', 'test', '--threshold', 'all'], { ...processIo(), stderr (part) { said += part } }), 2)
  t.match(said, /from 0 to 100/)
})
