import { spawn } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { request } from 'node:http'
import { join } from 'node:path'
import { Readable, type Writable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import t, { type Test } from 'tap'
import { Compile } from 'typebox/schema'
import { AGENT_MESSAGES } from '../../../../gateway/planes/tool/protocol/answers.ts'
import { packageRoot } from '../../../../gateway/package-root.ts'
import { testFolder } from '../../../support/test-folder.ts'
import { openToolStage, type Answer } from './tool-stage.ts'

// The corpus is data, so that a client in any language can be held to it: lines of `{title, send, expect, never}`. The messages
// of one request come in the order in which they are expected, with others between; after each case the stream must still serve a request, unless the case is the end of it.
// `keep` names values of the answers: `{"commit": {"from": {"type": "changes"}, "at": ["commits", 0]}}` is what the first message that fits has at that place. In
// later cases of the file, which are conversations of the same session, `{"kept": "commit"}` stands for it.

interface Piece { readonly verb?: string, readonly text?: string, readonly hex?: string, readonly repeat?: string, readonly times?: number }
interface Case { readonly title: string, readonly send: readonly Piece[], readonly expect: readonly object[], readonly never?: readonly object[], readonly last?: boolean, readonly keep?: Readonly<Record<string, { readonly from: object, readonly at: readonly (string | number)[] }>> }

const CHUNK = 1_048_576
const PROCESSES = 2 // at once
const GOOD = { verb: 'plan', id: 'usable-after-all', calls: [{ tool: 'read-file', args: { path: 'README.md' } }] }

const stage = await openToolStage(t)
const token = stage.gateway.tokenFor('author', 'alice@acme.test')
const corpus = join(packageRoot(), 'test/corpus/protocol')

/** Carries bytes to the gateway and its lines back. */
type Carry = (bytes: Iterable<Buffer>) => Promise<string>

const byHttp: Carry = async (bytes) => {
  const posting = request(`${stage.gateway.url}/weir/api/v1/tools`, { method: 'POST', headers: { authorization: `Bearer ${token}`, 'content-type': 'application/x-ndjson' } })
  const answered = new Promise<string>((resolve, reject) => {
    posting.once('error', reject).once('response', (answer) => { textOf(answer).then(resolve, reject) })
  })
  await Promise.all([pipeline(Readable.from(bytes), posting), answered])
  return await answered
}

const byStdio: Carry = async (bytes) => {
  const agent = spawn(process.execPath, [join(packageRoot(), 'bin/weir.js'), 'agent', '--stdio', '--url', stage.gateway.url], { stdio: ['pipe', 'pipe', 'inherit'], env: { ...process.env, WEIR_TOKEN: token } })
  const text = textOf(agent.stdout)
  await pipeline(Readable.from(bytes), agent.stdin as Writable)
  return await text
}

async function textOf (stream: AsyncIterable<unknown>): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of stream) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks).toString('utf8')
}

function * bytesOf ({ send, last }: Case): Iterable<Buffer> {
  for (const { text, hex, repeat, times = 0, ...message } of send) {
    if (text !== undefined) yield Buffer.from(text)
    else if (hex !== undefined) yield Buffer.from(hex, 'hex')
    else if (repeat !== undefined) for (let left = times; left > 0; left -= CHUNK) yield Buffer.from(repeat.repeat(Math.min(left, CHUNK)))
    else yield Buffer.from(`${JSON.stringify(message)}\n`)
  }
  if (last !== true) yield Buffer.from(`${JSON.stringify(GOOD)}\n`)
}

const checks = new Map(Object.entries(AGENT_MESSAGES).map(([type, schema]) => [type, Compile(schema)]))

function holds (t: Test, one: Case, answers: readonly Answer[]): void {
  t.same(answers.filter((answer) => checks.get(answer.type)?.Check(answer) !== true), [], 'each message is one of the published schema')
  const next = new Map<unknown, number>()
  const expected = one.last === true ? one.expect : [...one.expect, { type: 'end', id: GOOD.id, status: 'allow' }]
  for (const wanted of expected) {
    const id = 'id' in wanted ? wanted.id : undefined
    const from = next.get(id) ?? 0
    const at = answers.findIndex((answer, index) => index >= from && answer.id === id && fits(answer, wanted))
    t.not(at, -1, `${JSON.stringify(wanted)} in ${JSON.stringify(answers.filter((answer) => answer.id === id)).slice(0, 2_000)}`)
    if (at !== -1) next.set(id, at + 1)
  }
  for (const unwanted of one.never ?? []) t.notOk(answers.some((answer) => answer.id !== GOOD.id && fits(answer, unwanted)), `no ${JSON.stringify(unwanted)}`)
}

function fits (found: unknown, wanted: unknown): boolean {
  if (typeof wanted !== 'object' || wanted === null) return found === wanted
  if (typeof found !== 'object' || found === null) return false
  if (Array.isArray(wanted) && Array.isArray(found) && found.length !== wanted.length) return false
  return Object.entries(wanted).every(([name, value]) => fits((found as Readonly<Record<string, unknown>>)[name], value))
}

/** The case with what was kept in its places. */
function filled <T> (value: T, kept: ReadonlyMap<string, unknown>): T {
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map((item: unknown) => filled(item, kept)) as T
  if ('kept' in value && typeof value.kept === 'string' && Object.keys(value).length === 1) return kept.get(value.kept) as T
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, filled<unknown>(member, kept)])) as T
}

function keep (t: Test, { keep = {} }: Case, answers: readonly Answer[], kept: Map<string, unknown>): void {
  for (const [name, { from, at }] of Object.entries(keep)) {
    const value = at.reduce<unknown>((found, member) => (found as Readonly<Record<string, unknown>> | undefined)?.[member], answers.find((answer) => fits(answer, from)))
    t.not(value, undefined, `there is a ${name} to keep`)
    kept.set(name, value)
  }
}

for (const file of readdirSync(corpus).sort()) {
  const cases = readFileSync(join(corpus, file), 'utf8').trim().split('\n').map((line) => JSON.parse(line) as Case)
  await t.test(`${file} over HTTP`, async (t) => {
    const kept = new Map<string, unknown>()
    for (const written of cases) {
      await t.test(written.title, async (t) => {
        const one = filled(written, kept)
        const lines = (await byHttp(bytesOf(one))).split('\n').filter((line) => line !== '')
        const answers = lines.map((line) => JSON.parse(line) as Answer)
        holds(t, one, answers)
        keep(t, one, answers, kept)
      })
    }
  })
}

await t.test('hostile.jsonl over stdio, in one process each', async (t) => {
  const cases = readFileSync(join(corpus, 'hostile.jsonl'), 'utf8').trim().split('\n').map((line) => JSON.parse(line) as Case)
  const left = cases.values()
  await Promise.all(Array.from({ length: PROCESSES }, async () => {
    for (const one of left) {
      const lines = (await byStdio(bytesOf(one))).split('\n').filter((line) => line !== '')
      holds(t, one, lines.map((line) => JSON.parse(line) as Answer))
    }
  }))
})

await t.test('the line of docs/tool-plane.md, by a shell that finds weir, prints what the command printed', async (t) => {
  const line = /^printf .*weir agent --stdio.*$/m.exec(readFileSync(join(packageRoot(), 'docs/tool-plane.md'), 'utf8'))?.[0] ?? ''
  const bin = testFolder(t, { weir: t.fixture('symlink', join(packageRoot(), 'bin/weir.js')) })
  const shell = spawn('bash', ['-o', 'pipefail', '-c', line], { stdio: ['ignore', 'pipe', 'inherit'], env: { ...process.env, PATH: `${bin}:${process.env['PATH']}`, WEIR_URL: stage.gateway.url, WEIR_TOKEN: token } })
  const ended = new Promise((resolve) => { shell.once('close', resolve) })
  t.match(await textOf(shell.stdout), /ok 1 - adds/)
  t.equal(await ended, 0)
})

const clients = join(packageRoot(), 'examples/clients')
const RUNNERS = [['Bash', join(clients, 'bash/conformance.sh')], ['Neovim', 'nvim', '--clean', '--headless', '-S', join(clients, 'neovim/conformance.lua')]] as const

for (const [name, program, ...args] of RUNNERS) {
  await t.test(`the ${name} client of examples/ finds all of the corpus to hold, too`, async (t) => {
    const files = readdirSync(corpus).map((file) => join(corpus, file))
    const suite = spawn(program, [...args, ...files], { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, WEIR_AGENT: join(clients, 'bash/over-http.sh'), WEIR_URL: stage.gateway.url, WEIR_TOKEN: token } })
    const ended = new Promise((resolve) => { suite.once('close', resolve) })
    const report = (await Promise.all([textOf(suite.stdout), textOf(suite.stderr)])).join('')
    t.equal(await ended, 0)
    t.notMatch(report, /^not ok|^#/m)
    t.match(report, new RegExp(`^1\\.\\.${files.flatMap((file) => readFileSync(file, 'utf8').trim().split('\n')).length}\r?$`, 'm'))
  })
}

await t.test('the exit code says whether all was done, something was refused, or something waits', async (t) => {
  const ended = async (send: readonly object[], env: NodeJS.ProcessEnv = {}): Promise<{ readonly code: number | null, readonly said: string }> => {
    const agent = spawn(process.execPath, [join(packageRoot(), 'bin/weir.js'), 'agent', '--stdio', '--url', stage.gateway.url], { stdio: ['pipe', 'ignore', 'pipe'], env: { ...process.env, WEIR_TOKEN: token, ...env } })
    const said = textOf(agent.stderr)
    const code = new Promise<number | null>((resolve) => { agent.once('close', resolve) })
    agent.stdin.on('error', () => undefined) // it may be gone before it has read
    agent.stdin.end(send.map((message) => `${JSON.stringify(message)}\n`).join(''))
    return { code: await code, said: await said }
  }
  const done = { verb: 'apply', id: 1, call: { tool: 'read-file', args: { path: 'README.md' } } }
  const waits = { verb: 'apply', id: 2, call: { tool: 'write-file', args: { path: 'package.json', content: '{}' } } }
  const denied = { verb: 'apply', id: 3, call: { tool: 'read-file', args: { path: '.env' } } }
  t.equal((await ended([done])).code, 0)
  t.equal((await ended([waits, done])).code, 3)
  t.equal((await ended([waits, denied, done])).code, 1)
  t.match(await ended([done], { WEIR_TOKEN: 'nobody' }), { code: 1, said: /token/ })
})
