import { once } from 'node:events'
import { createServer } from 'node:http'
import { join } from 'node:path'
import t from 'tap'
import { connectAgent } from '../../../../adapters/opencode/agent-http.ts'
import { createOwnAsks } from '../../../../gateway/approvals/own-asks.ts'
import { openOwnAsks } from '../../../../gateway/planes/client/answer-own-ask.ts'
import { createSessionOwner } from '../../../../gateway/planes/client/session-owner.ts'
import { ALICE } from '../../../adapters/opencode/fixtures/governed.ts'
import { sessionOf } from '../../../adapters/opencode/fixtures/session.ts'
import { testFolder } from '../../../support/test-folder.ts'

const DIRECTORY = '/workspace'
const ANSWERS: Readonly<Record<string, readonly [status: number, body: object]>> = {
  ses_own: [200, { id: 'ses_own', directory: DIRECTORY }],
  ses_other: [200, { id: 'ses_own', directory: DIRECTORY }],
  ses_elsewhere: [200, { id: 'ses_elsewhere', directory: '/etc' }],
  ses_broken: [500, { id: 'ses_broken', directory: DIRECTORY }],
}
const asked: string[] = []
const socketPath = join(testFolder(t), 'agent.sock')
const server = createServer((request, response) => {
  const id = request.url?.split(/[/?]/)[2] ?? ''
  asked.push(id)
  const [status, body] = ANSWERS[id] ?? [404, {}]
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
})
server.listen(socketPath)
await once(server, 'listening')
const agent = connectAgent({ socketPath, authorization: 'Basic x', directory: DIRECTORY })
t.teardown(async () => {
  await agent.close()
  server.close()
})

await t.test('a session is own when the agent describes this one, in the own folder', async (t) => {
  const owner = createSessionOwner(agent, DIRECTORY)
  t.equal(await owner.owns('ses_own'), true)
  for (const id of ['ses_other', 'ses_elsewhere', 'ses_unknown', 'ses_', 'ses_own/../x', 'own']) t.equal(await owner.owns(id), false, id)
  await t.rejects(owner.owns('ses_broken'), { code: 'WEIR_ERR_UPSTREAM' }, 'an agent that cannot say has not said no')
})

await t.test('what an event says of a session without a folder of its own is asked of the agent', async (t) => {
  const owner = createSessionOwner(agent, DIRECTORY)
  const about = (id: string, directory: string): object => ({ type: 'session.updated', properties: { info: { id, directory } } })
  t.equal(await owner.isOwn(about('ses_new', DIRECTORY)), true, 'the agent runs there, and this is its word')
  t.equal(asked.includes('ses_new'), false)
  t.equal(await owner.isOwn(about('ses_unknown', 'global')), false)
  t.equal(await owner.owns('ses_unknown'), false)
})

await t.test('asks are of the one session that a caller\'s clients work in, and of nobody who differs from its owner in anything', async (t) => {
  const session = sessionOf({ socketPath, authorization: 'Basic x', directory: DIRECTORY })
  const asks = createOwnAsks()
  asks.open(session.id, { id: 'per_1', approval: 'apr_1', agentSession: 'ses_own', request: {} })
  const sessions = { list: () => [session] }
  t.equal(openOwnAsks(ALICE, sessions, asks).length, 1)
  const { actor } = ALICE
  const others = [
    { actor: { ...actor, id: 'bob' } }, { actor: { ...actor, role: 'approver' } }, { actor: { ...actor, org: 'elsewhere' } }, { app: 'bank' }, { environment: 'PROD' as const },
  ]
  for (const other of others) t.same(openOwnAsks({ ...ALICE, ...other }, sessions, asks), [], JSON.stringify(other))
})
