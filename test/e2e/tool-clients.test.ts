import { spawn } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { packageRoot } from '../../gateway/package-root.ts'
import { openToolStage } from '../gateway/planes/tool/tool-stage.ts'
import { startScriptedProvider } from '../support/scripted-provider.ts'
import { testFolder } from '../support/test-folder.ts'
import { until } from '../support/until.ts'

// The clients of examples/, as somebody uses them who copied them.

const provider = await startScriptedProvider()
t.teardown(() => provider.close())
const stage = await openToolStage(t, { providers: { scripted: { format: 'openai-chat', baseUrl: provider.baseUrl, keyless: true, models: { 'model-1': {} } } } })
const [alice, bob] = [stage.gateway.tokenFor('author', 'alice@acme.test'), stage.gateway.tokenFor('approver', 'bob@acme.test')]
const examples = join(packageRoot(), 'examples')
const weir = join(packageRoot(), 'bin/weir.js')
const env = { ...process.env, WEIR: weir, WEIR_URL: stage.gateway.url, WEIR_TOKEN: alice, WEIR_AGENT: `${process.execPath} ${weir} agent --stdio` }
const folder = testFolder(t)
const asBob = { authorization: `Bearer ${bob}`, 'content-type': 'application/json' }

interface Ended { readonly code: number | null, readonly out: string, readonly err: string }

/** Runs a program to its end. */
function run (program: string, args: readonly string[], { input = '', own = {} }: { readonly input?: string, readonly own?: NodeJS.ProcessEnv } = {}): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { cwd: folder, env: { ...env, ...own } })
    let [out, err] = ['', '']
    child.stdout.setEncoding('utf8').on('data', (text: string) => { out += text })
    child.stderr.setEncoding('utf8').on('data', (text: string) => { err += text })
    child.once('error', reject).once('close', (code) => { resolve({ code, out, err }) })
    child.stdin.end(input)
  })
}

const scriptPlan = (name: string, steps: readonly object[]): void => provider.script(name, [{ text: `So it goes.\n\`\`\`json\n${JSON.stringify({ steps })}\n\`\`\`` }])

await t.test('a script in a pipeline ends with 0 when all was allowed, 1 when something was denied or failed, 3 when something waits', async (t) => {
  const pipeline = async (calls: readonly object[], own: NodeJS.ProcessEnv = {}): Promise<Ended> => {
    writeFileSync(join(folder, 'calls.json'), JSON.stringify(calls))
    return await run(join(examples, 'ci/run-calls.sh'), ['calls.json'], { own })
  }
  const waits = { tool: 'write-file', args: { path: 'package.json', content: '{ }' } }
  const allowed = await pipeline([{ tool: 'run-test' }, { tool: 'run-shell', args: { command: 'echo built > src/built.js' } }])
  t.match(allowed, { code: 0, out: /1 of 1 tests passed/ }, allowed.err)
  t.match(allowed.out, 'committed: src/built.js')
  t.match(await pipeline([waits]), { code: 3, out: /waits for a second person .*\n {4}weir approvals approve apr_/ })
  t.match(await pipeline([{ tool: 'read-file', args: { path: '.env' } }, waits]), { code: 1, out: /denied \(secret_paths\.secret_touched\)/ })
  t.match(await pipeline([{ tool: 'run-shell', args: { command: 'echo no; exit 7' } }]), { code: 1, out: /no\n\[1\] failed with exit code 7/ })
  t.match(await pipeline([{ tool: 'run-test' }], { WEIR_TOKEN: 'nobody' }), { code: 1, err: /token/ })
  const shipped = JSON.parse(readFileSync(join(examples, 'ci/calls.json'), 'utf8')) as readonly object[]
  t.match(await pipeline(shipped), { code: 0 }, 'what is shipped works')
})

await t.test('the Bash client prints what a call printed, also without the weir program', async (t) => {
  const tool = join(examples, 'clients/bash/weir-tool.sh')
  t.match(await run(tool, ['run-shell', 'command=echo to me; echo "and me" >&2']), { code: 0, out: 'to me\n', err: 'and me\n' })
  const over = { own: { WEIR_AGENT: join(examples, 'clients/bash/over-http.sh') } }
  t.match(await run(tool, ['read-file', 'path=README.md', 'offset:=2', 'limit:=4'], over), { code: 0, out: 'Shop' })
  t.match(await run(tool, ['search', 'pattern=reduce'], over), { out: /^src\/cart\.js:1:/ })
  t.match(await run(tool, ['write-file', 'path=docs/note.md', 'content=noted'], over), { code: 0, out: '', err: '--- /dev/null\n+++ b/docs/note.md\n@@ -0,0 +1,1 @@\n+noted\n\\ No newline at end of file\n' })
  t.match(await run(tool, ['read-file', 'path=.env']), { code: 1, out: '', err: /^deny: / })
  t.match(await run(tool, ['read-file', 'README.md']), { code: 2 })
})

await t.test('the TypeScript client follows a plan, step by step', async (t) => {
  scriptPlan('FOLLOW', [
    { title: 'Write it down', calls: [{ tool: 'write-file', args: { path: 'docs/plan.md', content: 'planned\n' } }, { tool: 'run-shell', args: { command: 'cat docs/plan.md' } }] },
    { title: 'Spoil it', calls: [{ tool: 'write-file', args: { path: 'docs/plan.md', content: 'spoilt\n' } }] },
  ])
  const { code, out, err } = await run(process.execPath, [join(packageRoot(), 'dist/examples/clients/typescript/follow-plan.js'), 'FOLLOW'], { input: 'y\nn\n' })
  t.match(out, /Write it down\n {2}1\. write-file docs\/plan\.md: allow\n {2}2\. run-shell cat docs\/plan\.md: allow\nDo this step.*\n--- \/dev\/null\n\+\+\+ b\/docs\/plan\.md\n@@ -0,0 \+1,1 @@\n\+planned\nplanned\n.*allow\n\nSpoil it\n {2}3\./s, err)
  t.equal(code, 0)
  t.equal(stage.git('show', 'weir/dev:docs/plan.md'), 'planned')
})

await t.test('Neovim shows plans, diffs and approval prompts', async (t) => {
  scriptPlan('NEOVIM', [{ title: 'A simpler cart', calls: [{ tool: 'write-file', args: { path: 'src/cart.js', content: 'export const total = () => 3\n' } }] }, { title: 'Have a look', calls: [{ tool: 'read-file', args: { path: '.env' } }] }])
  mkdirSync(join(folder, 'src'), { recursive: true })
  const result = join(folder, 'seen.json')
  const known = await waiting()
  let isOver = false
  const nvim = run('nvim', ['--clean', '--headless', '--cmd', `set runtimepath+=${join(examples, 'clients/neovim')}`, '-S', join(packageRoot(), 'test/e2e/fixtures/neovim-client.lua')], { own: { RESULT: result } }).finally(() => { isOver = true })
  await until(async () => isOver || await approveAllBut(known))
  t.match(await nvim, { code: 0 })
  const seen = JSON.parse(readFileSync(result, 'utf8')) as Readonly<Record<string, unknown>>
  t.match(seen, {
    problem: undefined,
    plan: { status: 'deny', text: /So it goes\.\nA simpler cart\n {2}1\. write-file src\/cart\.js: allow\nHave a look\n {2}2\. read-file \.env: deny \(/ },
    followed: 'allow',
    diff: /-export const total = \(items\) .*\n\+export const total = \(\) => 3/,
    written: 'allow',
    held: 'allow',
    beside: { diff: /^--- a\/package\.json\n\+\+\+ b\/package\.json\n@@ [^]*\n-\{ "name": "shop"[^]*\n\+\{ "name": "better" \}/, filetype: 'diff', shown: true },
    run: 'from the sandbox\n',
  }, JSON.stringify(seen))
  t.match((seen['prompts'] as readonly string[]).join('\n'), /^1\. write-file src\/cart\.js: allow\nREADME\.md:\npackage\.json:\n.*Approval apr_[0-9a-z]+:$/i)
  t.equal(stage.git('show', 'weir/dev:src/cart.js'), 'export const total = () => 3')
  t.equal(stage.git('show', 'weir/dev:README.md'), 'A better shop.')
  t.equal(stage.git('show', 'weir/dev:package.json'), '{ "name": "better" }')
})

async function waiting (): Promise<readonly string[]> {
  const answer = await fetch(`${stage.gateway.url}/weir/api/v1/approvals?state=waiting`, { headers: asBob })
  return (await answer.json() as { readonly approvals: ReadonlyArray<{ readonly id: string }> }).approvals.map(({ id }) => id)
}

/** @returns whether something waited that is not in the list, which a second person has allowed now */
async function approveAllBut (known: readonly string[]): Promise<boolean> {
  const found = (await waiting()).filter((id) => !known.includes(id))
  for (const id of found) await fetch(`${stage.gateway.url}/weir/api/v1/approvals/${id}/approve`, { method: 'POST', headers: asBob, body: '{}' })
  return found.length > 0
}
