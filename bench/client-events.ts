// How long an event of the agent takes to a client, by each door, and what idle event streams hold.
import { setMaxListeners } from 'node:events'
import { readFile } from 'node:fs/promises'
import { setTimeout as delay } from 'node:timers/promises'
import type { Dispatcher } from 'undici'
import { startClientStage, weirDoor, type Door } from './client-stage.ts'
import { median, percentile } from './figures.ts'

const LISTENERS = 10 // the windows and editors of one person
const EVERY_MS = 10 // a model that writes fast
const OPENING_AT_ONCE = 64
const SETTLE_MS = 75_000 // some heartbeats of the agent to each stream, and longer than the embedded database stays open unused
const FIRST_REQUESTS = 2_000 // a gateway's store takes most of its memory with its first entries, whatever they are of
const SENT = /sent:(\d+) /g

/** Milliseconds from the agent's write to the client's read; medians of the rounds. */
export interface Delay { readonly p50Ms: number, readonly p99Ms: number }

export interface DelayOptions { readonly rounds: number, readonly events: number, readonly say: (text: string) => void }

/** Every door in turn, several rounds, after one that is not counted. `control` is a way to the agent itself. */
export async function delays (doors: readonly Door[], control: Door, { rounds, events, say }: DelayOptions): Promise<ReadonlyMap<string, Delay>> {
  const all = new Map<string, Delay[]>(doors.map(({ name }) => [name, []]))
  for (let round = -1; round < rounds; round += 1) {
    for (const door of doors) {
      const took = await delayOf(door, control, events)
      if (round < 0) continue // the first round warms up
      all.get(door.name)?.push(took)
      say(`  round ${round + 1}  events by ${door.name.padEnd(10)} p50 ${took.p50Ms.toFixed(2)} ms, p99 ${took.p99Ms.toFixed(2)} ms`)
    }
  }
  return new Map([...all].map(([name, rows]) => [name, { p50Ms: median(rows.map(({ p50Ms }) => p50Ms)), p99Ms: median(rows.map(({ p99Ms }) => p99Ms)) }]))
}

async function delayOf (door: Door, control: Door, events: number): Promise<Delay> {
  const leave = new AbortController()
  setMaxListeners(0, leave.signal)
  const bodies = await Promise.all(Array.from({ length: LISTENERS }, () => listen(door, leave.signal)))
  const took: number[] = []
  const whole = bodies.map((body) => readTimes(body, took, events))
  const paced = await control.pool.request({ method: 'POST', path: `/bench/pace?events=${events}&everyMs=${EVERY_MS}` })
  await paced.body.dump()
  await Promise.all(whole)
  leave.abort()
  return { p50Ms: median(took), p99Ms: percentile(took, 0.99) }
}

/** Opens a stream and waits for its first event. */
async function listen ({ pool, headers }: Door, signal: AbortSignal): Promise<Dispatcher.ResponseData['body']> {
  const { statusCode, body } = await pool.request({ method: 'GET', path: '/event', headers: { ...headers, accept: 'text/event-stream' }, signal, headersTimeout: 0, bodyTimeout: 0 })
  if (statusCode !== 200) throw new Error(`an event stream was answered with ${statusCode}: ${await body.text()}`)
  body.on('error', () => {}) // the abort at its end
  await new Promise((resolve) => body.once('data', resolve))
  return body
}

async function readTimes (body: Dispatcher.ResponseData['body'], took: number[], events: number): Promise<void> {
  let seen = 0
  await new Promise<void>((resolve, reject) => {
    body.once('close', () => reject(new Error('an event stream ended early')))
    body.on('data', (chunk: Buffer) => {
      const now = Number(process.hrtime.bigint() / 1_000n)
      for (const [, sent] of chunk.toString('latin1').matchAll(SENT)) {
        took.push((now - Number(sent)) / 1_000)
        seen += 1
      }
      if (seen >= events) resolve()
    })
  })
}

/** Resident memory of a gateway of its own, bytes: after some requests, and with so many streams that nothing but heartbeats comes on. */
export interface IdleMemory { readonly before: number, readonly with: number, readonly open: number }

export async function idleMemory (dir: string, count: number): Promise<IdleMemory> {
  const stage = await startClientStage(dir)
  const door = weirDoor(stage)
  const leave = new AbortController()
  setMaxListeners(0, leave.signal)
  try {
    await askOften(door)
    await delay(SETTLE_MS)
    const before = await residentBytes(stage.gateway.pid)
    let opened = 0
    let open = 0
    await Promise.all(Array.from({ length: OPENING_AT_ONCE }, async () => {
      while (opened < count) {
        opened += 1
        const body = await listen(door, leave.signal)
        open += 1
        body.once('close', () => { open -= 1 })
        body.resume()
      }
    }))
    await delay(SETTLE_MS)
    return { before, with: await residentBytes(stage.gateway.pid), open }
  } finally {
    leave.abort()
    await door.pool.destroy()
    await stage.gateway.stop()
  }
}

async function askOften ({ pool, headers }: Door): Promise<void> {
  let sent = 0
  await Promise.all(Array.from({ length: OPENING_AT_ONCE }, async () => {
    while (sent < FIRST_REQUESTS) {
      sent += 1
      const { body } = await pool.request({ method: 'GET', path: '/session/ses_bench', headers })
      await body.dump()
    }
  }))
}

/** What the gateway holds, with the process of its embedded database while there is one. */
async function residentBytes (pid: number): Promise<number> {
  const started = (await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8')).trim().split(' ').filter((child) => child !== '')
  const commands = await Promise.all(started.map((child) => readFile(`/proc/${child}/cmdline`, 'utf8').catch(() => '')))
  const ofStore = started.filter((_, place) => commands[place]?.includes('pglite-process') === true)
  const each = await Promise.all([String(pid), ...ofStore].map((one) => readFile(`/proc/${one}/status`, 'utf8').catch(() => ''))) // a store may end at any time
  return each.reduce((sum, status) => sum + Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0) * 1_024, 0)
}
