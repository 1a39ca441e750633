// Question: what does a streamed answer notice of being governed, and what of a client that leaves? Unit: ms from the request to its
// first text, beside a direct call and a bare proxy in turns; events lost; resident memory; usage records of aborted streams.
import { mkdtempSync, rmSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { Pool } from 'undici'
import { journalDirOf } from '../gateway/ledger/journal.ts'
import { readEntries } from '../gateway/ledger/read-entries.ts'
import { atLeast, atMost, median, percentile, plain, ratio, type Suite, type SuiteResult } from './figures.ts'
import { startGateway, type BenchGateway } from './gateway.ts'
import { startHelper, type Helper } from './load.ts'
import { mainThreadMicroseconds } from './processor-time.ts'

const USUAL: Pace = { events: 100, everyMs: 20 }
const SLOW: Pace = { events: 10, everyMs: 1_000 } // what is measured is what a stream holds, not how many events a second there can be
const AT_ONCE = 200
const MANY_AT_ONCE = 1_000
const MIB = 1024 * 1024
const CHAT = '/v1/chat/completions'

interface Pace { readonly events: number, readonly everyMs: number }
interface Door { readonly name: string, readonly pid: number, readonly pool: Pool, readonly path: string, readonly headers: Readonly<Record<string, string>> }
interface Round { readonly all: readonly Streamed[], readonly microsecondsEach: number }
interface Streamed { readonly firstMs: number, readonly events: number, readonly inOrder: boolean }

export const streams: Suite = async ({ quick, say }) => {
  const dir = mkdtempSync(join(tmpdir(), 'weir-bench-streams-'))
  const running: Helper[] = []
  const start = async <T extends Helper>(helper: Promise<T>): Promise<T> => {
    const started = await helper
    running.push(started)
    return started
  }
  try {
    const provider = await start(startHelper('paced-provider.js'))
    const upstream = `http://127.0.0.1:${provider.line}`
    const bare = await start(startHelper('bare-proxy.js', [upstream]))
    const gateway = await start(startGateway(join(dir, 'usual'), upstream))
    const doors: readonly Door[] = [
      { name: 'direct', pid: provider.pid, pool: poolOf(upstream), path: CHAT, headers: {} },
      { name: 'bare-proxy', pid: bare.pid, pool: poolOf(`http://127.0.0.1:${bare.line}`), path: CHAT, headers: {} },
      doorOf(gateway),
    ]
    const rounds = await inTurns(doors, quick ? 2 : 5, say)
    const weir = doors[2] as Door
    const fresh = await start(startGateway(join(dir, 'fresh'), upstream))
    const memory = await memoryOf(fresh, doorOf(fresh))
    const aborted = await abortAll(weir, { gateway, upstream, count: quick ? 1_000 : 10_000 })
    await Promise.all(doors.map(async ({ pool }) => await pool.destroy()))
    return summarise(rounds, { memory, ...aborted })
  } finally {
    for (const helper of running.reverse()) await helper.stop()
    rmSync(dir, { recursive: true, force: true })
  }
}

function doorOf ({ url, token, pid }: BenchGateway): Door {
  return { name: 'weir', pid, pool: poolOf(url), path: `/weir/model/bench${CHAT}`, headers: { authorization: `Bearer ${token}` } }
}

function poolOf (origin: string): Pool {
  return new Pool(origin, { connections: MANY_AT_ONCE + AT_ONCE, pipelining: 1 })
}

async function inTurns (doors: readonly Door[], rounds: number, say: (line: string) => void): Promise<ReadonlyMap<string, Round[]>> {
  const measured = new Map<string, Round[]>(doors.map(({ name }) => [name, []]))
  for (let round = -1; round < rounds; round += 1) {
    for (const door of doors) {
      const before = mainThreadMicroseconds(door.pid)
      const all = await manyStreams(door, AT_ONCE, USUAL)
      if (round < 0) continue // the first round warms up
      measured.get(door.name)?.push({ all, microsecondsEach: (mainThreadMicroseconds(door.pid) - before) / (AT_ONCE * USUAL.events) })
      const first = all.map(({ firstMs }) => firstMs)
      say(`  round ${round + 1}  ${door.name.padEnd(11)} first text p50 ${median(first).toFixed(1)} ms, p99 ${percentile(first, 0.99).toFixed(1)} ms`)
    }
  }
  return measured
}

/** So many streams at once, begun evenly over the time that one takes: each is begun among others that run. */
async function manyStreams (door: Door, count: number, pace: Pace): Promise<Streamed[]> {
  const everyMs = lastsMs(pace) / count
  return await Promise.all(Array.from({ length: count }, async (_, i) => {
    await delay(i * everyMs)
    return await stream(door, String(i), pace)
  }))
}

function lastsMs ({ events, everyMs }: Pace): number {
  return events * everyMs
}

async function stream (door: Door, user: string, pace: Pace): Promise<Streamed> {
  const startedAt = performance.now()
  const { body } = await request(door, user, { pace })
  let firstMs = Number.NaN
  let text = ''
  for await (const chunk of body) {
    if (Number.isNaN(firstMs)) firstMs = performance.now() - startedAt
    text += (chunk as Buffer).toString()
  }
  const numbers = [...text.matchAll(/"content":"(\d+) "/g)].map(([, number]) => Number(number))
  return { firstMs, events: numbers.length, inOrder: numbers.every((number, i) => number === i) && text.trimEnd().endsWith('[DONE]') }
}

async function request ({ pool, path, headers }: Door, user: string, { pace: { events, everyMs }, signal }: { readonly pace: Pace, readonly signal?: AbortSignal }): ReturnType<Pool['request']> {
  return await pool.request({
    method: 'POST',
    path,
    headers: { 'content-type': 'application/json', accept: 'text/event-stream', ...headers },
    body: JSON.stringify({ model: 'bench', stream: true, user, metadata: { events: String(events), everyMs: String(everyMs) }, messages: [{ role: 'user', content: 'Count.' }] }),
    headersTimeout: 0,
    bodyTimeout: 0,
    ...(signal === undefined ? {} : { signal }),
  })
}

interface Memory { readonly idle: number, readonly streaming: number }

async function memoryOf (gateway: BenchGateway, door: Door): Promise<Memory> {
  const idle = await residentBytes(gateway.pid)
  const all = manyStreams(door, MANY_AT_ONCE, SLOW)
  await delay(lastsMs(SLOW)) // when the last one begins, the first one ends
  const streaming = await residentBytes(gateway.pid)
  await all
  await door.pool.destroy()
  return { idle, streaming }
}

async function residentBytes (pid: number): Promise<number> {
  const [, kilobytes] = /^VmRSS:\s+(\d+) kB$/m.exec(await readFile(`/proc/${pid}/status`, 'utf8')) ?? []
  return Number(kilobytes) * 1_024
}

interface Aborting { readonly gateway: BenchGateway, readonly upstream: string, readonly count: number }
interface Aborted { readonly count: number, readonly records: number, readonly closedMs: readonly number[] }

/** Leaves each stream after its first text, and asks the provider when it noticed and the ledger what it kept. */
async function abortAll (door: Door, { gateway, upstream, count }: Aborting): Promise<Aborted> {
  const before = await usageRecords(gateway)
  const leftMs = new Map<string, number>()
  let next = 0
  await Promise.all(Array.from({ length: AT_ONCE / 2 }, async () => {
    while (next < count) {
      const user = `abort-${next++}`
      const stop = new AbortController()
      const { body } = await request(door, user, { pace: USUAL, signal: stop.signal })
      body.on('error', () => {}) // the abort itself
      await new Promise((resolve) => body.once('data', resolve))
      leftMs.set(user, Date.now())
      stop.abort()
    }
  }))
  const closed = await closedAt(upstream, leftMs)
  while (await usageRecords(gateway) - before < count) await delay(200)
  return { count, records: await usageRecords(gateway) - before, closedMs: [...leftMs].map(([user, leftAt]) => (closed[user] ?? Number.NaN) - leftAt) }
}

async function closedAt (upstream: string, left: ReadonlyMap<string, number>): Promise<Readonly<Record<string, number>>> {
  for (;;) {
    const closed = await (await fetch(`${upstream}/closed`)).json() as Record<string, number>
    if ([...left.keys()].every((user) => user in closed)) return closed
    await delay(100)
  }
}

async function usageRecords ({ dataDir }: BenchGateway): Promise<number> {
  let count = 0
  for await (const entry of readEntries(journalDirOf(dataDir))) if (entry.kind === 'outcome' && 'usage' in entry.detail) count += 1
  return count
}

interface Rest extends Aborted { readonly memory: Memory }

function summarise (rounds: ReadonlyMap<string, Round[]>, { memory, count, records, closedMs }: Rest): SuiteResult {
  const firstOf = (name: string, share: number): number => median((rounds.get(name) ?? []).map(({ all }) => percentile(all.map(({ firstMs }) => firstMs), share)))
  const timeOf = (name: string): number => median((rounds.get(name) ?? []).map(({ microsecondsEach }) => microsecondsEach))
  const weir = (rounds.get('weir') ?? []).flatMap(({ all }) => all)
  return {
    figures: {
      'added to the first text, p50': atMost(firstOf('weir', 0.5) - firstOf('direct', 0.5), 'ms', 2),
      'added to the first text, p99': atMost(firstOf('weir', 0.99) - firstOf('direct', 0.99), 'ms', 10),
      'added by a bare proxy, p50': plain(firstOf('bare-proxy', 0.5) - firstOf('direct', 0.5), 'ms'),
      'added by a bare proxy, p99': plain(firstOf('bare-proxy', 0.99) - firstOf('direct', 0.99), 'ms'),
      'processor time of weir\'s main thread for an event': plain(timeOf('weir'), 'µs'),
      'processor time of the bare proxy\'s main thread for an event': plain(timeOf('bare-proxy'), 'µs'),
      'events lost or out of order': atMost(weir.filter(({ events, inOrder }) => events !== USUAL.events || !inOrder).length, 'streams', 0),
      [`memory that ${MANY_AT_ONCE} streams add`]: atMost((memory.streaming - memory.idle) / MIB, 'MiB', 200),
      'resident memory without streams': plain(memory.idle / MIB, 'MiB'),
      'usage records of aborted streams': atLeast(records, `of ${count}`, count),
      'client gone to provider closed, p99': atMost(percentile(closedMs, 0.99), 'ms', 100),
    },
    ratios: { 'an event: processor time of weir / bare-proxy': ratio(timeOf('weir') / timeOf('bare-proxy')) },
  }
}
