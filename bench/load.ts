import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { createServer, type AddressInfo } from 'node:net'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import autocannon from 'autocannon'
import { median } from './figures.ts'
import { mainThreadMicroseconds } from './processor-time.ts'

/** One thing to send requests to. */
export interface Target {
  readonly name: string
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  /** What is posted; null for a GET. */
  readonly body: string | null
  /** Unix socket to connect to instead of the address. */
  readonly socketPath?: string
  /** The process that answers, when its processor time is asked for. */
  readonly pid?: number
}

export interface Measured { readonly requestsPerSecond: number, readonly p50Ms: number, readonly p99Ms: number, readonly failed: number, readonly microsecondsEach: number }

/** What each round measured, by target. */
export type Rounds = ReadonlyMap<string, readonly Measured[]>

const WARM_UP_SECONDS = 3

export interface LoadOptions { readonly connections: number, readonly seconds: number, readonly rounds: number }

/** Loads the targets in turn, several rounds (A B C A B C …), after one that is not counted. */
export async function measure (targets: readonly Target[], options: LoadOptions, say: (text: string) => void): Promise<Rounds> {
  const rows = new Map<string, Measured[]>(targets.map(({ name }) => [name, []]))
  for (let round = -1; round < options.rounds; round += 1) {
    for (const target of targets) {
      const row = await load(target, options.connections, round < 0 ? WARM_UP_SECONDS : options.seconds)
      if (round < 0) continue // the first round warms up
      rows.get(target.name)?.push(row)
      say(`  round ${round + 1}  ${target.name.padEnd(14)} ${Math.round(row.requestsPerSecond)} requests/s, p99 ${row.p99Ms} ms, ${row.failed} failed`)
    }
  }
  return rows
}

/** One target's medians; failures are added up. */
export function medians (all: readonly Measured[]): Measured {
  return {
    requestsPerSecond: median(all.map((row) => row.requestsPerSecond)),
    p50Ms: median(all.map((row) => row.p50Ms)),
    p99Ms: median(all.map((row) => row.p99Ms)),
    failed: all.reduce((sum, row) => sum + row.failed, 0),
    microsecondsEach: median(all.map((row) => row.microsecondsEach)),
  }
}

/** Median of the rounds' own ratios of processor time for one request; NaN when it was not asked for. */
export function processorRatio (rounds: Rounds, name: string, baseline: string): number {
  const below = rounds.get(baseline) ?? []
  return median((rounds.get(name) ?? []).map((row, round) => row.microsecondsEach / (below[round]?.microsecondsEach ?? Number.NaN)))
}

/** Median of the rounds' own ratios: a machine whose speed drifts between rounds moves both sides of each alike. */
export function medianRatio (rounds: Rounds, name: string, baseline: string): number {
  const below = rounds.get(baseline) ?? []
  return median((rounds.get(name) ?? []).map((row, round) => row.requestsPerSecond / (below[round]?.requestsPerSecond ?? Number.NaN)))
}

async function load (target: Target, connections: number, seconds: number): Promise<Measured> {
  const before = target.pid === undefined ? Number.NaN : mainThreadMicroseconds(target.pid)
  const result = await autocannon({ url: target.url, ...sent(target), connections, duration: seconds, ...(target.socketPath === undefined ? {} : { socketPath: target.socketPath }) })
  return {
    requestsPerSecond: result['2xx'] / result.duration,
    p50Ms: result.latency.p50,
    p99Ms: result.latency.p99,
    failed: result.non2xx + result.errors + result.timeouts,
    microsecondsEach: target.pid === undefined ? Number.NaN : (mainThreadMicroseconds(target.pid) - before) / result['2xx'],
  }
}

function sent ({ headers, body }: Target): Pick<autocannon.Options, 'method' | 'headers' | 'body'> {
  if (body === null) return { method: 'GET', headers: { ...headers } }
  return { method: 'POST', headers: { 'content-type': 'application/json', ...headers }, body }
}

/** A running program: the first line it printed, and its process. */
export interface Helper { readonly line: string, readonly pid: number, stop (): Promise<void> }

/** Starts another of this folder's programs and waits for the first line it prints. */
export async function startHelper (module: string, args: readonly string[] = []): Promise<Helper> {
  const file = fileURLToPath(new URL(module, import.meta.url))
  return waitForLine(spawn(process.execPath, [file, ...args], { stdio: ['ignore', 'pipe', 'inherit'] }))
}

export async function waitForLine (child: ChildProcess): Promise<Helper> {
  if (child.stdout === null || child.pid === undefined) throw new Error('the program has no standard output')
  // A program that ends without a word would be waited for without end.
  const ended = once(child, 'exit').then(() => { throw new Error('the program ended before it was ready') })
  const [line] = await Promise.race([once(createInterface({ input: child.stdout }), 'line'), ended]) as [string]
  return {
    line,
    pid: child.pid,
    async stop () {
      if (child.exitCode !== null || child.signalCode !== null) return
      const gone = once(child, 'exit')
      child.kill('SIGTERM')
      await gone
    },
  }
}

/** A port that was free a moment ago: for programs that do not say which one they took. */
export async function freePort (): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}
