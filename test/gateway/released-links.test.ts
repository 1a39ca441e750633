import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pino } from 'pino'
import t from 'tap'
import { loadConfig } from '../../gateway/config-file.ts'
import { openGateway } from '../../gateway/gateway.ts'
import { openIdentity } from '../../gateway/identity/open-identity.ts'
import { createReleasedLinks } from '../../gateway/sessions/released-links.ts'
import { shortDir, writeConfig } from '../support/gateway-process.ts'
import { testFolder } from '../support/test-folder.ts'
import { callChunk, event, finishChunk, startFakeUpstream, streamHead } from './planes/model/fake-upstream.ts'
import { callsOf, chat } from './planes/model/governed-plane.ts'

await t.test('a call outside any session is decided by where the project\'s links lead, whichever way it comes', async (t) => {
  const dir = shortDir(t)
  const project = join(dir, 'app')
  mkdirSync(join(project, 'src'), { recursive: true })
  writeFileSync(join(project, 'src/a.ts'), 'export {}\n')
  symlinkSync('../.env', join(project, 'src/settings.ts'))
  symlinkSync('a.ts', join(project, 'src/b.ts'))
  symlinkSync('../.github', join(project, 'src/hub'))
  const provider = await startFakeUpstream()
  t.teardown(() => provider.close())
  const providers = { p: { format: 'openai-chat', baseUrl: provider.baseUrl, keyless: true, models: { m1: {} } } }
  const config = loadConfig({ config: writeConfig(dir, { dataDir: 'data', apps: { shop: { project, testCommand: 'npm test' } }, providers }), port: 0 }, {}, dir)
  mkdirSync(config.dataDir, { recursive: true })
  const identity = openIdentity(config.dataDir, Date.now)
  const gateway = await openGateway({ config, identity, log: pino({ level: 'silent' }), env: process.env })
  t.teardown(() => gateway.close())
  const url = await gateway.listen()
  const { token } = identity.provider.issue({ actor: 'alice', role: 'author', groups: [], org: 'acme', app: 'shop', environment: 'DEV', ttlMs: 3_600_000 })
  async function fromModel (tool: string, args: object): Promise<string> {
    provider.answer = (response) => {
      streamHead(response)
      response.end(event(callChunk([{ index: 0, id: 'a', name: tool, args: JSON.stringify(args) }])) + event(finishChunk('tool_calls')) + event('[DONE]'))
    }
    const response = await fetch(`${url}/weir/model/p/v1/chat/completions`, { method: 'POST', headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' }, body: chat({ tools: [] }) })
    return await response.text()
  }
  const links = { settings: { filePath: 'src/settings.ts' }, source: { filePath: 'src/b.ts', content: 'x' } }
  t.match(await fromModel('read', links.settings), 'secret_paths.secret_touched', 'before anybody looked at the links')
  t.match(callsOf(await fromModel('write', links.source)), [{ function: { name: 'write', arguments: JSON.stringify(links.source) } }])
  async function decide (tool: string, args: object): Promise<string> {
    const response = await fetch(`${url}/weir/api/v1/decisions`, { method: 'POST', headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' }, body: JSON.stringify({ protocol: 'opencode', tool, args }) })
    const { decision } = await response.json() as { decision: { verdict: string, rule: string } }
    return `${decision.verdict} ${decision.rule}`
  }
  t.equal(await decide('read', { filePath: 'src/settings.ts' }), 'deny secret_paths.secret_touched')
  t.equal(await decide('bash', { command: 'cat src/settings.ts', description: 'x' }), 'deny secret_paths.secret_touched')
  t.match(await decide('write', { filePath: 'src/hub/workflows/ci.yml', content: 'x' }), /^deny /)
  t.equal(await decide('write', { filePath: 'src/b.ts', content: 'x' }), 'allow grants.granted', 'a link to a source file is a source file')
  t.equal(await decide('read', { filePath: 'src/a.ts' }), 'allow grants.granted')
})

await t.test('files that were not looked at are not guessed, and one look serves all who wait', async (t) => {
  let looks = 0
  let now = 0
  const links = createReleasedLinks({ materialise: async () => { looks += 1; return { lowerDir: t.testdirName } }, nowMs: () => now, onError: (thrown) => { throw thrown } })
  testFolder(t, { a: t.fixture('symlink', 'b') })
  t.throws(() => links.readlink('shop', 'DEV', 'a'), { code: 'WEIR_ERR_INTERNAL' })
  await Promise.all([links.prepare('shop', 'DEV'), links.prepare('shop', 'DEV')])
  t.equal(looks, 1)
  t.equal(links.readlink('shop', 'DEV', 'a'), 'b')
  now = 6_000
  await links.prepare('shop', 'DEV')
  t.equal(looks, 2, 'looked at again, without anybody waiting')
  await t.rejects(createReleasedLinks({ materialise: async () => { throw new Error('away') }, nowMs: () => 0, onError: () => {} }).prepare('shop', 'DEV'))
})
