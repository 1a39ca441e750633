import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as delay } from 'node:timers/promises'
import { openIdentity } from '../gateway/identity/open-identity.ts'
import { packageRoot } from '../gateway/package-root.ts'

const LOOK_MS = 2
const KEY = join('identity', 'signing-key.pem')

/**
 * Starts two gateways as processes of their own around a Redis, revokes actors beside the first and asks the second until it refuses.
 *
 * @returns ms, one for each actor
 */
export async function revocationTimes (dir: string, rounds: number): Promise<number[]> {
  const started: ChildProcess[] = []
  try {
    const redis = await startRedis(started, dir)
    const [first, second] = [join(dir, 'first'), join(dir, 'second')]
    const identity = openIdentity(first, Date.now)
    await startGateway(first, redis, started)
    // The same key, so that each takes the other's tokens.
    mkdirSync(join(second, 'identity'), { recursive: true, mode: 0o700 })
    copyFileSync(join(first, KEY), join(second, KEY))
    const url = await startGateway(second, redis, started)
    const times: number[] = []
    for (let round = 0; round < rounds; round += 1) times.push(await revokedAfter(identity, url, `actor-${round}`))
    return times
  } finally {
    for (const child of started.reverse()) await ended(child)
  }
}

async function revokedAfter ({ provider, registry }: ReturnType<typeof openIdentity>, url: string, actor: string): Promise<number> {
  const { token } = provider.issue({ actor, role: 'author', groups: [], org: 'acme', app: null, environment: null, ttlMs: 3_600_000 })
  const isRefused = async (): Promise<boolean> => {
    const answer = await fetch(`${url}/weir/api/v1/opencode`, { headers: { authorization: `Bearer ${token}` } })
    await answer.arrayBuffer()
    return answer.status === 401
  }
  if (await isRefused()) throw new Error('the second gateway does not take the token of the first')
  const from = performance.now()
  registry.add({ revokedActor: actor, beforeMs: Date.now(), atMs: Date.now() })
  while (!await isRefused()) await delay(LOOK_MS)
  return performance.now() - from
}

async function startRedis (started: ChildProcess[], dir: string): Promise<string> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  const child = spawn('redis-server', ['--port', String(port), '--bind', '127.0.0.1', '--dir', dir, '--save', '', '--appendonly', 'no'], { stdio: ['ignore', 'pipe', 'ignore'] })
  await once(child, 'spawn')
  started.push(child)
  for await (const text of child.stdout.setEncoding('utf8')) if (String(text).includes('Ready to accept connections')) break
  return `redis://127.0.0.1:${port}`
}

async function startGateway (dataDir: string, redis: string, started: ChildProcess[]): Promise<string> {
  const config = `${dataDir}.yaml`
  writeFileSync(config, JSON.stringify({ dataDir }))
  const child = spawn(process.execPath, [join(packageRoot(), 'bin', 'weir.js'), 'start', '--config', config, '--port', '0', '--json'], {
    stdio: ['ignore', 'pipe', 'ignore'], env: { ...process.env, WEIR_REDIS_URL: redis },
  })
  started.push(child)
  const [line] = await once(createInterface({ input: child.stdout }), 'line') as [string]
  return (JSON.parse(line) as { url: string }).url
}

async function ended (child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const gone = once(child, 'exit')
  child.kill('SIGTERM')
  await gone
}
