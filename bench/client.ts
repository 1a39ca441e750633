// Question: what does governing the client plane cost? Requests per second and processor time of 30 KB answers, small posts and prompts,
// beside a bare @fastify/http-proxy to the same agent server; delay of events, ms; resident memory of idle event streams, MiB.
// The server is a scripted one (scripted-agent.ts) in the sandbox, behind the relay and the Unix socket that the agent has.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { delays, idleMemory, type Delay, type IdleMemory } from './client-events.ts'
import { directDoor, doorAt, startClientStage, weirDoor, type ClientStage } from './client-stage.ts'
import { atLeast, atMost, plain, ratio, ratioAtLeast, type Suite, type SuiteOptions, type SuiteResult } from './figures.ts'
import { measure, medianRatio, medians, processorRatio, startHelper, type Helper, type Rounds, type Target } from './load.ts'

const CONNECTIONS = 32
const IDLE_STREAMS = 5_000
const MIB = 1_048_576

interface Shape { readonly name: string, readonly path: string, readonly body: string | null }

const SHAPES: readonly Shape[] = [
  { name: 'transcript', path: '/session/ses_bench/message?limit=10', body: null },
  { name: 'new session', path: '/session', body: JSON.stringify({ title: 'Bench' }) },
  { name: 'prompt', path: '/session/ses_bench/message', body: JSON.stringify({ parts: [{ type: 'text', text: 'Say what the gateway does, in one sentence.' }] }) },
]

export const client: Suite = async (options) => {
  const dir = mkdtempSync(join(tmpdir(), 'weir-bench-'))
  const running: Helper[] = []
  try {
    const stage = await startClientStage(join(dir, 'usual'))
    running.push(stage.gateway)
    const bare = await startHelper('bare-proxy.js', [`unix+http://${encodeURIComponent(stage.agentSocket)}`])
    running.push(bare)
    const rounds = await measure(targets(stage, bare), { connections: CONNECTIONS, seconds: options.quick ? 2 : 5, rounds: options.quick ? 3 : 7 }, options.say)
    const took = await eventDelays(stage, bare, options)
    const memory = await idleMemory(join(dir, 'idle'), IDLE_STREAMS)
    return summarise(rounds, took, memory)
  } finally {
    for (const helper of running.reverse()) await helper.stop()
    rmSync(dir, { recursive: true, force: true })
  }
}

function targets ({ gateway, agentSocket }: ClientStage, bare: Helper): Target[] {
  return SHAPES.flatMap(({ name, path, body }) => [
    { name: `direct ${name}`, url: `http://agent.invalid${path}`, socketPath: agentSocket, headers: {}, body },
    { name: `bare-proxy ${name}`, url: `http://127.0.0.1:${bare.line}${path}`, headers: {}, body, pid: bare.pid },
    { name: `weir ${name}`, url: gateway.url + path, headers: { authorization: `Bearer ${gateway.token}` }, body, pid: gateway.pid },
  ])
}

async function eventDelays (stage: ClientStage, bare: Helper, { quick, say }: SuiteOptions): Promise<ReadonlyMap<string, Delay>> {
  const control = directDoor(stage)
  const doors = [directDoor(stage), doorAt('bare-proxy', `http://127.0.0.1:${bare.line}`), weirDoor(stage)]
  try {
    return await delays(doors, control, { rounds: quick ? 3 : 7, events: quick ? 200 : 500, say })
  } finally {
    await Promise.all([control, ...doors].map(({ pool }) => pool.destroy()))
  }
}

function summarise (rounds: Rounds, took: ReadonlyMap<string, Delay>, memory: IdleMemory): SuiteResult {
  const addedMs = (name: string, share: keyof Delay): number => (took.get(name)?.[share] ?? Number.NaN) - (took.get('direct')?.[share] ?? Number.NaN)
  return {
    figures: {
      'added to an event, p50': atMost(addedMs('weir', 'p50Ms'), 'ms', 1),
      'added to an event, p99': plain(addedMs('weir', 'p99Ms'), 'ms'),
      'added to an event by a bare proxy, p50': plain(addedMs('bare-proxy', 'p50Ms'), 'ms'),
      'added to an event by a bare proxy, p99': plain(addedMs('bare-proxy', 'p99Ms'), 'ms'),
      [`resident memory with ${IDLE_STREAMS} idle event streams`]: atMost(memory.with / MIB, 'MiB', 400),
      'of it without streams': plain(memory.before / MIB, 'MiB'),
      'idle event streams still open': atLeast(memory.open, 'streams', IDLE_STREAMS),
      ...Object.fromEntries([...rounds].flatMap(([name, all]) => rowsOf(name, medians(all)))),
    },
    ratios: Object.fromEntries(SHAPES.flatMap(({ name }) => ratiosOf(rounds, name))),
  }
}

function rowsOf (name: string, { requestsPerSecond, p99Ms, failed, microsecondsEach }: ReturnType<typeof medians>): Array<[string, ReturnType<typeof plain>]> {
  return [
    [`${name} requests`, plain(requestsPerSecond, 'requests/s')],
    [`${name} p99`, plain(p99Ms, 'ms')],
    [`${name} failed`, failed === 0 ? plain(0, 'requests') : atMost(failed, 'requests', 0)],
    ...(Number.isNaN(microsecondsEach) ? [] : [[`${name} processor time of its main thread`, plain(microsecondsEach, 'µs')] as [string, ReturnType<typeof plain>]]),
  ]
}

// A prompt also looks for what the last turn changed, in the overlay's file system; no proxy does that, so it has no goal.
function ratiosOf (rounds: Rounds, name: string): Array<[string, ReturnType<typeof ratio>]> {
  const value = medianRatio(rounds, `weir ${name}`, `bare-proxy ${name}`)
  const processor = processorRatio(rounds, `weir ${name}`, `bare-proxy ${name}`)
  return [
    [`${name}: weir / bare-proxy`, name === 'prompt' ? ratio(value) : ratioAtLeast(value, 0.8)],
    ...(Number.isNaN(processor) ? [] : [[`${name}: processor time of weir / bare-proxy`, ratio(processor)] as [string, ReturnType<typeof ratio>]]),
  ]
}
