import { existsSync, readFileSync } from 'node:fs'
import { request } from 'node:http'
import { connect } from 'node:net'
import { once } from 'node:events'
import { join } from 'node:path'
import { json, text } from 'node:stream/consumers'
import t from 'tap'
import { packageRoot } from '../../../../gateway/package-root.ts'
import { openExecGate } from '../../../../gateway/planes/exec/exec-gate.ts'
import { ReleasedCalls, type Settled } from '../../../../gateway/sessions/released-calls.ts'
import { findAgentBinary } from '../../../../sandbox/agent-binary.ts'
import { createBubblewrap } from '../../../../sandbox/bubblewrap.ts'
import { createFrameReader, encodeFrame, FRAMES, type Frame } from '../../../../sandbox/inside/frames.ts'
import { INSIDE } from '../../../../sandbox/sandbox.ts'
import { CONTEXT, openDoor, permitFrom } from '../../../sandbox/open-door.ts'
import { testFolder } from '../../../support/test-folder.ts'

const door = openDoor((input) => {
  if (input.kind !== 'tool-call') return 'allow'
  if (input.tool?.native !== 'shell') return 'deny'
  if (input.command?.text.includes('FORBIDDEN') === true) return 'deny'
  return input.command?.text.includes('ASK') === true ? 'pending' : 'allow'
}, ({ command }) => command?.text.includes('OBLIGED') === true ? { modify: [{ op: 'add-flag', flag: '--verbose' }] } : {})
t.setTimeout(900_000) // a machine under load, not a measure
const permit = await permitFrom(door)
const home = testFolder(t, { lower: { 'a.txt': 'a\n' }, data: {} })
const agentBinary = findAgentBinary({ command: 'opencode', root: packageRoot(), path: '', arch: process.arch })
const driver = await createBubblewrap({ dataDir: join(home, 'data'), agentBinary, onDiagnostic: (said) => { t.comment(said) } })
const sandbox = await driver.open(permit, { lowerDir: join(home, 'lower') })
const released = new ReleasedCalls()
let touched = 0
const socketPath = join(sandbox.gateDir, 'exec.sock')
const gate = await openExecGate(socketPath, {
  governor: door.governor,
  ledger: door.ledger,
  context: CONTEXT,
  released,
  runTool: (given, spec) => sandbox.runTool(given, spec),
  touch: () => { touched += 1 },
  onError: (error) => { t.comment(error.message) },
})
t.teardown(async () => {
  await gate.close()
  await sandbox.stop()
  await driver.close()
})

const model = { npm: '@ai-sdk/openai-compatible', name: 'm', options: { baseURL: `${INSIDE.modelBaseUrl}/v1`, apiKey: 'x' }, models: { m: { name: 'm', tool_call: true } } }
await sandbox.startAgent({ config: { shell: INSIDE.shell, provider: { m: model }, model: 'm/m', small_model: 'm/m', share: 'disabled', autoupdate: false } })

async function ask (method: string, path: string, body?: object): Promise<{ readonly status: number, readonly value: unknown }> {
  const sent = request({ socketPath: sandbox.agentSocketPath, method, path, headers: { authorization: sandbox.authorization, 'content-type': 'application/json', 'accept-encoding': 'identity' } })
  sent.end(body === undefined ? undefined : JSON.stringify(body))
  const [answer] = await once(sent, 'response')
  return { status: answer.statusCode, value: await json(answer) }
}

/** Runs a command through the agent's own route, which starts its shell: the whole answer as text. */
async function shellRoute (session: string, command: string): Promise<string> {
  const { value } = await ask('POST', `/session/${session}/shell`, { agent: 'build', command })
  return JSON.stringify(value)
}

/** Speaks to the gate as the wrapper does. */
async function startAt (bytes: Buffer): Promise<{ readonly frames: Frame[], readonly text: (type: number) => string }> {
  const socket = connect(socketPath)
  socket.on('error', () => { socket.destroy() })
  const reader = createFrameReader()
  const frames: Frame[] = []
  socket.on('data', (chunk: Buffer) => { frames.push(...reader.push(chunk)) })
  socket.write(bytes)
  await once(socket, 'close')
  return { frames, text: (type) => Buffer.concat(frames.filter((frame) => frame.type === type).map((frame) => frame.payload)).toString() }
}

const startFrame = (argv: readonly string[], cwd = '/workspace'): Buffer => Buffer.concat([encodeFrame(FRAMES.start, JSON.stringify({ argv, cwd })), encodeFrame(FRAMES.stdinEnd, '')])
const startEntries = (): string[] => door.entries.flatMap((entry) => entry.kind === 'decision' && entry.plane === 'exec' ? entry.input.command?.text ?? 'none' : [])

await t.test('the real agent is healthy with its password, answers 401 without, and has the workspace as its project', async (t) => {
  t.equal((await ask('GET', '/global/health')).status, 200)
  const sent = request({ socketPath: sandbox.agentSocketPath, path: '/global/health' })
  sent.end()
  const [answer] = await once(sent, 'response')
  t.equal(answer.statusCode, 401)
  t.match((await ask('GET', '/path')).value, { worktree: '/workspace', directory: '/workspace' })
})

await t.test('what the real agent runs in its shell is decided as the user wrote it, and runs beside the agent', async (t) => {
  const { id } = (await ask('POST', '/session', { title: 't' })).value as { id: string }
  const command = 'echo \'$(echo not twice)\' "q" > made.txt\nenv | cut -d= -f1 | sort | tr "\\n" " "'
  const said = await shellRoute(id, command)
  t.equal(startEntries().at(-1), command)
  t.equal(readFileSync(join(sandbox.upperDir, 'made.txt'), 'utf8'), '$(echo not twice) q\n')
  t.match(said, 'HOME LANG PATH PWD')
  t.notMatch(said, 'OPENCODE')
  t.match(door.entries.at(-1), { kind: 'outcome', status: 'done', detail: { how: 'exited', code: 0 } })
})

await t.test('a denied command gives its feedback and nothing runs', async (t) => {
  const { id } = (await ask('POST', '/session', { title: 't' })).value as { id: string }
  const said = await shellRoute(id, 'touch FORBIDDEN')
  t.match(said, 'Rule test.deny says no.')
  t.notOk(existsSync(join(sandbox.upperDir, 'FORBIDDEN')))
})

await t.test('a terminal that the real agent opens is a shell start too', async (t) => {
  const before = door.entries.length
  await ask('POST', '/pty', { title: 'x', command: '/usr/bin/bash' })
  while (door.entries.length === before) await new Promise((resolve) => setImmediate(resolve))
  t.match(door.entries.at(-1), { kind: 'decision', plane: 'exec', input: { tool: { native: 'terminal', name: 'other' } }, decision: { verdict: 'deny' } })
})

await t.test('streams, exit code and directory come through the wrapper protocol', async (t) => {
  const { frames, text: said } = await startAt(startFrame(['-c', 'pwd; echo oops >&2; exit 9'], '/workspace/./'))
  t.equal(said(FRAMES.stdout), '/workspace\n')
  t.equal(said(FRAMES.stderr), 'oops\n')
  t.same(frames.at(-1), { type: FRAMES.exit, payload: Buffer.of(9) })
  t.equal((await startAt(startFrame(['-c', 'pwd'], '/etc'))).text(FRAMES.stdout), '/workspace\n')
  t.ok(touched > 0)
})

await t.test('a command that the kernel ended for the size of a file is told so', async (t) => {
  const { frames, text: said } = await startAt(startFrame(['-c', 'ulimit -f 1; exec head -c 4096 /dev/zero > too-large']))
  t.match(said(FRAMES.stderr), 'weir: the command was stopped: over the limit of one file')
  t.same(frames.at(-1), { type: FRAMES.exit, payload: Buffer.of(153) })
})

await t.test('a large output arrives whole', async (t) => {
  const { text: said } = await startAt(startFrame(['-c', 'head -c 3000000 /dev/zero | tr "\\0" x']))
  t.equal(said(FRAMES.stdout).length, 3_000_000)
})

await t.test('a queued command does not run and names its approval', async (t) => {
  const { frames } = await startAt(startFrame(['-c', 'touch ASK']))
  t.same(frames.map(({ type, payload }) => [type, payload.toString()]), [[FRAMES.refused, 'weir: Rule test.pending says no. It waits for approval apr_1.']])
})

await t.test('an approved release of the same text covers one start of a command that waits for people, and none that is denied', async (t) => {
  const settled = { revision: 'r1', approved: true, changed: true }
  released.remember({ callId: 'c1', native: 'bash', digest: 'd', permit, command: 'echo ASK', cwd: INSIDE.workspace, settled })
  released.remember({ callId: 'c2', native: 'bash', digest: 'd', permit, command: 'echo FORBIDDEN', cwd: INSIDE.workspace, settled })
  t.equal((await startAt(startFrame(['-c', 'echo ASK']))).text(FRAMES.stdout), 'ASK\n')
  t.equal((await startAt(startFrame(['-c', 'echo ASK']))).text(FRAMES.stdout), '')
  t.equal((await startAt(startFrame(['-c', 'echo FORBIDDEN']))).text(FRAMES.stdout), '')
})

await t.test('a command that is allowed only changed does not run; the release of the changed call covers one start of that text and no other', async (t) => {
  const { id } = (await ask('POST', '/session', { title: 't' })).value as { id: string }
  const asked = 'mkdir -p OBLIGED/a'
  const changed = `${asked} --verbose`
  const refused = /This is allowed only changed: the command needs the option --verbose/
  t.match((await startAt(startFrame(['-c', changed]))).text(FRAMES.refused), refused, 'without a release')
  released.remember({ callId: 'c3', native: 'bash', digest: 'd', permit, command: changed, cwd: INSIDE.workspace, settled: { revision: 'r1', approved: false, changed: true } })
  t.match(await shellRoute(id, asked), refused)
  t.match((await startAt(startFrame(['-c', `${changed} OBLIGED/b`]))).text(FRAMES.refused), refused)
  t.match((await startAt(startFrame(['-c', changed], '/workspace/other'))).text(FRAMES.refused), refused)
  t.match(door.entries.slice(-3), [1, 2, 3].map(() => ({ kind: 'decision', plane: 'exec', decision: { verdict: 'deny', rule: 'weir.obligation_unfulfilled' } })))
  t.notOk(existsSync(join(sandbox.upperDir, 'OBLIGED')))
  t.match(await shellRoute(id, changed), "mkdir: created directory 'OBLIGED/a'")
  t.ok(existsSync(join(sandbox.upperDir, 'OBLIGED', 'a')))
  t.match(door.entries.at(-1), { kind: 'event', name: 'approved-command-started', detail: { of: permit.entry } })
  t.match((await startAt(startFrame(['-c', changed]))).text(FRAMES.refused), refused, 'a second time')
})

await t.test('a release helps only under the policy that it was decided by, and only with what it settled', async (t) => {
  const start = async (command: string, settled: Settled | undefined): Promise<string> => {
    released.remember({ callId: 'swap', native: 'bash', digest: 'd', permit, command, cwd: INSIDE.workspace, ...(settled === undefined ? {} : { settled }) })
    const said = await startAt(startFrame(['-c', command]))
    released.finish('swap')
    return said.frames.some(({ type }) => type === FRAMES.refused) ? 'refused' : said.text(FRAMES.stdout).trim()
  }
  t.equal(await start('echo ASK', { revision: 'r1', approved: true, changed: false }), 'ASK')
  t.equal(await start('echo OBLIGED', { revision: 'r1', approved: false, changed: true }), 'OBLIGED')
  for (const command of ['echo ASK', 'echo OBLIGED', 'echo FORBIDDEN']) {
    t.equal(await start(command, { revision: 'r0', approved: true, changed: true }), 'refused', `${command}, released under another policy`)
    t.equal(await start(command, undefined), 'refused', `${command}, which policy had simply allowed`)
  }
  t.equal(await start('echo ASK', { revision: 'r1', approved: false, changed: true }), 'refused', 'changed, not approved')
  t.equal(await start('echo OBLIGED', { revision: 'r1', approved: true, changed: false }), 'refused', 'approved, not changed')
})

await t.test('a request in no known form is refused', async (t) => {
  const bad = [
    startFrame(['-c', 'touch BAD', 'extra']), startFrame(['script.sh']), startFrame(['-i', '-c', 'touch BAD']), startFrame([]),
    startFrame(['-l', '-c', 'eval "touch BAD"', 'opencode', '/workspace']),
    encodeFrame(FRAMES.start, '{"argv":["-c",1],"cwd":"/"}'), encodeFrame(FRAMES.start, '[]'), encodeFrame(FRAMES.start, '{'),
    encodeFrame(FRAMES.stdin, 'touch BAD'), Buffer.of(99, 0, 0, 0, 0), Buffer.of(1, 0xFF, 0xFF, 0xFF, 0xFF),
  ]
  for (const bytes of bad) t.same((await startAt(bytes)).frames.map((frame) => frame.type), [FRAMES.refused], JSON.stringify(bytes.toString('latin1')))
  t.notOk(existsSync(join(sandbox.upperDir, 'BAD')))
})

await t.test('a wrapper that goes away takes its command with it', async (t) => {
  const outcomes = (): number => door.entries.filter((entry) => entry.kind === 'outcome' && entry.detail['how'] === 'killed').length
  const before = outcomes()
  const socket = connect(socketPath)
  socket.write(startFrame(['-c', 'echo ready; sleep 765432']))
  await once(socket, 'data')
  socket.destroy()
  while (outcomes() === before) await new Promise((resolve) => setImmediate(resolve))
  const list = sandbox.runTool(permit, { command: 'true', cwd: INSIDE.workspace })
  t.equal(await text(list.stdout), '', 'the sandbox still works')
})

await t.test('a ledger that cannot record means nothing starts', async (t) => {
  const path = join(sandbox.gateDir, 'second.sock')
  const broken = openDoor(() => 'allow')
  broken.ledger.append = async () => { throw new Error('disk full') }
  const second = await openExecGate(path, { governor: broken.governor, ledger: broken.ledger, context: CONTEXT, released, runTool: () => { throw new Error('it ran') }, touch: () => {}, onError: () => {} })
  const socket = connect(path)
  socket.write(startFrame(['-c', 'touch RAN']))
  const said = await text(socket)
  t.match(said, 'WEIR_ERR_INTERNAL')
  await second.close()
})
