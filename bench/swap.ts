// Question: what do requests notice of a new policy? Unit: failed requests, and the p99 of `POST /weir/api/v1/decisions` while a
// policy is swapped, over the p99 of the same load without a swap. One policy or the other decides, never a mixture. A bundle
// server brings policy that is compiled already; of a folder the gateway compiles it itself, on the processors that serve the load.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Pool } from 'undici'
import { packageRoot } from '../gateway/package-root.ts'
import { buildBundle } from '../gateway/policy/build.ts'
import { findOpa } from '../gateway/policy/opa-binary.ts'
import { atMost, median, percentile, plain, ratioAtMost, type Suite, type SuiteResult } from './figures.ts'
import { waitForLine, type Helper } from './load.ts'

const CONNECTIONS = 8
const GOAL = 3
const SETTLED_MS = 500 // how long after the first answer of the new policy still counts as the swap
const LIMITS = join('weir', 'data', 'limits', 'data.json')

interface Answer { readonly atMs: number, readonly tookMs: number, readonly revision: string | null }

export const swap: Suite = async ({ quick, say }) => {
  const dir = mkdtempSync(join(tmpdir(), 'weir-bench-swap-'))
  const policies = join(dir, 'policies')
  cpSync(join(packageRoot(), 'policies'), policies, { recursive: true })
  const rounds = quick ? 3 : 7
  try {
    const server = await startBundleServer(await buildBundles(policies, rounds + 1, join(dir, 'built')))
    const bundles = await measure(join(dir, 'bundles'), { bundle: server.url, allowUnsigned: true, longPoll: 0, poll: { min: '50ms', max: '50ms' } }, { change: () => server.next(), rounds, quick, say })
      .finally(() => server.stop())
    const folder = await measure(join(dir, 'folder'), policies, { change: () => changeData(policies), rounds, quick, say })
    return summarise(bundles, folder)
  } finally {
    rmSync(dir, { recursive: true, force: true })
  }
}

interface Measuring { readonly change: () => void, readonly rounds: number, readonly quick: boolean, readonly say: (line: string) => void }

async function measure (dir: string, policies: string | object, { change, rounds, quick, say }: Measuring): Promise<Round[]> {
  const gateway = await startWeir(dir, policies)
  try {
    const load = startLoad(JSON.parse(gateway.line) as { url: string, token: string })
    await load.during(3_000) // warms up
    const measured: Round[] = []
    for (let round = 0; round < rounds; round += 1) {
      const one = await swapUnderLoad(load, change, quick ? 2_000 : 5_000)
      measured.push(one)
      say(`  round ${round + 1} (${typeof policies === 'string' ? 'folder' : 'bundle server'})  steady p99 ${one.steadyP99.toFixed(1)} ms, swap p99 ${one.swapP99.toFixed(1)} ms, ${one.failed} failed`)
    }
    await load.stop()
    return measured
  } finally {
    await gateway.stop()
  }
}

/** Bundles that differ in data only, made before anything is measured, as a build server makes them. */
async function buildBundles (policies: string, count: number, cacheDir: string): Promise<Uint8Array[]> {
  const opa = await findOpa(process.env)
  const archives: Uint8Array[] = []
  for (let made = 0; made < count; made += 1) {
    archives.push((await buildBundle({ dir: policies, opa, cacheDir })).archive)
    changeData(policies)
  }
  return archives
}

interface BundleServer { readonly url: string, next (): void, stop (): void }

/** A server of one bundle at a time, with the tags that let a client ask again for nothing. */
async function startBundleServer (archives: readonly Uint8Array[]): Promise<BundleServer> {
  let at = 0
  const server = createServer((request, response) => {
    const tag = `"${at}"`
    if (request.headers['if-none-match'] === tag) return response.writeHead(304, { etag: tag }).end()
    return response.writeHead(200, { etag: tag, 'content-type': 'application/gzip' }).end(archives[at])
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/bundle.tar.gz`,
    next () { at += 1 },
    stop () {
      server.close()
      server.closeAllConnections()
    },
  }
}

interface Round { readonly steadyP99: number, readonly swapP99: number, readonly swapMs: number, readonly answers: number, readonly failed: number }

async function swapUnderLoad (load: Load, change: () => void, steadyMs: number): Promise<Round> {
  const steady = await load.during(steadyMs)
  const old = new Set(steady.map(({ revision }) => revision))
  const startedAt = performance.now()
  change()
  const swapping = await load.until((answer) => answer.revision !== null && !old.has(answer.revision))
  const swapMs = performance.now() - startedAt
  swapping.push(...await load.during(SETTLED_MS))
  const revisions = new Set(swapping.map(({ revision }) => revision).filter((revision) => revision !== null && !old.has(revision)))
  if (revisions.size !== 1) throw new Error(`one swap gave ${revisions.size} new revisions`)
  return {
    steadyP99: percentile(steady.map(({ tookMs }) => tookMs), 0.99),
    swapP99: percentile(swapping.map(({ tookMs }) => tookMs), 0.99),
    swapMs,
    answers: steady.length + swapping.length,
    failed: [...steady, ...swapping].filter(({ revision }) => revision === null).length,
  }
}

function summarise (bundles: readonly Round[], folder: readonly Round[]): SuiteResult {
  const all = [...bundles, ...folder]
  return {
    figures: {
      failed: atMost(all.reduce((sum, { failed }) => sum + failed, 0), 'requests', 0),
      'answers counted': plain(all.reduce((sum, { answers }) => sum + answers, 0), 'requests'),
      'steady p99': plain(median(all.map(({ steadyP99 }) => steadyP99)), 'ms'),
      'p99 during a swap from a bundle server': plain(median(bundles.map(({ swapP99 }) => swapP99)), 'ms'),
      'p99 during a swap from a folder': plain(median(folder.map(({ swapP99 }) => swapP99)), 'ms'),
      'new bundle to first answer': plain(median(bundles.map(({ swapMs }) => swapMs)), 'ms'),
      'changed file to first answer': plain(median(folder.map(({ swapMs }) => swapMs)), 'ms'),
    },
    ratios: {
      'p99 during a swap from a bundle server / steady p99': ratioAtMost(median(bundles.map(timesSteady)), GOAL),
      'p99 during a swap from a folder / steady p99': ratioAtMost(median(folder.map(timesSteady)), GOAL),
    },
  }
}

function timesSteady ({ swapP99, steadyP99 }: Round): number {
  return swapP99 / steadyP99
}

// Data that no question of this load depends on: another revision, the same answers.
function changeData (policies: string): void {
  const file = join(policies, LIMITS)
  const limits = JSON.parse(readFileSync(file, 'utf8')) as { model_request_bytes: number }
  writeFileSync(file, JSON.stringify({ ...limits, model_request_bytes: limits.model_request_bytes + 1 }))
}

async function startWeir (dir: string, policies: string | object): Promise<Helper> {
  mkdirSync(dir)
  const config = join(dir, 'weir.yaml')
  writeFileSync(config, JSON.stringify({ dataDir: join(dir, 'data'), listen: { port: 0 }, policies }))
  return await waitForLine(spawn(process.execPath, [join(packageRoot(), 'bin', 'weir.js'), 'start', '--config', config, '--json'], { stdio: ['ignore', 'pipe', 'inherit'] }))
}

interface Load {
  /** The answers of this long. */
  during (ms: number): Promise<Answer[]>
  /** The answers up to one that is wanted. */
  until (wanted: (answer: Answer) => boolean): Promise<Answer[]>
  stop (): Promise<void>
}

/** Keeps every connection busy until it is stopped. */
function startLoad ({ url, token }: { readonly url: string, readonly token: string }): Load {
  const pool = new Pool(url, { connections: CONNECTIONS, pipelining: 1 })
  const request = {
    method: 'POST' as const,
    path: '/weir/api/v1/decisions',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify({ protocol: 'opencode', tool: 'bash', args: { command: 'npm test' }, cwd: '/workspace' }),
  }
  let heard: (answer: Answer) => void = () => {}
  const state = { stopping: false }
  const connections = Array.from({ length: CONNECTIONS }, async () => {
    while (!state.stopping) {
      const answer = await post(pool, request)
      heard(answer) // whoever listens now, not when the request was sent
    }
  })
  const collect = async (isLast: (answer: Answer) => boolean): Promise<Answer[]> => await new Promise((resolve) => {
    const answers: Answer[] = []
    heard = (answer) => {
      answers.push(answer)
      if (!isLast(answer)) return
      heard = () => {}
      resolve(answers)
    }
  })
  return {
    async during (ms) {
      const endsAt = performance.now() + ms
      return await collect(({ atMs }) => atMs >= endsAt)
    },
    until: collect,
    async stop () {
      state.stopping = true
      await Promise.all(connections)
      await pool.close()
    },
  }
}

async function post (pool: Pool, request: Parameters<Pool['request']>[0]): Promise<Answer> {
  const startedAt = performance.now()
  let revision: string | null = null
  try {
    const { statusCode, body } = await pool.request(request)
    const answer = await body.json() as { decision?: { revision?: string } }
    if (statusCode === 200) revision = answer.decision?.revision ?? null
  } catch {
    revision = null // counted as failed, which is what this suite is about
  }
  const atMs = performance.now()
  return { atMs, tookMs: atMs - startedAt, revision }
}
