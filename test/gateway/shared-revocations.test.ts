import { once } from 'node:events'
import { copyFileSync, mkdirSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import t from 'tap'
import type { LedgerEntry } from '../../gateway/core/ledger-entry.ts'
import { openIdentity } from '../../gateway/identity/open-identity.ts'
import { shortDir, startGateway, weir, writeConfig, type GatewayProcess } from '../support/gateway-process.ts'
import { ledgerOnce } from '../support/ledger-of.ts'
import { untilRefused } from '../support/until.ts'
import { startRedis, type ThrowawayRedis } from './redis/throwaway-redis.ts'

// Two gateways as two processes, each with its own data directory, that sign with the same key and are given the same Redis.
t.setTimeout(900_000)
const started = await startRedis()
if (typeof started === 'string') t.bailout(started)
const redis = started as ThrowawayRedis
t.teardown(() => redis.remove())

const upstream = createServer((request, response) => {
  request.resume()
  response.writeHead(200, { 'content-type': 'text/event-stream' })
  response.write('data: {"id":"c1","object":"chat.completion.chunk","choices":[{"index":0,"delta":{"role":"assistant","content":"so"}}]}\n\n') // and never an end
}).listen(0, '127.0.0.1')
await once(upstream, 'listening')
t.teardown(() => {
  upstream.close()
  upstream.closeAllConnections()
})

const dir = shortDir(t)
const dataOf = (name: string): string => join(dir, name, 'data')
const open: GatewayProcess[] = []
t.teardown(async () => { for (const gateway of open) await gateway.end('SIGTERM') })

async function start (name: string): Promise<GatewayProcess> {
  const baseUrl = `http://127.0.0.1:${(upstream.address() as AddressInfo).port}/v1`
  const file = writeConfig(join(dir, name), { dataDir: 'data', providers: { up: { format: 'openai-chat', baseUrl, keyless: true, models: { m: { price: { perMillionInput: 1, perMillionOutput: 1 } } } } } })
  const gateway = await startGateway(file, { WEIR_REDIS_URL: redis.url })
  open.push(gateway)
  return gateway
}

const KEY = join('identity', 'signing-key.pem')
const a = await start('a')
mkdirSync(join(dataOf('b'), 'identity'), { recursive: true, mode: 0o700 })
copyFileSync(join(dataOf('a'), KEY), join(dataOf('b'), KEY))
let b = await start('b')

// Beside the running gateway, as the command line does it.
const identity = openIdentity(dataOf('a'), Date.now)

interface Token { readonly token: string, readonly id: string }

function tokenOf (actor: string): Token {
  const { token, record } = identity.provider.issue({ actor, role: 'author', groups: [], org: 'acme', app: null, environment: null, ttlMs: 3_600_000 })
  return { token, id: record.id }
}

async function status (gateway: GatewayProcess, { token }: Token): Promise<number> {
  const response = await fetch(`${gateway.url}/weir/api/v1/opencode`, { headers: { authorization: `Bearer ${token}` } })
  await response.text()
  return response.status
}

const revokeActor = (actor: string): void => identity.registry.add({ revokedActor: actor, beforeMs: Date.now(), atMs: Date.now() })
/** The events of that name, once there is one. */
async function eventsOf (name: string, event: string): Promise<unknown[]> {
  const isMeant = (entry: LedgerEntry): boolean => entry.kind === 'event' && entry.name === event
  return (await ledgerOnce(dataOf(name), (entries) => entries.some(isMeant))).filter(isMeant)
}

/** Reads until the connection is cut. @returns true when it was, false when it ended in order */
async function isCut (response: Response): Promise<boolean> {
  try {
    await response.text()
    return false
  } catch {
    return true
  }
}

await t.test('a token revoked at one gateway is refused by the other, and only that one', async (t) => {
  const [first, second] = [tokenOf('bert'), tokenOf('bert')]
  t.same([await status(b, first), await status(b, second)], [200, 200])
  t.equal(weir(['token', 'revoke', first.id, '--data-dir', dataOf('a')]).code, 0)
  await untilRefused(() => status(b, first))
  t.equal(await status(b, second), 200)
  t.match(await eventsOf('b', 'token-revoked'), [{ detail: { token: first.id } }])
})

await t.test('when an actor is revoked elsewhere, what runs by those tokens ends: streams, model answers and the sandbox', async (t) => {
  const alice = tokenOf('alice')
  const carol = tokenOf('carol')
  const ask = async ({ token }: Token): Promise<Response> => await fetch(`${b.url}/weir/model/up/v1/chat/completions`, {
    method: 'POST', headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' }, body: JSON.stringify({ model: 'm', stream: true, messages: [{ role: 'user', content: 'x' }] }),
  })
  const events = await fetch(`${b.url}/event`, { headers: { authorization: `Bearer ${alice.token}` } })
  if (events.status !== 200) throw new Error(await events.text())
  const [answer, others] = [await ask(alice), await ask(carol)]
  t.same([answer.status, others.status], [200, 200])
  const ends = Promise.all([isCut(events), isCut(answer)])
  revokeActor('alice')
  t.same(await ends, [true, true])
  t.match(await eventsOf('b', 'session-stopped'), [{ actor: 'alice', detail: { reason: 'token-revoked' } }])
  t.match(await eventsOf('b', 'actor-tokens-revoked'), [{ actor: 'alice' }])
  t.equal(await status(b, alice), 401)
  const reader = others.body?.getReader()
  t.equal((await reader?.read())?.done, false, 'what others have running goes on')
  await reader?.cancel()
})

await t.test('while Redis is away a revocation holds where it was made, and it is told when Redis is back with nothing', async (t) => {
  const dora = tokenOf('dora')
  await redis.stop()
  revokeActor('dora')
  await untilRefused(() => status(a, dora))
  t.equal(await status(b, dora), 200, 'not heard yet')
  await redis.start()
  await untilRefused(() => status(b, dora))
})

await t.test('a gateway knows after a restart what it heard, and what it missed before it answers anybody', async (t) => {
  const [emil, fred] = [tokenOf('emil'), tokenOf('fred')]
  revokeActor('emil')
  await untilRefused(() => status(b, emil))
  await b.end('SIGTERM')
  revokeActor('fred')
  await untilRefused(() => status(a, fred))
  b = await start('b')
  t.same([await status(b, fred), await status(b, emil)], [401, 401])
  await b.end('SIGTERM')
  await redis.stop()
  b = await start('b')
  t.same([await status(b, fred), await status(b, emil)], [401, 401], 'Redis is not needed for it')
})
