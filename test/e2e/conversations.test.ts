import { lstatSync, mkdirSync, readdirSync, readFileSync, symlinkSync, truncateSync, utimesSync, writeFileSync } from 'node:fs'
import { once } from 'node:events'
import { join } from 'node:path'
import t from 'tap'
import { startGateway, type GatewayProcess } from '../support/gateway-process.ts'
import { openStage } from '../support/weir-stage.ts'

const stage = await openStage(t)
const kept = join(stage.dataDir, 'conversations')
const alice = stage.tokenFor('author', 'alice@acme.test')
let gateway: GatewayProcess = stage.gateway
t.teardown(async () => { await gateway.end('SIGTERM') })
stage.provider.script('REMEMBER-THIS', [{ text: 'It is remembered.' }])
stage.provider.script('AND-THEN', [{ text: 'Then this.' }])

interface Conversation { readonly id: string }

await t.test('a conversation is there again after the gateway was killed, and goes on where it was', async (t) => {
  const { id } = await call('POST', '/session', alice, {}) as Conversation
  await say(id, 'REMEMBER-THIS')
  await again('SIGKILL')
  t.match(await call('GET', '/session', alice), [{ id }])
  t.match(JSON.stringify(await call('GET', `/session/${id}/message`, alice)), /REMEMBER-THIS.*It is remembered/s)
  await say(id, 'AND-THEN')
  const sent = stage.provider.requests.findLast(({ body }) => JSON.stringify(body.messages).includes('AND-THEN') && body.tools !== undefined)
  t.match(JSON.stringify(sent?.body.messages), /It is remembered/, 'the model is told of what was before')
})

await t.test('also when the project has changed meanwhile, and one that was deleted is not', async (t) => {
  writeFileSync(join(stage.project, 'src/new.js'), '1\n')
  stage.git('add', '-A')
  stage.git('-c', 'user.name=Test', '-c', 'user.email=test@acme.test', 'commit', '-q', '-m', 'another')
  stage.git('branch', '-f', 'weir/dev', 'main')
  const [first] = await call('GET', '/session', alice) as readonly Conversation[]
  const { id } = await call('POST', '/session', alice, {}) as Conversation
  await call('DELETE', `/session/${id}`, alice)
  await again('SIGTERM')
  t.same((await call('GET', '/session', alice) as readonly Conversation[]).map((one) => one.id), [first?.id])
  t.equal((await call('GET', '/file/content?path=src/new.js', alice) as { readonly content: string }).content.trim(), '1', 'in the project as it is now')
})

await t.test('nobody else has it: not another person, nor the same one in another role', async (t) => {
  for (const token of [stage.tokenFor('author', 'bob@acme.test'), stage.tokenFor('contributor', 'alice@acme.test')]) t.same(await call('GET', '/session', token), [])
  t.equal(readdirSync(kept).length, 3)
})

await t.test('an agent finds nothing of the run before but its database, whatever that left there', async (t) => {
  const folder = newest()
  await gateway.end('SIGTERM')
  mkdirSync(join(folder, 'plugin'))
  writeFileSync(join(folder, 'auth.json'), '{}')
  symlinkSync('/etc/passwd', join(folder, 'link'))
  gateway = await startGateway(stage.configFile)
  t.equal((await call('GET', '/session', alice) as readonly Conversation[]).length, 1)
  t.same(readdirSync(folder).filter((name) => !name.startsWith('opencode.db')), [])
  t.equal(lstatSync(folder).mode & 0o777, 0o700)
  t.match(readFileSync(join(folder, 'opencode.db'), 'latin1'), /^SQLite format 3/)
})

await t.test('a link in the database\'s place, and a database without measure, are thrown away; old ones are removed', async (t) => {
  const folder = newest()
  await gateway.end('SIGTERM')
  const others = readdirSync(kept).map((name) => join(kept, name)).filter((other) => other !== folder)
  for (const other of others) utimesSync(other, 1_000_000_000, 1_000_000_000)
  truncateSync(join(folder, 'opencode.db'), 300_000_000)
  gateway = await startGateway(stage.configFile)
  t.same(await call('GET', '/session', alice), [])
  t.same(readdirSync(kept).map((name) => join(kept, name)), [folder], 'what was used last in 2001 is gone')
})

async function again (signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
  const gone = once(gateway.child, 'exit')
  gateway.child.kill(signal)
  await gone
  gateway = await startGateway(stage.configFile)
}

/** Alice's as an author: the one that is used by the tests. */
function newest (): string {
  const folders = readdirSync(kept).map((name) => join(kept, name))
  return folders.sort((a, b) => lstatSync(join(b, 'opencode.db')).size - lstatSync(join(a, 'opencode.db')).size)[0] ?? ''
}

async function say (id: string, text: string): Promise<void> {
  await call('POST', `/session/${id}/message`, alice, { parts: [{ type: 'text', text }] })
}

async function call (method: string, path: string, token: string, body?: object): Promise<unknown> {
  const response = await fetch(gateway.url + path, { method, headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' }, ...(body === undefined ? {} : { body: JSON.stringify(body) }) })
  if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`)
  return await response.json()
}
