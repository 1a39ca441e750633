import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import t, { type Test } from 'tap'
import { openHeldStore } from '../../../../gateway/planes/file/held-store.ts'
import { until } from '../../../support/until.ts'
import { testFolder } from '../../../support/test-folder.ts'

const ROUNDS = 6
const STEPS = 50 // a little more than a turn takes
const FILES = ['src/1.js', 'src/2.js', 'src/3.js', 'src/4.js']

const dir = testFolder(t, { held: {}, tmp: {} })
const [repository, held] = [join(dir, 'repo'), join(dir, 'held')]
const git = (...args: string[]): string => execFileSync('git', ['-C', repository, ...args], { encoding: 'utf8' }).trim()

/** Collects from this turn on, and is killed at this step of the next one. @returns the last turn that it said was over */
async function collectAndDie (first: number, step: number): Promise<number> {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'collecting-process.js'), dir, String(first), String(step)], { stdio: ['ignore', 'pipe', 'inherit'], env: { ...process.env, TMPDIR: join(dir, 'tmp') } })
  let said = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => { said += text })
  const [, signal] = await once(child, 'close') as [number | null, string | null]
  if (signal !== 'SIGKILL') throw new Error('it ended by itself')
  // A git that it had started goes on to its own end.
  await until(() => readdirSync('/proc').every((pid) => !environmentOf(pid).includes(`GIT_DIR=${join(repository, '.git')}\0`)))
  return Number(said.trim().split('\n').at(-1))
}

function environmentOf (pid: string): string {
  try {
    return readFileSync(join('/proc', pid, 'environ'), 'utf8')
  } catch {
    return '' // no process, or none any more
  }
}

/** What must hold whenever it is killed. @returns the turn that the project is at */
async function settled (t: Test, over: number): Promise<number> {
  t.equal(git('fsck', '--strict', '--no-dangling'), '')
  const at = new Set(FILES.map((path) => git('show', `weir/dev:${path}`)))
  t.equal(at.size, 1, 'no turn is there in part')
  const turn = Number([...at][0])
  t.ok(turn === over || turn === over + 1, `turn ${turn} is there, ${over} was said`)
  const commits = git('log', '--format=format:|', '--name-only', 'main..weir/dev').split('|').slice(1).map((names) => names.trim().split('\n'))
  t.ok(commits.every((names) => names.join() === FILES.join()), 'each turn is one commit, of what is allowed alone')
  const store = await openHeldStore(held)
  const records = readdirSync(held).filter((name) => name.endsWith('.json'))
  const kept = await Promise.all(records.map(async (name) => await store.read(name.slice(0, -'.json'.length))))
  t.ok(['go.mod', 'package.json'].every((path) => kept.some((one) => one?.change.path === path)), 'what waits is there')
  for (const one of kept) t.match(readFileSync(one?.snapshot ?? '', 'utf8'), /^\d+\n$/, 'and whole')
  return turn
}

await t.test(`killed at ${ROUNDS} of the steps in which a turn ends, the project is at the end of a turn, what waits is whole, and the next process goes on`, async (t) => {
  let turn = 0
  const steps = fc.sample(fc.shuffledSubarray(Array.from({ length: STEPS }, (_, at) => at + 1), { minLength: ROUNDS, maxLength: ROUNDS }), 1)[0] ?? []
  for (const step of steps) {
    t.comment(`step ${step}`)
    const over = await collectAndDie(turn + 1, step)
    t.ok(over > turn, 'it went on')
    turn = await settled(t, over)
  }
})
