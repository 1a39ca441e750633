import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { request } from 'node:http'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { promisify } from 'node:util'
import t, { type Test } from 'tap'
import { openExecGate } from '../../../gateway/planes/exec/exec-gate.ts'
import { serveSessionModel, type RefusedAtDoor } from '../../../gateway/planes/model/session-door.ts'
import { ReleasedCalls } from '../../../gateway/sessions/released-calls.ts'
import { createBubblewrap } from '../../../sandbox/bubblewrap.ts'
import { openGovernedPlane, TOKEN } from '../../gateway/planes/model/governed-plane.ts'
import { CONTEXT, openDoor, permitFrom } from '../open-door.ts'
import { writeProbeAgent } from '../probe-agent.ts'
import { fileAttempts, networkAttempts, OF_TOOLS_ONLY, PRELUDE, privilegeAttempts, SILENT, type Attempt } from './attempts.ts'
import { putOutside } from './outside.ts'
import { startShell } from './start-shell.ts'
import { testFolder } from '../../support/test-folder.ts'
import { until } from '../../support/until.ts'

const run = promisify(execFile)
const home = testFolder(t, { lower: { 'a.txt': 'a\n' }, data: {}, outside: {} })
t.setTimeout(900_000) // a machine under load, not a measure
const outside = await putOutside(join(home, 'outside'))
const door = openDoor(({ command }) => command?.text.includes('FORBIDDEN') === true ? 'deny' : 'allow')
const permit = await permitFrom(door)
const driver = await createBubblewrap({ dataDir: join(home, 'data'), agentBinary: writeProbeAgent(home) })
const sandbox = await driver.open(permit, { lowerDir: join(home, 'lower') })
const socketPath = join(sandbox.gateDir, 'exec.sock')
const gate = await openExecGate(socketPath, {
  governor: door.governor, ledger: door.ledger, context: CONTEXT, released: new ReleasedCalls(), runTool: (given, spec) => sandbox.runTool(given, spec), touch: () => {}, onError: () => {},
})
t.teardown(async () => {
  await gate.close()
  await sandbox.stop()
  await driver.close()
  await outside.close()
})
await sandbox.startAgent({ config: {} })

const start = async (command: string): Promise<string> => await startShell(socketPath, command)

/** Runs Python where the agent runs. */
async function inAgent (code: string): Promise<string> {
  const sent = request({ socketPath: sandbox.agentSocketPath, path: `/${encodeURIComponent(code)}`, headers: { authorization: sandbox.authorization } })
  sent.end()
  const [answer] = await once(sent, 'response')
  return await text(answer)
}

const inTool = (code: string): Promise<string> => start(`python3 -c '${`${PRELUDE}print("began", flush=True)\n${code}`.replaceAll("'", '\'"\'"\'')}'`)
const inAgentToo = (code: string): Promise<string> => inAgent(`${PRELUDE}print("began", flush=True)\n${code}`)
const decided = (): number => door.entries.filter((entry) => entry.kind === 'decision' && entry.plane === 'exec').length
/** Whether the last start has its outcome. */
function settledLast (): boolean {
  const last = door.entries.findLastIndex((entry) => entry.kind === 'decision' && entry.plane === 'exec')
  return door.entries.some((entry) => entry.kind === 'outcome' && entry.of === last)
}
/** Shows that there is something to reach: the same Python, without the walls. */
async function tryOutside (t: Test, attempts: readonly Attempt[]): Promise<void> {
  for (const { name, python, worksOutside } of attempts) {
    if (worksOutside === true) t.match((await run('python3', ['-c', PRELUDE + python], { cwd: home })).stdout, 'ESCAPED', `${name}: works without walls`)
  }
}

async function tryAll (t: Test, attempts: readonly Attempt[]): Promise<void> {
  for (const { name, python, control } of attempts) {
    const before = decided()
    const said = await inTool(python)
    t.match(said, /^began/, `${name}: it was tried`)
    t.notMatch(said, /ESCAPED|outside-/, `${name}: ${said.slice(-300)}`)
    if (!SILENT.includes(name)) t.match(said, /held|error/i, `${name}: it came to its end`)
    t.equal(decided(), before + 1, `${name}: its start is in the ledger`)
    t.ok(settledLast(), `${name}: and how it ended`)
    if (!OF_TOOLS_ONLY.includes(name) && !name.startsWith('killing everything')) {
      const agent = await inAgentToo(python)
      t.match(agent, /^began/, `${name}: the agent tried it`)
      t.notMatch(agent, /ESCAPED|outside-/, `${name}, from the agent: ${agent.slice(-300)}`)
    }
    if (control === undefined) continue
    t.match(await inTool(control), 'WORKS', `${name}: the like works inside`)
    t.match(await inAgentToo(control), 'WORKS', `${name}: and for the agent`)
  }
}

await t.test('no network leads out', async (t) => {
  await tryOutside(t, networkAttempts(outside))
  t.ok(['tcp', 'abstract', 'unix'].every((what) => outside.reached.includes(what)))
  outside.reached.length = 0
  await tryAll(t, networkAttempts(outside))
  t.strictSame(outside.reached, [])
})

await t.test('no path leads out, and nothing of the machine can be written or killed', async (t) => {
  await tryOutside(t, fileAttempts(outside))
  await tryAll(t, fileAttempts(outside))
  t.ok(outside.isVictimAlive())
  t.equal(readFileSync(outside.secretFile, 'utf8'), outside.secret)
})

await t.test('no privilege can be had', async (t) => {
  await tryAll(t, privilegeAttempts())
})

await t.test('nothing outlives its command', async (t) => {
  const before = decided()
  t.match(await start('setsid nohup sleep 314159 >/dev/null 2>&1 & (setsid sleep 314159 &) ; python3 -c "import os\nif os.fork() == 0:\n  os.setsid()\n  os.fork() or os.execvp(\'sleep\', [\'sleep\', \'314159\'])"; echo started'), 'started')
  t.equal(decided(), before + 1)
  await until(() => processesWith('314159') === 0) // the kernel ends them, a moment after bwrap told the end
})

await t.test('descriptors, watches and deep folders that run out harm only who took them', async (t) => {
  const greedy = ['ulimit -n; python3 -c "import os\ntry:\n  while True: os.open(\'/dev/null\', 0)\nexcept OSError as e: print(e)"', 'python3 -c "import os\ntry:\n  for i in range(2000): os.mkdir(\'d\'); os.chdir(\'d\')\nexcept OSError as e: print(e)\nprint(\'deep\')"; rm -rf d', 'touch $(head -c 255 /dev/zero | tr "\\0" n); touch $(head -c 256 /dev/zero | tr "\\0" n)']
  const before = decided()
  for (const command of greedy) t.not(await start(command), '', command)
  t.equal(decided(), before + greedy.length, 'each is in the ledger')
  t.equal(await start('echo goes on'), 'goes on\n')
})

await t.test('the gate takes only what its protocol has, from the agent too', async (t) => {
  const speak = (bytes: string): string => `s = socket.socket(socket.AF_UNIX); s.connect("/weir/gate/exec.sock"); s.sendall(${bytes}); s.settimeout(20); print(repr(s.recv(300)))`
  const seen = decided()
  const giant = await inAgentToo(speak('b"\\x01\\xff\\xff\\xff\\xff"'))
  t.match(giant, /weir: /, 'a giant frame is refused')
  t.match(await inAgentToo(speak('b"\\x05\\x00\\x00\\x00\\x01\\x00"')), /weir: /, 'an answer in place of a request')
  t.match(await inAgentToo(speak('b"GET / HTTP/1.1\\r\\n\\r\\n"')), /weir: /, 'another protocol')
  t.equal(decided(), seen + 3, 'each is in the ledger, denied')
  const before = decided()
  t.match(await inAgent('import subprocess\nprint(subprocess.run(["/weir/bin/bash", "-c", "echo FORBIDDEN > /workspace/made"], capture_output=True, text=True).stderr)'), 'Rule test.deny says no.')
  t.equal(decided(), before + 1, 'the denied start is in the ledger')
  t.notOk(existsSync(join(sandbox.upperDir, 'made')))
})

await t.test('a start says what is to run and nothing else: who it is for, and what was decided, cannot be claimed', async (t) => {
  const claims = { actor: { id: 'root', role: 'admin' }, environment: 'DEV', plane: 'api', session: 'wses_other', request: 'req_other', of: 0, permit: true, approved: true, released: true, approval: 'apr_000000000000000000000000', verdict: 'allow', callId: 'call_1', env: { WEIR_TOKEN: 'x' } }
  const frame = (value: object): string => `b"".join([b"\\x01", len(p := ${JSON.stringify(JSON.stringify(value))}.encode()).to_bytes(4, "big"), p])`
  const end = 'b"\\x02\\x00\\x00\\x00\\x00"'
  const speak = async (bytes: string): Promise<string> => await inAgentToo(`s = socket.socket(socket.AF_UNIX); s.connect("/weir/gate/exec.sock"); s.settimeout(20)\ns.sendall(${bytes})\nd = b""\nwhile True:\n  try: c = s.recv(4096)\n  except OSError: break\n  if not c: break\n  d += c\nprint(repr(d))`)
  const own = { argv: ['-c', 'echo FORBIDDEN-CLAIM'], cwd: '/workspace' }
  for (const [name, claim] of Object.entries(claims)) {
    const before = decided()
    t.match(await speak(`${frame({ ...own, [name]: claim })} + ${end}`), /weir: /, `${name}: refused`)
    t.ok(decided() - before <= 1, `${name}: decided once or not at all`)
  }
  t.ok(door.entries.every((entry) => entry.kind !== 'decision' || entry.plane !== 'exec' || (entry.input.actor.id === CONTEXT.actor.id && entry.input.session?.id === CONTEXT.session?.id)), 'all of it was of this session')
  const before = decided()
  t.notMatch(await speak(`${frame({ argv: ['-c', 'echo first'], cwd: '/workspace' })} + ${frame(own)} + ${end}`), 'FORBIDDEN-CLAIM', 'a second start on one connection')
  t.ok(decided() - before <= 1)
})

await t.test('the gateway\'s sockets cannot be moved, removed or answered for by what is in the sandbox', async (t) => {
  const tries = ['os.unlink("/weir/gate/exec.sock")', 'os.rename("/weir/gate/exec.sock", "/weir/gate/old")', 'os.symlink("/weir/agent/agent.sock", "/weir/gate/ask.sock")', 's = socket.socket(socket.AF_UNIX); s.bind("/weir/gate/model.sock")', 'os.chmod("/weir/gate/exec.sock", 0o777)', 'os.rename("/weir/gate", "/weir/gate2")']
  for (const python of tries) t.match(await inAgentToo(`${python}; print("ESCAPED")`), /began[^]*Error/, python)
  for (const python of tries) t.notMatch(await inAgentToo(`${python}; print("ESCAPED")`), 'ESCAPED', python)
  t.equal(await start('echo goes on'), 'goes on\n')
})

await t.test('the model socket takes the session\'s own token and model routes only, from the agent too, and tells of the rest', async (t) => {
  const governed = await openGovernedPlane('http://127.0.0.1:9/v1', { bodyBytes: 10_000 })
  const refused: RefusedAtDoor[] = []
  const model = await serveSessionModel(governed.plane, governed.session, join(sandbox.gateDir, 'model.sock'), { onRefused: (what) => { refused.push(what) } })
  t.teardown(async () => {
    await model.close()
    await governed.close()
  })
  const MODELS = 'GET /weir/model/p/v1/models'
  const ways = { relay: 'socket.create_connection(("127.0.0.1", 4097), 20)', socket: 's = socket.socket(socket.AF_UNIX); s.connect("/weir/gate/model.sock")' }
  for (const [way, opened] of Object.entries(ways)) {
    const send = async (bytes: string, token = TOKEN, more = ''): Promise<string> => await inAgentToo(`${way === 'relay' ? `s = ${opened}` : opened}\ns.settimeout(20)\ns.sendall(${JSON.stringify(`${bytes} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${token}\r\nconnection: close\r\n${more}\r\n`)}.encode())\nprint(repr(s.recv(4000)))`)
    t.match(await send(MODELS), 'HTTP/1.1 200', `${way}: its own`)
    const before = refused.length
    for (const token of ['', 'x', `${TOKEN}x`, 'model-token-of-another-session']) t.match(await send(MODELS, token), 'HTTP/1.1 401', `${way}: ${token}`)
    for (const route of ['GET /session', 'POST /session/ses_1/shell', 'GET /event', 'POST /weir/api/v1/approvals/apr_1/approve', 'GET /weir/api/v1/audit', 'PUT /weir/api/v1/keys/p', 'GET http://10.0.0.1/weir/model/p/v1/models', 'GET /weir/model/../../session', 'CONNECT 10.0.0.1:80', 'GET //weir/model/p/v1/models']) t.notMatch(await send(route), 'HTTP/1.1 200', `${way}: ${route}`)
    t.equal(refused.length - before, 14, `${way}: each was told`)
    t.match(await send('POST /weir/model/p/v1/chat/completions', TOKEN, 'content-type: application/json\r\ncontent-length: 99999999\r\n'), 'HTTP/1.1 413', `${way}: a huge body`)
    t.equal(refused.at(-1)?.code, 'WEIR_ERR_DECODE_TOO_LARGE', `${way}: was told`)
    t.match(await send('POST /weir/model/p/v1/chat/completions', TOKEN, 'content-type: application/json\r\ncontent-length: 1\r\n\r\n{'), 'HTTP/1.1 400', `${way}: what is no request of the format`)
    t.equal(refused.length - before, 16, `${way}: was told`)
    t.match(await send('GET /\r\nx', TOKEN), 'HTTP/1.1 400', `${way}: a broken request`)
    t.equal(refused.at(-1)?.code, 'WEIR_ERR_DECODE_MALFORMED', `${way}: was told`)
    t.match(await inAgentToo(`held = []\nfor i in range(300):\n  ${way === 'relay' ? `s = ${opened}` : opened}; s.send(b"POST / HT"); held.append(s)\nprint("held", len(held))`), 'held 300')
    t.match(await send(MODELS), 'HTTP/1.1 200', `${way}: goes on`)
  }
  t.ok(refused.every(({ code, request }) => ['WEIR_ERR_AUTH_INVALID', 'WEIR_ERR_ROUTE_UNKNOWN', 'WEIR_ERR_DECODE_TOO_LARGE', 'WEIR_ERR_DECODE_MALFORMED'].includes(code) && request !== ''))
  t.strictSame(outside.reached, [])
})

await t.test('hundreds of half-open connections leave the gate working', { timeout: 120_000 }, async (t) => {
  const before = decided()
  // They stay open until the gate closes one: if they all went away before it looks, there would never be too many at once.
  const cut = await inAgentToo('import select\nheld = []\nfor i in range(500):\n  s = socket.socket(socket.AF_UNIX); s.settimeout(60)\n  try: s.connect("/weir/gate/exec.sock"); s.send(b"\\x01"); held.append(s)\n  except OSError: break\nwhen = select.poll()\nfor s in held: when.register(s, select.POLLIN)\nprint("cut", len(when.poll(60000)) > 0)')
  t.match(cut, 'cut True')
  await until(() => decided() > before)
  const last = door.entries.findLast((entry) => entry.kind === 'decision')
  t.match(last, { plane: 'exec', decision: { verdict: 'deny' } }, 'what comes when too many are open is in the ledger, denied')
  t.equal(await start('echo goes on'), 'goes on\n')
})

await t.test('what the agent puts in place of its socket is not followed', async (t) => {
  const moved = await inAgentToo(`os.rename("/weir/agent/agent.sock", "/weir/agent/old"); os.symlink(${JSON.stringify(outside.unixPath)}, "/weir/agent/agent.sock"); print("moved")`)
  t.match(moved, 'moved')
  t.match(await inAgent('print("the same agent")'), 'the same agent')
  t.strictSame(outside.reached, [])
})

await t.test('the first process of the agent ends its own session only', async (t) => {
  const gone = inAgentToo('import signal; os.kill(-1, signal.SIGKILL)').catch(() => 'cut')
  t.not(await sandbox.agentEnded, undefined)
  await gone
  t.ok(outside.isVictimAlive())
  t.equal(await start('echo goes on'), 'goes on\n', 'tools are beside the agent, not in it')
})

function processesWith (marker: string): number {
  return readdirSync('/proc').filter((name) => /^\d+$/.test(name)).filter((pid) => {
    try { return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(marker) } catch { return false }
  }).length
}
