import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import t from 'tap'
import { packageRoot } from '../../gateway/package-root.ts'
import { weir } from '../support/gateway-process.ts'
import { testFolder } from '../support/test-folder.ts'

const page = readFileSync(join(packageRoot(), 'docs', 'first-rule.md'), 'utf8')

await t.test('the rule of the guide passes its own tests, natively and through WebAssembly, with the shipped rules', async (t) => {
  const policies = copyOfPolicies(testFolder(t))
  for (const [, path, text] of page.matchAll(/`(policies\/[^`]+\.rego)`\n\n```rego\n([\s\S]*?)```/g)) {
    const file = join(dirname(policies), path ?? '')
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, text ?? '')
  }
  applyDiffs(join(policies, 'weir', 'main', 'main.rego'))
  const run = weir(['policy', 'test', policies])
  t.equal(run.code, 0, run.stdout + run.stderr)
  t.match(run.stdout, /pass/i)
})

await t.test('a policy that does not compile is refused with file and line', async (t) => {
  const policies = copyOfPolicies(testFolder(t))
  writeFileSync(join(policies, 'weir', 'main', 'broken.rego'), 'package weir\n\nimport rego.v1\n\nx := }\n')
  const run = weir(['policy', 'build', policies])
  t.equal(run.code, 1)
  t.match(run.stderr, /broken\.rego:5/)
})

function copyOfPolicies (dir: string): string {
  const policies = join(dir, 'policies')
  cpSync(join(packageRoot(), 'policies'), policies, { recursive: true })
  return policies
}

function applyDiffs (file: string): void {
  let text = readFileSync(file, 'utf8')
  for (const [, diff] of page.matchAll(/```diff\n([\s\S]*?)```/g)) {
    const lines = (diff ?? '').split('\n')
    const added = lines.find((line) => line.startsWith('+'))?.slice(1) ?? ''
    const removed = lines.find((line) => line.startsWith('-'))?.slice(1)
    const anchor = removed ?? 'import data.weir.rules.malformed'
    if (!text.includes(anchor)) throw new Error(`the guide changes a line that is not there: ${anchor}`)
    text = text.replace(anchor, removed === undefined ? `${added}\n${anchor}` : added)
  }
  writeFileSync(file, text)
}
