// Question: what does it take to bring one changed file into a project, by the size of the project? Unit: ms from the end of a turn to the
// commit, with the shipped rules, a real overlay, a durable ledger and git; and what a look between two calls takes. Beside it, in turns, the
// same commit by git alone in a work tree (`add`, `commit`), which has nothing to decide. And what one turn of 50,000 files takes, in time and in
// memory of the process that decides it, and to refuse one file more.
import { execFile, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { createClassify } from '../gateway/classify/classify.ts'
import { createPathClasses } from '../gateway/classify/paths/path-classes.ts'
import { loadShellParser } from '../gateway/classify/shell/parser.ts'
import { createGovernor } from '../gateway/core/govern.ts'
import { openJournal } from '../gateway/ledger/journal.ts'
import { packageRoot } from '../gateway/package-root.ts'
import { createFilePlane, type FilePlane } from '../gateway/planes/file/file-plane.ts'
import { openPolicyEngine, type PolicyEngine } from '../gateway/policy/engine.ts'
import { findOpa } from '../gateway/policy/opa-binary.ts'
import { openProject } from '../gateway/project/project.ts'
import { openHolder } from '../sandbox/holder.ts'
import type { OverlayMount } from '../sandbox/workspace-fs.ts'
import { BENCH_CONTEXT } from './allowing-governor.ts'
import { atMost, median, percentile, plain, ratio, type Figure, type Suite } from './figures.ts'

const GOAL_MS = 60
const GOAL_FILES = 10_000
const PER_FOLDER = 100
const MANY = 50_000
const MANY_GOAL_MIB = 512
const MIB = 1_048_576
const SAMPLE_MS = 10
const run = promisify(execFile)

interface Times { readonly turn: number[], readonly look: number[], readonly bare: number[] }

export const files: Suite = async ({ quick, say }) => {
  const dir = mkdtempSync(join(tmpdir(), 'weir-bench-'))
  const figures: Record<string, Figure> = {}
  const turns: number[] = []
  const engine = await openPolicyEngine({ dir: join(packageRoot(), 'policies'), opa: await findOpa(process.env), cacheDir: join(dir, 'policy'), onEvent: () => undefined })
  try {
    Object.assign(figures, await measureMany(join(dir, 'many'), engine, say))
    let overBare = 0
    for (const count of quick ? [100, 1_000, GOAL_FILES] : [100, 1_000, GOAL_FILES, 100_000]) {
      const times = await measure(join(dir, String(count)), count, quick ? 15 : 40, engine)
      const turn = median(times.turn)
      turns.push(turn)
      if (count === GOAL_FILES) overBare = turn / median(times.bare)
      const name = `one file of ${count.toLocaleString('en')}`
      figures[`${name}, decided and committed, p50`] = count === GOAL_FILES ? atMost(turn, 'ms', GOAL_MS) : plain(turn, 'ms')
      figures[`${name}, decided and committed, p90`] = plain(percentile(times.turn, 0.9), 'ms')
      figures[`${name}, looked at between calls, p50`] = plain(median(times.look), 'ms')
      figures[`${name}, git add and commit, p50`] = plain(median(times.bare), 'ms')
      say(`  ${name}: ${turn.toFixed(1)} ms, a look ${median(times.look).toFixed(1)} ms, git alone ${median(times.bare).toFixed(1)} ms`)
    }
    return { figures, ratios: { 'one file of 10,000 / one file of 100': ratio((turns[2] ?? Number.NaN) / (turns[0] ?? Number.NaN)), 'decided and committed / git add and commit, of 10,000': ratio(overBare) } }
  } finally {
    rmSync(dir, { recursive: true, force: true })
  }
}

async function measure (dir: string, count: number, rounds: number, engine: PolicyEngine): Promise<Times> {
  mkdirSync(dir)
  const repository = join(dir, 'repo')
  await makeRepository(repository, count)
  const { collect, agent, close } = await openSession(dir, repository, engine)
  const times: Times = { turn: [], look: [], bare: [] }
  try {
    const before = process.hrtime.bigint()
    for (let round = -2; round < rounds; round += 1) {
      await agent(`echo ${before} ${round} > src/d0/f${round + 2}.js`)
      const look = await timed(() => collect('calls'))
      const turn = await timed(() => collect('turn'))
      const bare = await timed(() => commitBare(repository, `${before} ${round}\n`))
      if (round < 0) continue // the worker starts with the first
      times.look.push(look)
      times.turn.push(turn)
      times.bare.push(bare)
    }
    return times
  } finally {
    await close()
  }
}

async function measureMany (dir: string, engine: PolicyEngine, say: (text: string) => void): Promise<Record<string, Figure>> {
  mkdirSync(dir)
  const repository = join(dir, 'repo')
  await makeRepository(repository, PER_FOLDER)
  const session = await openSession(dir, repository, engine)
  const make = (folder: string): Promise<void> => session.agent(`for d in $(seq ${MANY / PER_FOLDER}); do mkdir -p src/${folder}/$d; for f in $(seq ${PER_FOLDER}); do echo ${folder} $d $f > src/${folder}/$d/$f.js; done; done`)
  try {
    await make('first')
    const turn = await withPeak(() => session.collect('turn'))
    await make('second')
    await session.agent('echo one more > src/more.js')
    const refused = await withPeak(() => session.collect('refused'))
    const name = `${MANY.toLocaleString('en')} files of one turn`
    say(`  ${name}: ${(turn.ms / 1_000).toFixed(1)} s, ${turn.mib.toFixed(0)} MiB; one more is refused in ${refused.ms.toFixed(0)} ms, ${refused.mib.toFixed(0)} MiB`)
    return {
      [`${name}, decided and committed`]: plain(turn.ms / 1_000, 's'),
      [`${name}, more resident memory at the most`]: atMost(turn.mib, 'MiB', MANY_GOAL_MIB),
      'one file more than the limit, refused': plain(refused.ms, 'ms'),
      'one file more than the limit, more resident memory at the most': atMost(refused.mib, 'MiB', MANY_GOAL_MIB),
    }
  } finally {
    await session.close()
  }
}

async function withPeak (act: () => Promise<void>): Promise<{ readonly ms: number, readonly mib: number }> {
  const before = process.memoryUsage.rss()
  let peak = before
  const timer = setInterval(() => { peak = Math.max(peak, process.memoryUsage.rss()) }, SAMPLE_MS)
  try {
    return { ms: await timed(act), mib: (peak - before) / MIB }
  } finally {
    clearInterval(timer)
  }
}

interface BenchSession { collect (occasion: 'calls' | 'turn' | 'refused'): Promise<void>, agent (script: string): Promise<void>, close (): Promise<void> }

async function openSession (dir: string, repository: string, engine: PolicyEngine): Promise<BenchSession> {
  const classOf = createPathClasses(engine.data().path_classes)
  const project = await openProject({ app: 'shop', config: { project: repository, testCommand: 'npm test', environments: { DEV: {} } }, dataDir: join(dir, 'data'), classOf })
  const { lowerDir } = await project.materialise('DEV', classOf)
  const paths = { lower: lowerDir, upper: join(dir, 'upper'), work: join(dir, 'work'), merged: join(dir, 'merged') }
  for (const path of [paths.upper, paths.work, paths.merged]) mkdirSync(path)
  const holder = await openHolder(paths)
  const mount: OverlayMount = { holderPid: holder.pid, mergedDir: paths.merged, upperDir: paths.upper, lowerDir }
  const journal = await openJournal({ dir: join(dir, 'ledger'), nowMs: Date.now, onWarning: (message) => { throw new Error(message) } })
  let end: () => void = () => undefined
  const session = { id: 'wses_bench', context: BENCH_CONTEXT, ended: new Promise<void>((resolve) => { end = resolve }) }
  const plane = await openPlane(engine, journal, { project: () => project, classOf })
  return {
    async collect (occasion) {
      const { commit } = await plane.collect(session, mount, occasion === 'refused' ? 'turn' : occasion)
      if ((commit === null) === (occasion === 'turn')) throw new Error('a turn was not committed, or one that is too large was')
    },
    async agent (script) { await run('nsenter', ['-t', String(holder.pid), '-U', '-m', '--preserve-credentials', 'sh', '-ec', `cd ${paths.merged}; ${script}`]) },
    async close () {
      end()
      await holder.close()
      await journal.close()
    },
  }
}

async function openPlane (engine: PolicyEngine, journal: Awaited<ReturnType<typeof openJournal>>, home: Pick<Parameters<typeof createFilePlane>[0], 'project' | 'classOf'>): Promise<FilePlane> {
  const none = { find: () => null, consume: () => false, hold: () => 'apr_bench' }
  const classify = createClassify({ data: () => engine.data(), shell: await loadShellParser(), testCommand: () => 'npm test', readlink: () => null })
  const governor = createGovernor({ classify, policy: () => engine.current(), ledger: journal, approvals: none, clock: { nowMs: Date.now } })
  return createFilePlane({
    ...home,
    govern: governor.govern,
    preview: governor.preview,
    revision: () => engine.current().revision,
    ledger: journal,
    approvals: { ...none, isStale: () => false, writesOf: () => [], carry () {} },
    workOf: () => null,
    limits: { fileBytes: 8_388_608, changedFiles: MANY },
    log: { warn: (_, message) => { throw new Error(message) } },
  })
}

// By one fast-import and one checkout: to write and add 100,000 files one by one takes minutes.
async function makeRepository (folder: string, count: number): Promise<void> {
  execFileSync('git', ['init', '-q', '-b', 'main', folder])
  const child = spawn('git', ['-C', folder, 'fast-import', '--quiet'], { stdio: ['pipe', 'ignore', 'inherit'] })
  const lines = ['commit refs/heads/main', 'committer Bench <bench@acme.test> 0 +0000', 'data 5', 'start']
  for (let at = 0; at < count; at += 1) lines.push(`M 100644 inline src/d${Math.floor(at / PER_FOLDER)}/f${at % PER_FOLDER}.js`, `data ${String(at).length}`, String(at))
  child.stdin.end(`${lines.join('\n')}\n`)
  await once(child, 'close')
  execFileSync('git', ['-C', folder, 'reset', '-q', '--hard'])
}

async function commitBare (folder: string, text: string): Promise<void> {
  writeFileSync(join(folder, 'src', 'd0', 'f99.js'), text)
  await run('git', ['-C', folder, 'add', 'src/d0/f99.js'])
  await run('git', ['-C', folder, '-c', 'user.name=Bench', '-c', 'user.email=bench@acme.test', 'commit', '-q', '-m', 'one'])
}

async function timed (act: () => Promise<unknown>): Promise<number> {
  const startedMs = performance.now()
  await act()
  return performance.now() - startedMs
}
