import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { openIdentity } from '../../gateway/identity/open-identity.ts'
import { packageRoot } from '../../gateway/package-root.ts'
import { shortDir, startGateway, writeConfig } from '../support/gateway-process.ts'
import { isSigned, SECRET, startHookReceiver } from '../support/hook-receiver.ts'
import { ledgerOf } from '../support/ledger-of.ts'
import { until } from '../support/until.ts'

const receiver = await startHookReceiver(t)
const dir = shortDir(t)
const dataDir = join(dir, 'data')
const configFile = writeConfig(dir, {
  dataDir,
  hooks: {
    chat: { url: 'env:CHAT_URL', secret: 'env:CHAT_SECRET', events: ['approval.pending', 'approval.decided'], allowPrivate: true, attempts: 1, timeout: '30s' },
    policy: { url: receiver.url.replace('/weir?', '/policy?'), secret: 'env:CHAT_SECRET', events: ['policy.activated'], allowPrivate: true },
  },
})
const env = { CHAT_URL: receiver.url, CHAT_SECRET: SECRET }
let gateway = await startGateway(configFile, env)
t.teardown(() => gateway.end('SIGTERM'))

function tokenFor (role: string, actor = `${role}@acme.test`, app: string | null = null): string {
  return openIdentity(dataDir, Date.now).provider.issue({ actor, role, groups: [], org: 'acme', app, environment: app === null ? null : 'DEV', ttlMs: 3_600_000 }).token
}
const operator = tokenFor('operator')

async function call (method: string, path: string, token: string, body?: unknown): Promise<{ readonly status: number, readonly text: string }> {
  const answer = await fetch(`${gateway.url}/weir/api/v1${path}`, {
    method,
    headers: { authorization: `Bearer ${token}`, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  return { status: answer.status, text: await answer.text() }
}

function run (token: string, ...args: readonly string[]): Promise<{ readonly code: number, readonly stdout: string, readonly stderr: string }> {
  return new Promise((resolve) => {
    const child = execFile(process.execPath, [join(packageRoot(), 'bin', 'weir.js'), 'hooks', ...args, '--url', gateway.url, '--config', configFile], { env: { ...process.env, WEIR_TOKEN: token } }, (_error, stdout, stderr) => {
      resolve({ code: child.exitCode ?? -1, stdout, stderr })
    })
  })
}

async function held (content: string): Promise<string> {
  const { text } = await call('POST', '/decisions', tokenFor('author', 'carol@acme.test', 'shop'), { protocol: 'opencode', tool: 'bash', args: { command: content, description: 'x' } })
  return (JSON.parse(text) as { approval?: string }).approval ?? text
}

const ofChat = () => receiver.received.filter(({ path }) => path.startsWith('/weir'))
const chatCame = (count: number) => until(() => ofChat().length >= count)

await t.test('a call that waits is told at once, without its secrets, and so is the word of who decides it', async (t) => {
  const id = await held('echo ghp_0123456789abcdefghijABCDEFGHIJ012345 && npm install left-pad')
  t.match(id, /^apr_/)
  await chatCame(1)
  const [told] = ofChat()
  t.ok(told !== undefined && isSigned(told, SECRET))
  t.match(told?.body, { type: 'approval.pending', data: { approval: id, requestedBy: 'carol@acme.test', app: 'shop', environment: 'DEV', command: 'echo [redacted] && npm install left-pad' } })
  t.notMatch(told?.text, 'ghp_')
  t.equal((await call('POST', `/approvals/${id}/approve`, tokenFor('approver'), {})).status, 200)
  await chatCame(2)
  t.match(ofChat()[1]?.body, { type: 'approval.decided', data: { approval: id, state: 'given', by: 'approver@acme.test', requestedBy: 'carol@acme.test', scope: 'once' } })
})

await t.test('an event that was under way when the gateway was killed is delivered by the next one', async (t) => {
  receiver.answer = () => null
  const before = ofChat().length
  const ids = [await held('npm install a'), await held('npm install b')]
  await chatCame(before + 1)
  await gateway.end('SIGKILL')
  receiver.answer = () => ({ status: 200 })
  gateway = await startGateway(configFile, env)
  await until(() => ids.every((id) => ofChat().slice(before + 1).some(({ body }) => body.data['approval'] === id)))
  const after = ofChat().slice(before + 1).filter(({ body }) => ids.includes(String(body.data['approval'])))
  t.same(after.map(({ body }) => body.data['approval']), ids, 'in order')
  t.equal(after[0]?.headers['webhook-id'], ofChat()[before]?.headers['webhook-id'], 'with the id that it had')
  await until(() => receiver.received.filter(({ path }) => path.startsWith('/policy')).length === 1)
  t.match(receiver.received.find(({ path }) => path.startsWith('/policy'))?.body, { type: 'policy.activated', data: { revision: /^[0-9a-f]+$/ } })
})

await t.test('an operator lists and tests hooks, and sends again what was put aside; nobody else does', async (t) => {
  t.match(await run(operator, 'test', 'chat'), { code: 0, stdout: /^The receiver answered 200 to evt_[0-9a-f]{32} after \d+ ms\.\n$/ })
  receiver.answer = ({ body }) => ({ status: body.type === 'approval.pending' ? 410 : 500 })
  t.match(await run(operator, 'test', 'chat'), { code: 1, stderr: /not delivered: the receiver answered 500/ })
  t.match(await run(operator, 'test', 'nothing'), { code: 1, stderr: /no such hook/ })
  const id = await held('npm install c')
  await until(async () => (await call('GET', '/hooks/chat/dead', operator)).text !== '{"dead":[]}')
  const dead = await run(operator, 'dead', 'chat')
  t.match(dead.stdout, /^evt_[0-9a-f]{32} {2}\S+Z {2}approval\.pending {2}entry \d+ {2}1 attempt {2}the receiver answered 410\n$/)
  t.match(await run(operator, 'retry', 'chat'), { code: 0, stdout: '0 delivered, 1 not.\n' })
  receiver.answer = () => ({ status: 200 })
  t.match(await run(operator, 'retry', 'chat', '--id', dead.stdout.slice(0, 36)), { code: 0, stdout: '1 delivered, 0 not.\n' })
  t.equal(ofChat().at(-1)?.body.data['approval'], id)
  const listed = await run(operator, 'list')
  t.match(listed.stdout, /^name {2}.*\nchat .*approval\.pending approval\.decided {2}\d+ +\d+ +0 +-\npolicy .*\n$/)
  t.notMatch(listed.stdout, 'in-the-address')
  for (const token of [tokenFor('author'), tokenFor('approver'), tokenFor('auditor'), tokenFor('operator', 'one@acme.test', 'shop')]) {
    t.equal((await call('GET', '/hooks', token)).status, 403)
    t.equal((await call('GET', '/hooks/chat/dead', token)).status, 403)
    t.equal((await call('POST', '/hooks/chat/test', token)).status, 403)
    t.equal((await call('POST', '/hooks/chat/retry', token)).status, 403)
  }
  for (const wrong of [{ ids: [] }, { ids: ['x'] }, { all: true }, {}]) t.equal((await call('POST', '/hooks/chat/retry', operator, wrong)).status, 400)
})

await t.test('monitoring and the ledger know of it, and neither of the secret nor of the address', async (t) => {
  const metrics = await (await fetch(`${gateway.url}/weir/metrics`, { headers: { authorization: `Bearer ${operator}` } })).text()
  t.match(metrics, /^weir_hook_attempts_total\{hook="chat",result="delivered"\} [1-9]/m)
  t.match(metrics, /^weir_hook_attempts_total\{hook="chat",result="gave-up"\} 1$/m)
  t.match(metrics, /^weir_hook_dead_letters\{hook="chat"\} 0$/m)
  t.match(metrics, /^weir_hook_waiting_seconds\{hook="chat"\} 0$/m)
  const entries = await ledgerOf(dataDir)
  t.match(entries.filter((entry) => entry.kind === 'event' && entry.name === 'hook-gave-up'), [{ detail: { hook: 'chat', type: 'approval.pending', attempts: 1, problem: 'the receiver answered 410' } }])
  const everything = [JSON.stringify(entries), gateway.log(), metrics, ...['chat.next.json', 'chat.dead.json', 'policy.next.json'].map((name) => readFileSync(join(dataDir, 'hooks', name), 'utf8'))].join('\n')
  for (const secret of [SECRET, 'in-the-address']) t.notMatch(everything, secret)
})
