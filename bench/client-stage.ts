// What the client plane's benches stand on: a gateway whose agent is the scripted one, in a real sandbox, and ways to that agent past the gateway.
import { copyFileSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Pool } from 'undici'
import { startGateway, type BenchGateway } from './gateway.ts'

export interface ClientStage {
  readonly gateway: BenchGateway
  /** Where the agent answers, on the host's side of its relay. */
  readonly agentSocket: string
}

/** A way to the agent's routes. */
export interface Door { readonly name: string, readonly pool: Pool, readonly headers: Readonly<Record<string, string>> }

const MOST_CONNECTIONS = 6_000

/** Starts a gateway in this folder, and its session. Node stands where the configuration names the agent, and takes `serve` for its program. */
export async function startClientStage (dir: string): Promise<ClientStage> {
  const project = join(dir, 'project')
  mkdirSync(project, { recursive: true })
  copyFileSync(fileURLToPath(new URL('scripted-agent.js', import.meta.url)), join(project, 'serve.js'))
  writeFileSync(join(project, 'package.json'), '{"type":"module"}\n')
  const gateway = await startGateway(dir, 'http://127.0.0.1:9', { apps: { shop: { project } }, agent: { command: process.execPath } })
  const first = await fetch(`${gateway.url}/session/ses_bench`, { headers: { authorization: `Bearer ${gateway.token}` } })
  if (first.status !== 200) throw new Error(`the session did not start: ${await first.text()}`)
  await first.arrayBuffer()
  return { gateway, agentSocket: socketIn(join(gateway.dataDir, 'run')) }
}

export function weirDoor ({ gateway: { url, token } }: ClientStage): Door {
  return { name: 'weir', pool: new Pool(url, { connections: MOST_CONNECTIONS, pipelining: 1, bodyTimeout: 0 }), headers: { authorization: `Bearer ${token}` } }
}

export function directDoor ({ agentSocket }: ClientStage): Door {
  return { name: 'direct', pool: new Pool('http://agent.invalid', { connect: { socketPath: agentSocket }, pipelining: 1, bodyTimeout: 0 }), headers: {} }
}

export function doorAt (name: string, origin: string): Door {
  return { name, pool: new Pool(origin, { pipelining: 1, bodyTimeout: 0 }), headers: {} }
}

function socketIn (runs: string): string {
  const found = readdirSync(runs, { withFileTypes: true }).find((entry) => entry.isDirectory() && entry.name !== 'runtime')
  if (found === undefined) throw new Error('the gateway has no running session')
  return join(runs, found.name, 'agent.sock')
}
