// Question: what do Weir's own tools cost through the wire protocol? Reads a second of one client with 32 requests open; `run-shell true` beside the
// same command started bare in such a sandbox (with and without one that waits for it), in turns with a rest between them, ms; and the gateway's memory while a command prints 100 MB. A gateway process of its own with
// the shipped policy, a real session with its agent, lines over HTTP.
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { request, type ClientRequest, type IncomingMessage } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as delay } from 'node:timers/promises'
import { installedAgent } from '../gateway/sessions/installed-agent.ts'
import { openSandboxDriver } from '../sandbox/open-driver.ts'
import { INSIDE, type Sandbox } from '../sandbox/sandbox.ts'
import { allowingGovernor, permitFor } from './allowing-governor.ts'
import { atLeast, atMost, median, percentile, plain, type Suite, type SuiteOptions } from './figures.ts'
import { startGateway, type BenchGateway } from './gateway.ts'
import { mainThreadMicroseconds } from './processor-time.ts'

const GOAL_READS = 3_000
const GOAL_OVER_BARE_MS = 15
const OPEN = 32
const WARM_UPS = 5
const OUTPUT_BYTES = 100_000_000
const SAMPLE_MS = 20
const REST_MS = 150 // a sandbox is made meanwhile for the next command

export const protocol: Suite = async (options) => {
  const dir = mkdtempSync(join(tmpdir(), 'weir-bench-'))
  const project = join(dir, 'project')
  mkdirSync(join(project, 'src'), { recursive: true })
  writeFileSync(join(project, 'src', 'cart.js'), 'export const cart = []\n'.repeat(40))
  const gateway = await startGateway(dir, 'http://127.0.0.1:9', { apps: { shop: { project, testCommand: 'true' } } })
  try {
    const talk = await openTalk(gateway)
    const reads = await readRate(talk, gateway, options)
    const shells = await shellTimes(talk, { dir, project }, options)
    const output = await outputMemory(talk, gateway, options)
    talk.end()
    return {
      figures: {
        'read-file through the protocol': atLeast(reads.perSecond, 'calls/s', GOAL_READS),
        'main thread of the gateway per read-file': plain(reads.mainMicroseconds, 'µs'),
        'run-shell true over a bare start in such a sandbox, p50': atMost(median(shells.protocol) - median(shells.bare), 'ms', GOAL_OVER_BARE_MS),
        'run-shell true, p50': plain(median(shells.protocol), 'ms'),
        'run-shell true, p99': plain(percentile(shells.protocol, 0.99), 'ms'),
        'a bare start, p50': plain(median(shells.bare), 'ms'),
        'a bare start where no sandbox waits for it, p50': plain(median(shells.cold), 'ms'),
        'memory that 100 MB of output add to the gateway': plain(output.addedMib, 'MiB'),
        '100 MB of output': plain(output.mbPerSecond, 'MB/s'),
      },
      ratios: {},
    }
  } finally {
    await gateway.stop()
    rmSync(dir, { recursive: true, force: true })
  }
}

/** One conversation. `ask` resolves with the status of the request's end. */
interface Talk { ask (message: object): Promise<string>, end (): void }

async function openTalk ({ url, token }: BenchGateway): Promise<Talk> {
  const sent: ClientRequest = request(`${url}/weir/api/v1/tools`, { method: 'POST', headers: { authorization: `Bearer ${token}`, 'content-type': 'application/x-ndjson' } })
  sent.write('{"verb":"hello"}\n')
  const [answer] = await once(sent, 'response') as [IncomingMessage]
  if (answer.statusCode !== 200) throw new Error(`the conversation was answered with ${answer.statusCode}`)
  const waiting = new Map<number, (status: string) => void>()
  createInterface({ input: answer }).on('line', (line) => {
    if (!line.startsWith('{"type":"end"')) return // of output, nothing is kept
    const { id, status } = JSON.parse(line) as { id: number, status: string }
    waiting.get(id)?.(status)
    waiting.delete(id)
  })
  let last = 0
  return {
    ask (message) {
      last += 1
      sent.write(`${JSON.stringify({ ...message, id: last })}\n`)
      return new Promise((resolve) => { waiting.set(last, resolve) })
    },
    end: () => { sent.end() },
  }
}

async function done (talk: Talk, message: object): Promise<void> {
  const status = await talk.ask(message)
  if (status !== 'allow') throw new Error(`a call ended with ${status}`)
}

const READ = { verb: 'apply', call: { tool: 'read-file', args: { path: 'src/cart.js' } } }
const shell = (command: string): object => ({ verb: 'apply', call: { tool: 'run-shell', args: { command } } })

async function readRate (talk: Talk, gateway: BenchGateway, { quick, say }: SuiteOptions): Promise<{ readonly perSecond: number, readonly mainMicroseconds: number }> {
  const count = quick ? 3_000 : 15_000
  const rounds: { perSecond: number, mainMicroseconds: number }[] = []
  for (let round = -1; round < (quick ? 3 : 7); round += 1) {
    let left = count
    const from = { ms: performance.now(), main: mainThreadMicroseconds(gateway.pid) }
    await Promise.all(Array.from({ length: OPEN }, async () => {
      while (left > 0) {
        left -= 1
        await done(talk, READ)
      }
    }))
    const row = { perSecond: count / ((performance.now() - from.ms) / 1_000), mainMicroseconds: (mainThreadMicroseconds(gateway.pid) - from.main) / count }
    if (round < 0) continue // starts the session, and warms up
    rounds.push(row)
    say(`  round ${round + 1}  ${Math.round(row.perSecond)} reads/s, main thread ${Math.round(row.mainMicroseconds)} µs each`)
  }
  return { perSecond: median(rounds.map(({ perSecond }) => perSecond)), mainMicroseconds: median(rounds.map(({ mainMicroseconds }) => mainMicroseconds)) }
}

async function shellTimes (talk: Talk, { dir, project }: { readonly dir: string, readonly project: string }, { quick, say }: SuiteOptions): Promise<{ readonly protocol: number[], readonly bare: number[], readonly cold: number[] }> {
  mkdirSync(join(dir, 'bare'))
  const driver = await openSandboxDriver({ sandbox: 'bubblewrap', runtime: null }, { dataDir: join(dir, 'bare'), agentBinary: installedAgent('opencode', process.env) })
  const permit = await permitFor(allowingGovernor(), { kind: 'session' })
  const sandbox = await driver.open(permit, { lowerDir: project })
  const times = { protocol: [] as number[], bare: [] as number[], cold: [] as number[] }
  const timed = async (run: () => Promise<void>): Promise<number> => {
    await delay(REST_MS)
    const from = performance.now()
    await run()
    return performance.now() - from
  }
  try {
    for (let round = -WARM_UPS; round < (quick ? 30 : 200); round += 1) {
      const bare = await timed(() => runBare(sandbox, permit, INSIDE.workspace))
      const through = await timed(() => done(talk, shell('true')))
      const cold = await timed(() => runBare(sandbox, permit, ELSEWHERE))
      if (round < 0) continue
      times.cold.push(cold)
      times.bare.push(bare)
      times.protocol.push(through)
    }
  } finally {
    await sandbox.stop()
    await driver.close()
  }
  say(`  run-shell true p50 ${median(times.protocol).toFixed(1)} ms, bare ${median(times.bare).toFixed(1)} ms, made for it ${median(times.cold).toFixed(1)} ms`)
  return times
}

/** Where no sandbox waits for commands. */
const ELSEWHERE = `${INSIDE.workspace}/src`

async function runBare (sandbox: Sandbox, permit: Parameters<Sandbox['runTool']>[0], cwd: string): Promise<void> {
  const tool = sandbox.runTool(permit, { command: 'true', cwd })
  tool.stdin.end()
  tool.stdout.resume()
  tool.stderr.resume()
  const { code } = await tool.ended
  if (code !== 0) throw new Error('the command that does nothing failed')
}

async function outputMemory (talk: Talk, { pid }: BenchGateway, { quick, say }: SuiteOptions): Promise<{ readonly addedMib: number, readonly mbPerSecond: number }> {
  const command = `head -c ${OUTPUT_BYTES} /dev/zero | tr '\\0' a`
  await done(talk, shell(command)) // what a first large output makes the heap grow to is not this one's
  const added: number[] = []
  const rates: number[] = []
  for (let round = 0; round < (quick ? 1 : 3); round += 1) {
    const from = { ms: performance.now(), mib: residentMib(pid) }
    let most = 0
    const sampler = setInterval(() => { most = Math.max(most, residentMib(pid) - from.mib) }, SAMPLE_MS)
    await done(talk, shell(command))
    clearInterval(sampler)
    added.push(most)
    rates.push(OUTPUT_BYTES / 1_000 / (performance.now() - from.ms))
  }
  say(`  100 MB of output add ${median(added).toFixed(0)} MiB, at ${median(rates).toFixed(0)} MB/s`)
  return { addedMib: median(added), mbPerSecond: median(rates) }
}

function residentMib (pid: number): number {
  return Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1_024
}
