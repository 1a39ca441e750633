import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { createServer, type AddressInfo } from 'node:net'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A Redis server of its own on a free port, which keeps nothing on disk. */
export interface ThrowawayRedis {
  readonly url: string
  readonly port: number
  start (): Promise<void>
  signal (name: 'SIGSTOP' | 'SIGCONT'): void
  /** Ends it by SIGTERM; its data are lost. */
  stop (): Promise<void>
  remove (): Promise<void>
}

const TRIES = 10

/** Starts a server; @returns why not, where Redis is not installed. @param options more of them, for the port that it is to have */
export async function startRedis (options: (port: number) => readonly string[] = () => []): Promise<ThrowawayRedis | string> {
  for (let tries = 1; ; tries += 1) {
    const server = redisOn(await freePort(), options)
    try {
      await server.start()
      return server
    } catch (thrown) {
      await server.remove()
      if (thrown instanceof Error && 'code' in thrown && thrown.code === 'ENOENT') return 'redis-server is not installed'
      if (tries === TRIES) throw thrown // a port that was free may be taken by now, and a cluster needs one below 55,536
    }
  }
}

function redisOn (port: number, options: (port: number) => readonly string[]): ThrowawayRedis {
  const dir = mkdtempSync(join(tmpdir(), 'weir-redis-'))
  let child: ChildProcess | null = null
  const server: ThrowawayRedis = {
    url: `redis://127.0.0.1:${port}`,
    port,
    async start () {
      const started = spawn('redis-server', ['--port', String(port), '--bind', '127.0.0.1', '--dir', dir, '--save', '', '--appendonly', 'no', ...options(port)], { stdio: ['ignore', 'pipe', 'ignore'] })
      await once(started, 'spawn')
      for await (const text of started.stdout.setEncoding('utf8')) {
        if (!String(text).includes('Ready to accept connections')) continue
        child = started
        return
      }
      throw new Error(`redis-server does not start on port ${port}`)
    },
    signal (name) { child?.kill(name) },
    async stop () {
      const ending = child
      child = null
      if (ending === null) return
      const gone = once(ending, 'exit')
      ending.kill('SIGCONT')
      ending.kill('SIGTERM')
      await gone
    },
    async remove () {
      await server.stop()
      rmSync(dir, { recursive: true, force: true })
    },
  }
  return server
}

/** A port that was free a moment ago. */
export async function freePort (): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}
