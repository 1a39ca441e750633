import { createHash } from 'node:crypto'
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import t from 'tap'
import { until } from '../support/until.ts'
import { openStage, toolResults } from '../support/weir-stage.ts'

const MANY = 5_000
const CANARY = 'canary-7d1f0c93ab'
const PACKAGE = { 'packages/tax/package.json': '{ "name": "tax", "version": "1.0.0" }\n', 'packages/tax/index.js': 'module.exports = 0.2\n' }

// Runs in the sandbox as the project's own code: what no call shows, nor the text of the file.
const MAKE = `import { chmodSync, mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
const [github, env] = ['github', 'env'].map((name) => '.' + name)
const [people, guide] = [['', 'etc', 'passwd'].join('/'), ['AGENTS', 'md'].join('.')]
mkdirSync('src/many')
for (let at = 0; at < ${MANY}; at += 1) writeFileSync('src/many/' + at + '.js', 'export default ' + at + '\\n')
mkdirSync(github + '/workflows', { recursive: true })
writeFileSync(github + '/workflows/ci.yml', 'on: push\\n')
writeFileSync(env, 'A=${CANARY}\\n')
symlinkSync(people, 'src/out')
renameSync('packages/tax/index.js', 'packages/tax/main.js')
rmSync(guide)
writeFileSync('src/run.sh', '#!/bin/sh\\n')
chmodSync('src/run.sh', 0o755)
chmodSync('README.md', 0o755)
writeFileSync('package.json', '{ "name": "other" }\\n')
`

const stage = await openStage(t, { approvals: { hold: '5m' } })
for (const [path, text] of Object.entries(PACKAGE)) {
  mkdirSync(dirname(join(stage.project, path)), { recursive: true })
  writeFileSync(join(stage.project, path), text)
}
stage.git('add', '-A', 'packages')
stage.git('-c', 'user.name=Test', '-c', 'user.email=test@acme.test', 'commit', '-q', '-m', 'a package')
const alice = stage.tokenFor('author', 'alice@acme.test')
const bob = stage.tokenFor('approver', 'bob@acme.test')

async function promptIn (session: string, token: string, text: string): Promise<string> {
  return (await stage.call('POST', `/session/${session}/message`, token, { model: { providerID: 'scripted', modelID: 'model-1' }, parts: [{ type: 'text', text }] })).text
}

const write = (path: string, content: string): readonly [string, object] => ['write', { filePath: `/workspace/${path}`, content }]
const bash = (command: string): readonly [string, object] => ['bash', { command, description: 'x' }]
const requests = (): typeof stage.provider.requests => stage.provider.requests.filter(({ body }) => body.tools !== undefined)
const said = (): string => JSON.stringify(requests().at(-1)?.body.messages ?? [])
const tip = (): string => stage.git('rev-parse', 'weir/dev')
const blobId = (text: string): string => createHash('sha1').update(`blob ${text.length}\0${text}`).digest('hex')

interface Waiting { readonly id: string, readonly rule: string, readonly tool: { readonly native: string } | null, readonly targets: readonly { readonly path: string }[] }

async function waiting (): Promise<readonly Waiting[]> {
  return (JSON.parse((await stage.call('GET', '/weir/api/v1/approvals?state=waiting', bob)).text) as { approvals: Waiting[] }).approvals
}

async function approve (id: string | undefined): Promise<void> {
  const { status, text } = await stage.call('POST', `/weir/api/v1/approvals/${id ?? ''}/approve`, bob, {})
  if (status !== 200) throw new Error(text)
}

/** Mode and id of every file of a commit. */
function filesOf (commit: string): Map<string, string> {
  return new Map(stage.git('ls-tree', '-r', '--format=%(path)%x09%(objectmode) %(objectname)', commit).split('\n').map((line) => line.split('\t') as [string, string]))
}

const session = JSON.parse((await stage.call('POST', '/session', alice, {})).text) as { id: string }

await t.test('what is denied is gone before the next call, the model reads why, and the history holds exactly what rules allow, byte for byte', async (t) => {
  stage.provider.script('MAKE-ALL', [
    { calls: [['read', { filePath: '/workspace/README.md' }]] },
    { calls: [['edit', { filePath: '/workspace/README.md', oldString: 'with a cart', newString: 'with a basket' }]] },
    { calls: [bash('mv src/cart.js src/basket.js')] },
    { calls: [bash('rm src/surroundings.js')] },
    { calls: [write('src/make.mjs', MAKE)] },
    { calls: [bash('node src/make.mjs')] },
    { calls: [bash('ls -A . src')] },
    { text: 'Made.' },
  ])
  await promptIn(session.id, alice, 'MAKE-ALL')
  const listed = toolResults(requests().findLast((request) => toolResults(request).includes('basket.js')))
  t.match(listed, /many/)
  t.notMatch(listed, /\.env|\bout\b/)
  t.match(said(), /\[Weir\][^]*\.github\/workflows\/ci\.yml: taken out of the workspace/)
  await until(() => stage.git('rev-list', '--count', 'main..weir/dev') !== '0') // cheap: the provider answers from this process, too
  const expected = filesOf('main')
  expected.set('src/basket.js', expected.get('src/cart.js') ?? '')
  expected.set('packages/tax/main.js', expected.get('packages/tax/index.js') ?? '')
  for (const path of ['src/cart.js', 'src/surroundings.js', 'packages/tax/index.js']) expected.delete(path)
  expected.set('README.md', `100755 ${blobId('# Shop\n\nA shop with a basket.\n')}`)
  expected.set('src/make.mjs', `100644 ${blobId(MAKE)}`)
  expected.set('src/run.sh', `100755 ${blobId('#!/bin/sh\n')}`)
  for (let at = 0; at < MANY; at += 1) expected.set(`src/many/${at}.js`, `100644 ${blobId(`export default ${at}\n`)}`)
  const found = filesOf('weir/dev')
  t.same([...expected].filter(([path, entry]) => found.get(path) !== entry), [])
  t.equal(found.size, expected.size, 'and nothing else: no secret, no pipeline, no link, no rules of the agent\'s own')
  t.equal(stage.git('rev-list', '--count', 'main..weir/dev'), '1', 'one turn is one commit')
  t.match(stage.git('log', '-1', '--format=%an|%cn|%(trailers:key=Weir-Session)|%(trailers:key=Weir-Rule)|%(trailers:key=Weir-Revision)', 'weir/dev'), /^alice@acme\.test\|Weir\|Weir-Session: wses_\w+\n?\|Weir-Rule: grants\.granted\n?\|Weir-Revision: [0-9a-f]{64}/)
  t.equal(stage.git('fsck', '--strict', '--no-dangling'), '')
  const [held, ...others] = await waiting()
  t.match([held, ...others], [{ targets: [{ path: 'package.json' }] }])
  t.equal((await stage.call('POST', `/weir/api/v1/approvals/${held?.id ?? ''}/deny`, bob, { reason: 'not another name' })).status, 200)
  stage.provider.script('SAY-HELLO', [{ text: 'Hello.' }])
  await promptIn(session.id, alice, 'SAY-HELLO')
  const progress = (await stage.ledger()).flatMap((entry) => entry.kind === 'event' && entry.name === 'change-set-progress' ? [entry.detail['step']] : [])
  t.same(progress, ['read', 'decided'], 'how far it was is told once')
  t.match(said(), /\[Weir\] package\.json: a second person refused this change[^"]*not another name/)
  t.notMatch(JSON.stringify(await stage.ledger()), CANARY)
  t.notMatch(stage.gateway.log(), CANARY)
})

await t.test('npm install waits for a second person, and so does what it made of the manifests; installed packages are in no commit', async (t) => {
  stage.provider.script('INSTALL-TAX', [{ calls: [bash('npm install ./packages/tax --offline --no-audit --no-fund')] }, { calls: [bash('ls node_modules')] }, { text: 'Installed.' }])
  const turn = promptIn(session.id, alice, 'INSTALL-TAX')
  await until(async () => (await waiting()).length > 0)
  const [call, ...others] = await waiting()
  t.match([call, ...others], [{ rule: 'grants.needs_approval', tool: { native: 'bash' } }])
  const before = tip()
  await approve(call?.id)
  t.match(await turn, /Installed\./)
  t.match(toolResults(requests().at(-1)), /\btax\b/, 'it is there for the agent')
  await until(async () => (await waiting()).length === 2)
  t.equal(tip(), before)
  const manifests = await waiting()
  t.same(manifests.flatMap(({ targets }) => targets.map(({ path }) => path)).sort(), ['package-lock.json', 'package.json'])
  for (const { id } of manifests) await approve(id)
  await until(() => stage.git('rev-list', '--count', `${before}..weir/dev`) === '2')
  t.same(stage.git('diff', '--name-status', before, 'weir/dev').split('\n'), ['A\tpackage-lock.json', 'M\tpackage.json'])
  t.match(JSON.parse(stage.git('show', 'weir/dev:package.json')), { name: 'shop', dependencies: { tax: 'file:packages/tax' } })
})
