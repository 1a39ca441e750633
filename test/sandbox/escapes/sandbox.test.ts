import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { once } from 'node:events'
import { request } from 'node:http'
import { connect } from 'node:net'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import t, { type Test } from 'tap'
import { openExecGate } from '../../../gateway/planes/exec/exec-gate.ts'
import { ReleasedCalls } from '../../../gateway/sessions/released-calls.ts'
import { createBubblewrap } from '../../../sandbox/bubblewrap.ts'
import { createFrameReader, encodeFrame, FRAMES } from '../../../sandbox/inside/frames.ts'
import { CONTEXT, openDoor, permitFrom } from '../open-door.ts'
import { writeProbeAgent } from '../probe-agent.ts'
import { fileAttempts, networkAttempts, PRELUDE, privilegeAttempts, type Attempt } from './attempts.ts'
import { putOutside } from './outside.ts'

const home = t.testdir({ lower: { 'a.txt': 'a\n' }, data: {}, outside: {} })
t.setTimeout(240_000) // a machine under load, not a measure
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

/** Starts a command as the agent's shell does: what it said, on both streams. */
async function start (command: string): Promise<string> {
  const socket = connect(socketPath)
  const reader = createFrameReader()
  let said = ''
  socket.on('data', (chunk: Buffer) => {
    for (const { type, payload } of reader.push(chunk)) if (type !== FRAMES.exit) said += payload.toString()
  })
  socket.write(Buffer.concat([encodeFrame(FRAMES.start, JSON.stringify({ argv: ['-c', command], cwd: '/workspace' })), encodeFrame(FRAMES.stdinEnd, '')]))
  await once(socket, 'close')
  return said
}

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
// What only differs for the agent: it has its own server and the gate, and Weir's files are there for it to read.
const OF_TOOLS_ONLY = ['the exec gate from a tool', 'the agent from a tool', 'a descriptor of another process']

// They say nothing: the listener and the process outside tell.
const SILENT = ['UDP to a port of the machine', 'killing everything']

async function tryAll (t: Test, attempts: readonly Attempt[]): Promise<void> {
  for (const { name, python, control } of attempts) {
    const before = decided()
    const said = await inTool(python)
    t.match(said, /^began/, `${name}: it was tried`)
    t.notMatch(said, /ESCAPED|outside-/, `${name}: ${said.slice(-300)}`)
    if (!SILENT.includes(name)) t.match(said, /held|error/i, `${name}: it came to its end`)
    t.equal(decided(), before + 1, `${name}: its start is in the ledger`)
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
  await tryAll(t, networkAttempts(outside))
  t.strictSame(outside.reached, [])
})

await t.test('no path leads out, and nothing of the machine can be written or killed', async (t) => {
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
  t.equal(processesWith('314159'), 0)
})

await t.test('descriptors, watches and deep folders that run out harm only who took them', async (t) => {
  const greedy = ['ulimit -n; python3 -c "import os\ntry:\n  while True: os.open(\'/dev/null\', 0)\nexcept OSError as e: print(e)"', 'python3 -c "import os\ntry:\n  for i in range(2000): os.mkdir(\'d\'); os.chdir(\'d\')\nexcept OSError as e: print(e)\nprint(\'deep\')"; rm -rf d', 'touch $(head -c 255 /dev/zero | tr "\\0" n); touch $(head -c 256 /dev/zero | tr "\\0" n)']
  for (const command of greedy) t.not(await start(command), '', command)
  t.equal(await start('echo goes on'), 'goes on\n')
})

await t.test('the gate takes only what its protocol has, from the agent too', async (t) => {
  const speak = (bytes: string): string => `s = socket.socket(socket.AF_UNIX); s.connect("/weir/gate/exec.sock"); s.sendall(${bytes}); s.settimeout(20); print(repr(s.recv(300)))`
  const giant = await inAgentToo(speak('b"\\x01\\xff\\xff\\xff\\xff"'))
  t.match(giant, /weir: /, 'a giant frame is refused')
  t.match(await inAgentToo(speak('b"\\x05\\x00\\x00\\x00\\x01\\x00"')), /weir: /, 'an answer in place of a request')
  t.match(await inAgentToo(speak('b"GET / HTTP/1.1\\r\\n\\r\\n"')), /weir: /, 'another protocol')
  const before = decided()
  t.match(await inAgent('import subprocess\nprint(subprocess.run(["/weir/bin/bash", "-c", "echo FORBIDDEN > /workspace/made"], capture_output=True, text=True).stderr)'), 'Rule test.deny says no.')
  t.equal(decided(), before + 1, 'the denied start is in the ledger')
  t.notOk(existsSync(join(sandbox.upperDir, 'made')))
})

await t.test('hundreds of half-open connections leave the gate working', async (t) => {
  t.match(await inAgentToo('held = []\nfor i in range(500):\n  s = socket.socket(socket.AF_UNIX); s.settimeout(5)\n  try: s.connect("/weir/gate/exec.sock"); s.send(b"\\x01"); held.append(s)\n  except OSError: pass\nprint("opened", len(held))'), 'opened')
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
