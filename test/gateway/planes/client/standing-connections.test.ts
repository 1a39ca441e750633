import { once } from 'node:events'
import { createServer } from 'node:http'
import { connect } from 'node:net'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import t from 'tap'
import { GatewayError } from '../../../../gateway/core/errors.ts'
import type { Authenticator } from '../../../../gateway/identity/caller.ts'
import { ALICE, governed } from '../../../adapters/opencode/fixtures/governed.ts'
import { sessionOf } from '../../../adapters/opencode/fixtures/session.ts'
import { openClientGateway } from './client-gateway.ts'
import { testFolder } from '../../../support/test-folder.ts'

const socketPath = join(testFolder(t), 'agent.sock')
const agent = createServer((_request, response) => {
  response.writeHead(200, { 'content-type': 'text/event-stream' })
  response.write('data: {"type":"server.connected","properties":{}}\n\n')
})
agent.listen(socketPath)
await once(agent, 'listening')

let revoked = false
const authenticator: Authenticator = {
  authenticate () {
    if (revoked) throw new GatewayError('WEIR_ERR_AUTH_INVALID')
    return { actor: ALICE.actor, app: null, environment: null, tokenId: 'jti', issuedAtMs: 0, expiresAtMs: Number.MAX_SAFE_INTEGER }
  },
  isStillValid: () => !revoked,
}
const session = sessionOf({ socketPath, authorization: 'Basic x', directory: '/workspace' })
const gate = governed(() => 'allow')
// Registered first: teardowns run backwards, and the plane closes before its agent.
t.teardown(() => {
  agent.closeAllConnections()
  agent.close()
})
const { base, port } = await openClientGateway(t, { session, gate, authenticator })

await t.test('an event stream ends when its token is revoked', async (t) => {
  const response = await fetch(`${base}/event`, { headers: { authorization: 'Bearer x' } })
  const reader = response.body?.getReader()
  t.match(new TextDecoder().decode((await reader?.read())?.value), 'server.connected')
  revoked = true
  await t.rejects(async () => { while ((await reader?.read())?.done === false); }, 'the connection is cut, not left open')
  revoked = false
})

await t.test('an upgrade of a route of Weir\'s own is answered and closed, with a token or without', async (t) => {
  const socket = connect(port, '127.0.0.1')
  socket.write('GET /weir/x HTTP/1.1\r\nHost: weir\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n')
  t.match(await text(socket), /^HTTP\/1\.1 404 /)
})
