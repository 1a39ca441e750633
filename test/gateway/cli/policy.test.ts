import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { CommandFailed, processIo, type Io } from '../../../gateway/cli/io.ts'
import { policyCommand } from '../../../gateway/cli/policy/policy.ts'
import { answer, mainRego, policyFolder, WRITE } from '../policy/opened-policy.ts'

const DENY = mainRego(`decision := ${answer('"deny"', '"x.no"')}`)

async function weirPolicy (cwd: string, ...args: string[]): Promise<string> {
  let text = ''
  const io: Io = { ...processIo(), cwd, stdout (part) { text += part } }
  try {
    await policyCommand(io).exitOverride().parseAsync(['node', 'policy', ...args])
  } catch (error) {
    throw Object.assign(error as Error, { printed: text })
  }
  return text
}

await t.test('build prints the revision, and names file and line of what does not compile', async (t) => {
  const dir = await policyFolder({ 'weir/main.rego': DENY })
  const { revision } = JSON.parse(await weirPolicy(dir, 'build', dir, '--json')) as { revision: string }
  t.match(await weirPolicy(dir, 'build', '.'), `revision ${revision}`)
  writeFileSync(join(dir, 'weir/main.rego'), 'package weir\n\nnonsense nonsense\n')
  await t.rejects(weirPolicy(dir, 'build', dir), { code: 'WEIR_ERR_POLICY_BUILD', message: /weir\/main\.rego:3/ })
})

await t.test('check lists the rules of the policy that comes with Weir when the folder has none', async (t) => {
  t.match(await weirPolicy(t.testdir(), 'check'), /secret_paths\.secret_touched +Secret touched \(weir\/rules\/secret_paths\/secret_paths\.rego:\d+\)/)
})

await t.test('eval decides an input, also a broken one', async (t) => {
  const dir = t.testdir({ 'input.json': JSON.stringify(WRITE), 'broken.json': '{}', 'text.json': 'text' })
  t.match(await weirPolicy(dir, 'eval', '--input', 'input.json'), /^allow {2}grants\.granted\n/)
  t.match(JSON.parse(await weirPolicy(dir, 'eval', '--input', 'broken.json', '--json')), { verdict: 'deny', rule: 'malformed.input_malformed' })
  await t.rejects(weirPolicy(dir, 'eval', '--input', 'text.json'), { code: 'WEIR_ERR_DECODE_MALFORMED' })
})

await t.test('test names a failing test with its place and fails', async (t) => {
  const dir = await policyFolder({ 'weir/main.rego': DENY, 'weir/main_test.rego': 'package weir_test\n\nimport data.weir\nimport rego.v1\n\ntest_allows if weir.decision.verdict == "allow"\n' })
  const failure = await weirPolicy(dir, 'test', dir).then(() => null, (error: unknown) => error as CommandFailed & { printed: string })
  t.type(failure, CommandFailed)
  t.match(failure?.printed, /weir\/main_test\.rego:6: data\.weir_test\.test_allows: native FAILS, WebAssembly FAILS/)
})
