import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { Client } from 'undici'
import type { PolicyInput } from '../gateway/core/policy-input.ts'
import type { Opa } from '../gateway/policy/opa-binary.ts'
import { freePort } from './load.ts'

/** An `opa run --server` of its own, and one kept-alive connection to it. */
export interface OpaServer {
  /** Puts one question and reads the whole answer. */
  ask (input: PolicyInput): Promise<{ readonly verdict: string, readonly rule: string }>
  stop (): Promise<void>
}

/** Starts OPA on loopback with the rules and data of a policy folder, as a sidecar would be run. */
export async function startOpaServer (opa: Opa, dir: string): Promise<OpaServer> {
  await opa.run(['version'], dir) // refuses a binary that is not the pinned one
  const address = `127.0.0.1:${await freePort()}`
  const child = spawn(opa.path, ['run', '--server', '--addr', address, '--disable-telemetry', '--log-level', 'error', '--ignore', '*_test.rego', '--bundle', '.'], { cwd: dir, stdio: ['ignore', 'ignore', 'inherit'] })
  const client = new Client(`http://${address}`, { pipelining: 1 })
  try {
    await ready(client, child)
  } catch (error) {
    await stop(client, child)
    throw error
  }
  return {
    async ask (input) {
      const { body } = await client.request({ method: 'POST', path: '/v1/data/weir/decision', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ input }) })
      return (await body.json() as { result: { verdict: string, rule: string } }).result
    },
    stop: async () => await stop(client, child),
  }
}

async function ready (client: Client, child: ChildProcess): Promise<void> {
  for (;;) {
    if (child.exitCode !== null) throw new Error(`the OPA server ended with ${child.exitCode}`)
    const answer = await client.request({ method: 'GET', path: '/health' }).catch(() => null) // nobody listens yet
    await answer?.body.dump()
    if (answer?.statusCode === 200) return
  }
}

async function stop (client: Client, child: ChildProcess): Promise<void> {
  await client.destroy()
  if (child.exitCode !== null || child.signalCode !== null) return
  const gone = once(child, 'exit')
  child.kill('SIGTERM')
  await gone
}
