import { createHash } from 'node:crypto'
import t from 'tap'
import { weir } from '../support/gateway-process.ts'
import { until } from '../support/until.ts'
import { openStage, toolResults } from '../support/weir-stage.ts'

const MANY = 1_000
const CANARY = 'canary-7d1f0c93ab'

// Runs in the sandbox as the project's own code: what no call shows.
const MAKE = `import { chmodSync, mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
mkdirSync('src/many')
for (let at = 0; at < ${MANY}; at += 1) writeFileSync('src/many/' + at + '.js', 'export default ' + at + '\\n')
mkdirSync('.github/workflows', { recursive: true })
writeFileSync('.github/workflows/ci.yml', 'on: push\\n')
writeFileSync('.env', 'A=${CANARY}\\n')
symlinkSync('/etc/passwd', 'src/out')
renameSync('src/cart.js', 'src/basket.js')
rmSync('src/surroundings.js')
writeFileSync('src/run.sh', '#!/bin/sh\\n')
chmodSync('src/run.sh', 0o755)
chmodSync('README.md', 0o755)
writeFileSync('package.json', '{ "name": "other" }\\n')
`

const stage = await openStage(t)
const alice = stage.tokenFor('author', 'alice@acme.test')
const dave = stage.tokenFor('author', 'dave@acme.test')
const bob = stage.tokenFor('approver', 'bob@acme.test')
t.setTimeout(300_000)

async function prompt (token: string, text: string): Promise<string> {
  const session = JSON.parse((await stage.call('POST', '/session', token, {})).text) as { id: string }
  return await promptIn(session.id, token, text)
}

async function promptIn (session: string, token: string, text: string): Promise<string> {
  return (await stage.call('POST', `/session/${session}/message`, token, { model: { providerID: 'scripted', modelID: 'model-1' }, parts: [{ type: 'text', text }] })).text
}

const write = (path: string, content: string): readonly [string, object] => ['write', { filePath: `/workspace/${path}`, content }]
const bash = (command: string): readonly [string, object] => ['bash', { command, description: 'x' }]
const requests = (): typeof stage.provider.requests => stage.provider.requests.filter(({ body }) => body.tools !== undefined)
const said = (): string => JSON.stringify(requests().at(-1)?.body.messages ?? [])
const tip = (): string => stage.git('rev-parse', 'weir/dev')
const blobId = (text: string): string => createHash('sha1').update(`blob ${text.length}\0${text}`).digest('hex')

await t.test('what is denied is gone before the next call, the model reads why, and the history holds exactly what rules allow', async (t) => {
  stage.provider.script('MAKE-ALL', [{ calls: [write('src/make.mjs', MAKE)] }, { calls: [bash('node src/make.mjs')] }, { calls: [bash('ls -A . src')] }, { text: 'Made.' }])
  const session = JSON.parse((await stage.call('POST', '/session', alice, {})).text) as { id: string }
  await promptIn(session.id, alice, 'MAKE-ALL')
  const listed = toolResults(requests().findLast((request) => toolResults(request).includes('basket.js')))
  t.match(listed, /many/)
  t.notMatch(listed, /\.env|\bout\b/)
  t.match(said(), /\[Weir\][^]*\.github\/workflows\/ci\.yml: taken out of the workspace/)
  await until(() => stage.git('ls-tree', '-r', '--name-only', 'weir/dev').includes('src/basket.js'))
  const changed = stage.git('diff', '--name-status', '--no-renames', 'main', 'weir/dev').split('\n').filter((line) => !line.includes('src/many/'))
  t.same(changed, ['M\tREADME.md', 'A\tsrc/basket.js', 'D\tsrc/cart.js', 'A\tsrc/make.mjs', 'A\tsrc/run.sh', 'D\tsrc/surroundings.js'])
  const tree = new Map(stage.git('ls-tree', '-r', 'weir/dev').split('\n').map((line) => [line.slice(line.indexOf('\t') + 1), line.slice(0, line.indexOf('\t'))]))
  const wrong = Array.from({ length: MANY }, (_, at) => at).filter((at) => tree.get(`src/many/${at}.js`) !== `100644 blob ${blobId(`export default ${at}\n`)}`)
  t.same(wrong, [], 'byte for byte')
  t.match([tree.get('src/run.sh'), tree.get('README.md'), tree.get('src/basket.js')], [/^100755/, /^100755/, `100644 blob ${stage.git('rev-parse', 'main:src/cart.js')}`])
  t.equal(stage.git('rev-list', '--count', 'main..weir/dev'), '1', 'one turn is one commit')
  t.match(stage.git('log', '-1', '--format=%an|%cn|%(trailers:key=Weir-Session)|%(trailers:key=Weir-Rule)|%(trailers:key=Weir-Revision)', 'weir/dev'), /^alice@acme\.test\|Weir\|Weir-Session: wses_\w+\n?\|Weir-Rule: grants\.granted\n?\|Weir-Revision: [0-9a-f]{64}/)
  t.equal(stage.git('fsck', '--strict', '--no-dangling'), '')
  const { approvals } = JSON.parse((await stage.call('GET', '/weir/api/v1/approvals?state=waiting', bob)).text) as { approvals: { id: string, targets: { path: string }[] }[] }
  t.same(approvals.map(({ targets }) => targets.map(({ path }) => path)), [['package.json']])
  t.equal((await stage.call('POST', `/weir/api/v1/approvals/${approvals[0]?.id ?? ''}/deny`, bob, { reason: 'not another name' })).status, 200)
  stage.provider.script('SAY-HELLO', [{ text: 'Hello.' }])
  await promptIn(session.id, alice, 'SAY-HELLO')
  t.match(said(), /\[Weir\] package\.json: a second person refused this change[^"]*not another name/)
  t.notMatch(JSON.stringify(await stage.ledger()), CANARY)
  t.notMatch(stage.gateway.log(), CANARY)
})

await t.test('two sessions change one file: the first is in the project, the second is told with all three contents, and its own is kept as a proposal', async (t) => {
  const session = JSON.parse((await stage.call('POST', '/session', dave, {})).text) as { id: string }
  t.match(await promptIn(session.id, dave, 'SAY-HELLO'), /Hello/, 'stands on the release before the other\'s change')
  stage.provider.script('MINE-FIRST', [{ calls: [write('src/both.js', 'of alice\n')] }, { text: 'Done.' }])
  await prompt(alice, 'MINE-FIRST')
  await until(() => stage.git('ls-tree', '-r', '--name-only', 'weir/dev').includes('src/both.js'))
  stage.provider.script('MINE-SECOND', [{ calls: [write('src/both.js', 'of dave\n')] }, { text: 'Done too.' }])
  await promptIn(session.id, dave, 'MINE-SECOND')
  await promptIn(session.id, dave, 'SAY-HELLO')
  t.equal(stage.git('show', 'weir/dev:src/both.js'), 'of alice')
  t.match(said(), /\[Weir\][^]*src\/both\.js: somebody else changed it too[^]*of dave[^]*of alice/)
  const { approvals } = JSON.parse((await stage.call('GET', '/weir/api/v1/approvals?state=waiting', bob)).text) as { approvals: { id: string, rule: string, targets: { path: string }[] }[] }
  const proposal = approvals.find(({ rule }) => rule === 'conflicts.over_others')
  t.same(proposal?.targets.map(({ path }) => path), ['src/both.js'])
  t.match((await stage.call('GET', `/weir/api/v1/approvals/${proposal?.id ?? ''}`, bob)).text, /-of alice\\n\+of dave/)
})

await t.test('the gateway is killed in the middle of a turn: the project is as it was committed, what waits still waits, and the same person goes on', async (t) => {
  const before = tip()
  stage.provider.script('CUT-OFF', [{ calls: [write('src/lost.js', 'lost\n')] }, { calls: [bash('sleep 600')] }])
  const cut = prompt(alice, 'CUT-OFF').then(() => 'answered', () => 'cut off')
  await until(() => toolResults(requests().at(-1)).includes('Wrote file'))
  await stage.gateway.end('SIGKILL')
  t.equal(await cut, 'cut off')
  await stage.restart()
  t.equal(tip(), before)
  t.equal(stage.git('fsck', '--strict', '--no-dangling'), '')
  const { approvals } = JSON.parse((await stage.call('GET', '/weir/api/v1/approvals?state=waiting', bob)).text) as { approvals: { targets: { path: string }[] }[] }
  t.same(approvals.map(({ targets }) => targets[0]?.path), ['src/both.js'])
  stage.provider.script('GO-ON', [{ calls: [write('src/on.js', 'on\n')] }, { text: 'Went on.' }])
  t.match(await prompt(alice, 'GO-ON'), /Went on\./)
  await until(() => stage.git('ls-tree', '-r', '--name-only', 'weir/dev').includes('src/on.js'))
  t.equal(weir(['audit', 'verify', '--data-dir', stage.dataDir]).code, 0)
})
