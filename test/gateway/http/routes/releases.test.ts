import { execFileSync } from 'node:child_process'
import { appendFileSync, copyFileSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import t from 'tap'
import { processIo, type Io } from '../../../../gateway/cli/io.ts'
import { main } from '../../../../gateway/cli/main.ts'
import { loadConfig } from '../../../../gateway/config-file.ts'
import { openIdentity } from '../../../../gateway/identity/open-identity.ts'
import { openInProcessGateway } from '../../../support/in-process-gateway.ts'
import { shortDir } from '../../../support/gateway-process.ts'
import { ledgerOf } from '../../../support/ledger-of.ts'
import { until } from '../../../support/until.ts'

const FILES: Readonly<Record<string, string>> = { 'src/cart.js': 'export const total = 1\n', '.env': 'KEY=do-not-show\n', 'ok.sh': 'true\n' }

const project = join(shortDir(t), 'shop')
for (const [path, content] of Object.entries(FILES)) {
  mkdirSync(dirname(join(project, path)), { recursive: true })
  writeFileSync(join(project, path), content)
}
const git = (...args: readonly string[]): string => execFileSync('git', ['-C', project, '-c', 'user.name=Test', '-c', 'user.email=test@acme.test', ...args], { encoding: 'utf8' }).trim()
git('init', '-q', '-b', 'main')
git('add', '-A')
git('commit', '-q', '-m', 'first')

const gateway = await openInProcessGateway(t, { settings: { apps: { shop: { project, testCommand: 'test -f src/cart.js && ! test -e .env', checks: { lint: 'echo bad; exit 3' } } } } })
const { provider } = openIdentity(gateway.dataDir, Date.now)
const tokenOf = (actor: string, role: string): string => provider.issue({ actor: `${actor}@acme.test`, role, groups: [], org: 'acme', app: 'shop', environment: null, ttlMs: 3_600_000 }).token
const alice = tokenOf('alice', 'author')
const olga = tokenOf('olga', 'operator')
const bob = tokenOf('bob', 'approver')

interface Answer { readonly id: string, readonly isNew: boolean, readonly commit: string, readonly tree: string, readonly source: string, readonly withheld: number, readonly [name: string]: unknown }
interface Answered { readonly status: number, readonly body: Answer & { readonly error: { readonly code: string, readonly rule?: string, readonly message: string } } }

async function call (method: string, path: string, token: string, body?: unknown): Promise<Answered> {
  const answer = await fetch(`${gateway.url}/weir/api/v1${path}`, {
    method,
    headers: { authorization: `Bearer ${token}`, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  return { status: answer.status, body: await answer.json() as Answered['body'] }
}

const promote = async (id: string, env: string, token = olga): Promise<Answered> => await call('POST', `/releases/${id}/promote`, token, { env })
const refused = (rule: string): object => ({ status: 403, body: { error: { code: 'WEIR_ERR_DENIED', rule } } })

/** The command; without a token also without a configuration and a data directory. */
async function run (token: string, ...args: readonly string[]): Promise<{ readonly code: number, readonly stdout: string, readonly stderr: string }> {
  const said = { stdout: '', stderr: '' }
  const io: Io = {
    ...processIo(),
    env: { WEIR_TOKEN: token, WEIR_URL: gateway.url },
    config: (options) => token === '' ? nothing() : loadConfig({ ...options, config: join(gateway.dir, 'weir.yaml') }, {}, gateway.dir),
    dataDir: () => token === '' ? nothing() : gateway.dataDir,
    stdout (text) { said.stdout += text },
    stderr (text) { said.stderr += text },
  }
  return { code: await main(['node', 'weir', 'releases', ...args], io), ...said }
}

function nothing (): never {
  throw new Error('there is no such thing on this machine')
}

function change (path: string, content: string): void {
  const branch = git('rev-parse', 'weir/dev')
  const blob = execFileSync('git', ['-C', project, 'hash-object', '-w', '--stdin'], { input: content, encoding: 'utf8' }).trim()
  const env = { ...process.env, GIT_INDEX_FILE: join(gateway.dir, 'index') }
  execFileSync('git', ['-C', project, 'read-tree', branch], { env })
  execFileSync('git', ['-C', project, 'update-index', '--add', '--cacheinfo', `100644,${blob},${path}`], { env })
  const tree = execFileSync('git', ['-C', project, 'write-tree'], { env, encoding: 'utf8' }).trim()
  git('update-ref', 'refs/heads/weir/dev', git('commit-tree', tree, '-p', branch, '-m', path))
}

let first = ''
let second = ''

await t.test('a maker makes a release of the branch, without secrets and once for the same content', async (t) => {
  t.match(await call('POST', '/releases', tokenOf('rita', 'reader'), {}), refused('releases.not_maker'))
  const { status, body } = await call('POST', '/releases', alice, { env: 'DEV' })
  t.equal(status, 200)
  t.match(body, { isNew: true, withheld: 1, madeBy: 'alice@acme.test', environments: [], checks: [] })
  t.equal(git('ls-tree', '-r', '--name-only', body.commit), 'ok.sh\nsrc/cart.js')
  t.equal(git('rev-parse', `${body.commit}^`), body.source)
  t.equal(git('rev-parse', `weir/${body.id}^{commit}`), body.commit, 'its tag')
  t.match((await call('POST', '/releases', olga, { env: 'DEV' })).body, { id: body.id, isNew: false, madeBy: 'alice@acme.test' })
  first = body.id
})

await t.test('environments are reached one after the other, by promoters', async (t) => {
  t.match(await promote(first, 'DEV', alice), refused('releases.not_promoter'))
  t.match(await promote(first, 'TEST'), refused('releases.out_of_order'))
  t.match(await promote('rel_00000000000000000000', 'DEV'), { status: 404 })
  t.match(await promote(first, 'DEV'), { status: 200, body: { environment: 'DEV', id: first, from: null, by: 'olga@acme.test' } })
  t.match(await promote(first, 'DEV'), { status: 409 })
  t.match(await promote(first, 'TEST'), { status: 200 })
  const { commit } = (await call('GET', `/releases/${first}`, alice)).body
  for (const ref of ['weir/dev', 'weir/test', 'refs/weir/environments/shop/test']) t.equal(git('rev-parse', ref), commit, ref)
})

await t.test('PROD asks for a check that Weir ran itself, and for a second person who did not make the release', async (t) => {
  t.match(await promote(first, 'PROD'), refused('releases.check_missing'))
  t.match(await call('POST', `/releases/${first}/checks`, alice, { name: 'constructor' }), { status: 404 })
  t.match(await call('POST', `/releases/${first}/checks`, bob, { name: 'test' }), refused('releases.not_maker'))
  t.match((await call('POST', `/releases/${first}/checks`, alice, { name: 'lint', passed: true, command: 'true' })).body, { check: { passed: false, code: 3 }, output: 'bad\n' })
  t.match(await promote(first, 'PROD'), refused('releases.check_missing'), 'another one that failed')
  t.match((await call('POST', `/releases/${first}/checks`, alice, { name: 'test' })).body, { check: { name: 'test', passed: true, how: 'exited' } })
  const held = await promote(first, 'PROD')
  t.match(held, { status: 423, body: { error: { code: 'WEIR_ERR_PENDING', rule: 'releases.needs_approval' } } })
  const approval = /apr_[0-9a-f]+/.exec(held.body.error.message)?.[0] ?? ''
  t.match(await call('GET', `/approvals/${approval}`, bob), { body: { release: { id: first, action: 'promote' }, requestedBy: 'olga@acme.test', environment: 'PROD' } })
  t.match(await call('POST', `/approvals/${approval}/approve`, olga, {}), { status: 403 }, 'nobody approves what they asked for')
  t.match(await call('POST', `/approvals/${approval}/approve`, bob, {}), { status: 200 })
  t.match(await promote(first, 'PROD'), { status: 200, body: { environment: 'PROD', id: first } })
  t.match((await call('GET', '/releases', alice)).body, { environments: { DEV: { id: first }, TEST: { id: first }, PROD: { id: first } } })
})

await t.test('going back is one command; work that no release holds is kept', async (t) => {
  change('src/new.js', 'export {}\n')
  second = (await call('POST', '/releases', alice)).body.id
  t.match(await promote(second, 'DEV'), { status: 200, body: { from: first } })
  change('src/unreleased.js', 'export {}\n')
  const left = git('rev-parse', 'weir/dev')
  const back = await run(olga, 'rollback', '--env', 'DEV')
  t.match(back, { code: 0, stdout: `shop/DEV points at ${first}, before at ${second}.\n` })
  t.equal(git('rev-parse', 'weir/dev'), (await call('GET', `/releases/${first}`, alice)).body.commit)
  t.match(git('for-each-ref', '--format=%(refname)', 'refs/weir/kept'), new RegExp(`refs/weir/kept/shop/dev/${left}`))
  t.match(await run(olga, 'rollback', '--env', 'DEV'), { code: 1, stderr: /no release to go back to/ })
  t.match(await call('POST', '/releases/rollback', olga, { env: 'TEST', release: second }), refused('releases.never_live'))
  t.match(await call('POST', '/releases/rollback', olga, { env: 'DEV', release: second }), { status: 200, body: { action: 'rollback', id: second } })
})

await t.test('of two promotions at the same moment one wins and the other is told', async (t) => {
  await call('POST', '/releases/rollback', olga, { env: 'DEV', release: first })
  change('src/third.js', 'export {}\n')
  const third = (await call('POST', '/releases', alice)).body.id
  const answers = await Promise.all([promote(second, 'DEV'), promote(third, 'DEV')])
  t.same(answers.map(({ status }) => status).sort(), [200, 409])
  const won = answers.find(({ status }) => status === 200)?.body.id
  t.match((await call('GET', '/releases', alice)).body, { environments: { DEV: { id: won } } })
})

await t.test('the command line lists, shows, verifies without the gateway, and tells the history with who agreed', async (t) => {
  t.match(await run(alice, 'list'), { code: 0, stdout: new RegExp(`${first} .* test passed.* TEST PROD`) })
  t.match(await run(alice, 'show', first), { code: 0, stdout: /withheld: +1/ })
  t.match(await run(alice, 'promote', first, '--env', 'DEV'), { code: 1, stderr: /may not point DEV/ })
  t.match(await run(alice, 'verify', first), { code: 0, stdout: /signature +holds\ndigest +holds\ncommit +holds\ntree +holds\narchive +holds\ntag +holds/ })
  const key = await run(alice, 'key')
  writeFileSync(join(gateway.dir, 'key.pem'), key.stdout)
  t.match(await run(alice, 'verify', first, '--public-key', join(gateway.dir, 'key.pem'), '--json'), { code: 0, stdout: /"ok":true/ })
  const { head } = JSON.parse((await run(alice, 'history', '--json')).stdout) as { head: number }
  await until(async () => (JSON.parse((await run(alice, 'history', '--json')).stdout) as { mirrored: number }).mirrored >= head)
  const prod = await run(alice, 'history', '--env', 'PROD', '--json')
  t.match((JSON.parse(prod.stdout) as { history: unknown }).history, [{ environment: 'PROD', action: 'promote', release: first, from: null, by: 'olga@acme.test', approvedBy: 'bob@acme.test', rule: 'releases.permitted' }])
  t.match((await run(alice, 'history')).stdout, /rollback/)
})

await t.test('an exported release is verified where there is nothing but it and the key', async (t) => {
  t.match(await run(alice, 'export', 'rel_00000000000000000000', '--out', join(gateway.dir, 'none.tar')), { code: 1, stderr: /no release/ })
  t.match(await run(alice, 'export', first, '--out', join(gateway.dir, 'shop.tar')), { code: 0, stdout: /shop\.tar holds rel_.*SHA-256 [0-9a-f]{64}\. Its manifest is .*shop\.tar\.manifest\.json\.\n$/ })
  const there = shortDir(t)
  for (const name of ['shop.tar', 'shop.tar.manifest.json', 'key.pem']) copyFileSync(join(gateway.dir, name), join(there, name))
  const verify = async (...args: readonly string[]) => await run('', 'verify', join(there, 'shop.tar'), ...args)
  t.match(await verify(), { code: 1, stderr: /--public-key/ })
  t.match(await verify('--public-key', join(there, 'key.pem')), { code: 0, stdout: `signature  holds\ndigest     holds\narchive    holds\ntree       holds\nIt is ${first}.\n` })
  appendFileSync(join(there, 'shop.tar'), 'more')
  t.match(await verify('--public-key', join(there, 'key.pem'), '--json'), { code: 1, stdout: /"ok":false.*"archive","problem":"its bytes are others"/, stderr: /not what was released/ })
  t.same(readdirSync(there).sort(), ['key.pem', 'shop.tar', 'shop.tar.manifest.json'], 'nothing is made there')
})

await t.test('a release of another app is not there for a token of this one, and nothing of a secret is in the ledger', async (t) => {
  const other = provider.issue({ actor: 'eve@acme.test', role: 'operator', groups: [], org: 'acme', app: 'other', environment: null, ttlMs: 3_600_000 }).token
  t.match(await call('GET', `/releases/${first}`, other), { status: 404 })
  t.match(await promote(first, 'DEV', other), { status: 404 })
  const bound = gateway.tokenFor('operator', 'olga@acme.test')
  t.match(await promote(second, 'TEST', bound), { status: 403, body: { error: { code: 'WEIR_ERR_AUTH_SCOPE' } } })
  t.notMatch(JSON.stringify(await ledgerOf(gateway.dataDir)), 'do-not-show')
})
