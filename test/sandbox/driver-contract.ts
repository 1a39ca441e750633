import { once } from 'node:events'
import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { createServer, connect } from 'node:net'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import t from 'tap'
import type { Permit } from '../../gateway/core/permit.ts'
import type { DriverOptions } from '../../sandbox/driver.ts'
import { INSIDE, type Sandbox, type SandboxDriver } from '../../sandbox/sandbox.ts'
import { testFolder } from '../support/test-folder.ts'
import { until } from '../support/until.ts'
import { openDoor, permitFrom } from './open-door.ts'
import { writeProbeAgent } from './probe-agent.ts'

/** What differs between the drivers. */
export interface Contract {
  readonly create: (options: DriverOptions) => Promise<SandboxDriver>
  /** What a tool prints for the names of its own variables, and then for all of its first process's. */
  readonly environment: RegExp
  /** Folders that are there and empty, where another driver has none. */
  readonly empty: readonly string[]
  /** Between two kills in the test that kills a tool at each moment of its start, ms. */
  readonly stepMs: number
}

// Seconds that say whose processes they are: the contract of another driver is tried at the same time.
const LONG = [`98${process.pid}`, `54${process.pid}`, `87${process.pid}`] as const

/** A running sandbox for more tests of the same driver. */
export interface ContractStage {
  readonly sandbox: Sandbox
  readonly lowerDir: string
  readonly permit: Permit
  /** Runs a command in the tool sandbox: its output (both streams) and how it ended. */
  run (command: string, cwd?: string): Promise<{ readonly said: string, readonly code: number, readonly how: string }>
  /** Asks the probe that stands in the agent's place to run Python in the agent's sandbox (the shells there are the wrapper). */
  inAgent (code: string): Promise<string>
}

/** Every promise that `SandboxDriver` makes, tried on one driver. Called once in a test file. */
export async function keepsContract ({ create, environment, empty, stepMs }: Contract): Promise<ContractStage> {
  const lower = testFolder(t, { data: {}, lower: { 'a.txt': 'original\n', src: { 'b.js': '1\n', 'opencode.json': '{}\n' }, 'opencode.json': '{"plugin":["./x.js"]}\n', '.opencode': { plugin: { 'x.js': '1\n' } } } })
  const lowerDir = join(lower, 'lower')
  const dataDir = join(lower, 'data')
  const secret = 'hunter2-in-the-environment-of-the-gateway'
  process.env['WEIR_TEST_SECRET'] = secret
  writeFileSync(join(dataDir, 'vault.json'), secret)
  const binary = writeProbeAgent(lower)

  t.setTimeout(900_000) // a machine under load, not a measure
  const door = openDoor(() => 'allow')
  const permit = await permitFrom(door)
  const driver = await create({ dataDir, agentBinary: binary, onDiagnostic: (said) => { t.comment(said) } })
  const sandbox = await driver.open(permit, { lowerDir })
  writeFileSync(join(sandbox.gateDir, 'notice'), 'x')
  await sandbox.startAgent({ config: { marker: 'managed' } })
  t.teardown(async () => {
    await sandbox.stop()
    await driver.close()
  })

  /** Runs a command in the tool sandbox: its output (both streams) and how it ended. */
  async function run (command: string, cwd: string = INSIDE.workspace): Promise<{ readonly said: string, readonly code: number, readonly how: string }> {
    const tool = sandbox.runTool(permit, { command, cwd })
    tool.stdin.end()
    const [out, err, end] = await Promise.all([text(tool.stdout), text(tool.stderr), tool.ended])
    return { said: out + err, ...end }
  }

  /** Asks the probe that stands in the agent's place to run Python in the agent's sandbox (the shells there are the wrapper). */
  async function inAgent (code: string): Promise<string> {
    const { request } = await import('node:http')
    const sent = request({ socketPath: sandbox.agentSocketPath, path: `/${encodeURIComponent(code)}`, headers: { authorization: sandbox.authorization } })
    sent.end()
    const [answer] = await once(sent, 'response')
    return await text(answer)
  }

  await t.test('a tool sees the workspace and its writes land in the upper layer', async (t) => {
    const result = await run('cat a.txt; cat src/b.js; echo new > made.txt; rm src/b.js; pwd')
    t.equal(result.said, 'original\n1\n/workspace\n')
    t.equal(readFileSync(join(sandbox.upperDir, 'made.txt'), 'utf8'), 'new\n')
    t.equal(readFileSync(join(lowerDir, 'src/b.js'), 'utf8'), '1\n', 'the lower layer is untouched')
    t.match(await inAgent('print(open("/workspace/made.txt").read())'), 'new', 'the agent sees it at once')
  })

  await t.test('a tool gets its exit code, its directory and its standard input', async (t) => {
    t.equal((await run('exit 7')).code, 7)
    t.equal((await run('kill -9 $$')).code, 137)
    t.equal((await run('pwd', '/workspace/src')).said, '/workspace/src\n')
    const tool = sandbox.runTool(permit, { command: 'cat', cwd: INSIDE.workspace })
    tool.stdin.end('through')
    t.equal(await text(tool.stdout), 'through')
  })

  await t.test('a tool has nothing in its environment that it was not given', async (t) => {
    const { said } = await run('env | cut -d= -f1 | sort | tr "\\n" " "; cat /proc/1/environ | tr "\\0" "\\n"')
    t.match(said, environment)
  })

  await t.test('no sandbox shows a secret of the gateway, in environment, files or process arguments', async (t) => {
    const look = 'import os\nfor p in os.listdir("/proc"):\n  if p.isdigit():\n    for f in ("environ","cmdline"):\n      try: print(open(f"/proc/{p}/{f}").read())\n      except OSError: pass\n'
    const agent = await inAgent(look)
    t.match(agent, 'OPENCODE_SERVER_PASSWORD', 'the look itself works')
    t.notMatch(agent, secret)
    writeFileSync(join(sandbox.upperDir, 'look.py'), look)
    const { said } = await run('python3 look.py; rm look.py')
    t.notMatch(said, secret)
    t.notMatch(said, 'OPENCODE_SERVER_PASSWORD')
  })

  await t.test('the agent password is in no process list of the host', async (t) => {
    const password = Buffer.from(sandbox.authorization.slice('Basic '.length), 'base64').toString().slice('opencode:'.length)
    const lines = readdirSync('/proc').filter((name) => /^\d+$/.test(name)).map((pid) => {
      try { return readFileSync(`/proc/${pid}/cmdline`, 'utf8') } catch { return '' }
    })
    t.ok(lines.some((line) => line.includes('relay.js')), 'the list was really read')
    t.notOk(lines.some((line) => line.includes(password)))
  })

  await t.test('host files are not there', async (t) => {
    const hidden = [dataDir, '/root', '/home/agent', '/var', '/etc/shadow', '/sys', '/run', '/etc/opencode', '/weir/gate', '/weir/agent'].filter((path) => !empty.includes(path))
    for (const path of empty) t.equal((await run(`find ${path} -type f -size +0`)).said, '', path)
    for (const path of hidden) t.match((await run(`ls -d ${path}`)).said, 'No such file', path)
    for (const path of [dataDir, '/root', '/var', '/etc/shadow', '/sys', '/run'].filter((path) => !empty.includes(path))) {
      t.match(await inAgent(`import os\nprint(os.path.exists(${JSON.stringify(path)}))`), 'False', path)
    }
  })

  await t.test('nothing but the workspace and the scratch folders can be written', async (t) => {
    const { said } = await run('for p in /usr/x /etc/x /weir/x /x /proc/sys/kernel/core_pattern /proc/sysrq-trigger /weir/bin/node; do (echo 1 > $p) 2>/dev/null && echo "WROTE $p"; done; echo ok > /tmp/x && cat /tmp/x')
    t.equal(said, 'ok\n')
    const agent = await inAgent('for p in ("/usr/x","/etc/x","/weir/x","/weir/gate/x","/weir/gate/notice","/proc/sys/kernel/core_pattern","/etc/opencode/opencode.json"):\n  try:\n    open(p,"a").write("x"); print("WROTE",p)\n  except OSError: pass\nprint("end")')
    t.equal(agent, 'end\n')
  })

  await t.test('the managed configuration is what was given', async (t) => {
    t.equal(await inAgent('print(open("/etc/opencode/opencode.json").read())'), '{"marker":"managed"}\n')
  })

  await t.test('the agent sees no OpenCode configuration of the project, tools see it, and nothing of it is a change', async (t) => {
    const looked = await inAgent([
      'import os, subprocess', 'os.chdir("/workspace")',
      'print(open("opencode.json").read().strip(), os.listdir(".opencode"), os.path.exists("opencode.jsonc"), open("src/opencode.json").read().strip())',
      'for path in [".opencode/plugin.js", "opencode.json"]:',
      '  try: open(path, "w").write("x"); print("written")',
      '  except OSError: print("refused")',
      'print(subprocess.run(["git", "status", "--porcelain", "opencode.json", ".opencode"], capture_output=True, text=True).stdout)',
    ].join('\n'))
    t.equal(looked, '{} [] False {}\nrefused\nrefused\n\n')
    t.equal((await run('cat opencode.json .opencode/plugin/x.js; git status --porcelain opencode.json .opencode')).said, '{"plugin":["./x.js"]}\n1\n')
    t.same(readdirSync(sandbox.upperDir).filter((name) => name.includes('opencode')), [])
  })

  await t.test('no other process is visible from a tool', async (t) => {
    const { said } = await run('for p in /proc/[0-9]*; do cat $p/cmdline | tr "\\0" " "; echo; done')
    t.notMatch(said, /relay|probe|agent|gateway|tap/)
  })

  await t.test('no address is reachable, not even the agent or the gateway on loopback', async (t) => {
    const listener = createServer().listen(0, '127.0.0.1')
    await once(listener, 'listening')
    t.teardown(() => listener.close())
    const { port } = listener.address() as { port: number }
    const addresses = [['127.0.0.1', port], ['127.0.0.1', INSIDE.agentPort], ['127.0.0.1', INSIDE.modelPort], ['10.0.0.1', 80], ['169.254.169.254', 80], ['8.8.8.8', 53]]
    for (const [host, to] of addresses) t.notMatch((await run(`timeout 5 bash -c 'echo > /dev/tcp/${host}/${to}' && echo CONNECTED`)).said, 'CONNECTED', `${host}:${to}`)
    const interfaces = await run('cat /proc/net/dev | tail -n +3 | cut -d: -f1 | tr -d " \\n"')
    t.equal(interfaces.said, 'lo')
    const agent = await inAgent(`import socket\nfor a in ${JSON.stringify(addresses)}:\n  try: socket.create_connection(tuple(a),3); print("CONNECTED",a)\n  except OSError: pass\n`)
    t.equal(agent, `CONNECTED ['127.0.0.1', ${INSIDE.agentPort}]\nCONNECTED ['127.0.0.1', ${INSIDE.modelPort}]\n`, 'the agent reaches itself and the model relay, nothing else')
  })

  await t.test('the agent port is not reachable from the host', async (t) => {
    const socket = connect(INSIDE.agentPort, '127.0.0.1')
    const [error] = await once(socket, 'error')
    t.equal((error as NodeJS.ErrnoException).code, 'ECONNREFUSED')
  })

  await t.test('the agent answers only with its password', async (t) => {
    const { request } = await import('node:http')
    const sent = request({ socketPath: sandbox.agentSocketPath, path: '/global/health' })
    sent.end()
    const [answer] = await once(sent, 'response')
    t.equal(answer.statusCode, 401)
  })

  await t.test('a tool has no capability, no new privileges and the system-call filter', async (t) => {
    const { said } = await run('grep -E "^(CapEff|CapBnd|NoNewPrivs|Seccomp):" /proc/self/status | tr -d "\\t"')
    t.equal(said, 'CapEff:0000000000000000\nCapBnd:0000000000000000\nNoNewPrivs:1\nSeccomp:2\n')
    t.not((await run('unshare -Ur true')).code, 0)
    const refused = await run(`python3 -c '
import ctypes, os
libc = ctypes.CDLL(None, use_errno=True)
x64 = os.uname().machine == "x86_64"
for name, n in (("ptrace", 101 if x64 else 117), ("mount", 165 if x64 else 40), ("keyctl", 250 if x64 else 219), ("bpf", 321 if x64 else 280), ("io_uring_setup", 425)):
  libc.syscall(n, 0, 0, 0, 0, 0); print(name, ctypes.get_errno())
libc.syscall(56 if x64 else 220, 0x10000000, 0, 0, 0, 0); print("clone", ctypes.get_errno())
libc.syscall(435, 0, 0); print("clone3", ctypes.get_errno())
'`)
    t.equal(refused.said, 'ptrace 1\nmount 1\nkeyctl 1\nbpf 1\nio_uring_setup 1\nclone 1\nclone3 38\n')
  })

  await t.test('a command is stopped at its time limit, with all it started', async (t) => {
    const tool = sandbox.runTool(permit, { command: `for n in $(seq 40); do sleep ${LONG[0]} & done; sleep ${LONG[0]}`, cwd: INSIDE.workspace, wallMs: 200 })
    tool.stdout.resume()
    tool.stderr.resume()
    t.same(await tool.ended, { how: 'timed-out', code: 137 })
    t.equal(processesWith(LONG[0]), 0)
  })

  await t.test('node and git work in the tool sandbox', async (t) => {
    t.match((await run('node -p 6*7; git --version; npm --version')).said, /^42\ngit version [^\n]+\n\d+\./)
  })

  await t.test('nothing starts with a permit that govern did not issue', async (t) => {
    const forged = { entry: 1, digest: null } as unknown as Permit
    t.throws(() => sandbox.runTool(forged, { command: 'true', cwd: INSIDE.workspace }), { code: 'WEIR_ERR_DENIED' })
    await t.rejects(driver.open(forged, { lowerDir }), { code: 'WEIR_ERR_DENIED' })
  })

  await t.test('a lower folder that mount options could not carry is refused', async (t) => {
    const odd = join(lower, 'a,upperdir=b')
    mkdirSync(odd)
    await t.rejects(driver.open(permit, { lowerDir: odd }), { code: 'WEIR_ERR_SANDBOX' })
  })

  await t.test('a tool killed at any moment of its start ends, with everything', async (t) => {
    for (let turn = 0; turn < 12; turn++) {
      const tool = sandbox.runTool(permit, { command: `sleep ${LONG[1]}`, cwd: INSIDE.workspace })
      tool.stdout.resume()
      tool.stderr.resume()
      const until = process.hrtime.bigint() + BigInt(turn * stepMs) * 1_000_000n
      while (process.hrtime.bigint() < until) await new Promise((resolve) => setImmediate(resolve))
      tool.kill()
      t.equal((await tool.ended).how, 'killed')
    }
    // The kernel ends what is in the namespaces of whoever was killed, and takes a moment for it when one is in the other.
    await until(() => processesWith(LONG[1]) === 0)
  })

  await t.test('stop leaves no process and no folder', async (t) => {
    const other = await driver.open(permit, { lowerDir })
    await other.startAgent({ config: {} })
    const tool = other.runTool(permit, { command: `mkdir -p d/e && chmod 000 d; sleep ${LONG[2]}`, cwd: INSIDE.workspace })
    tool.stdout.resume()
    tool.stderr.resume()
    await other.stop()
    await tool.ended
    t.notOk(existsSync(other.upperDir))
    t.equal(processesWith(LONG[2]), 0)
    t.notOk(existsSync(`/proc/${other.holderPid}`))
    t.throws(() => other.runTool(permit, { command: 'true', cwd: INSIDE.workspace }), { code: 'WEIR_ERR_SANDBOX' })
  })

  await t.test('no agent starts on a project whose configuration of OpenCode is a link to anything', async (t) => {
    const linked = testFolder(t, { '.opencode': t.fixture('symlink', 'src'), src: { plugin: { 'x.js': '1\n' } } })
    const other = await driver.open(permit, { lowerDir: linked })
    await t.rejects(other.startAgent({ config: {} }), { code: 'WEIR_ERR_PROJECT', message: /neither a file nor a folder/ })
    await other.stop()
  })

  await t.test('an agent that ends at once is reported, not waited for', async (t) => {
    const broken = join(lower, 'broken-agent')
    writeFileSync(broken, '#!/weir/bin/node\nprocess.exit(3)\n', { mode: 0o755 })
    const made = await create({ dataDir: join(lower, 'data2'), agentBinary: broken })
    const one = await made.open(permit, { lowerDir })
    t.teardown(async () => {
      await one.stop()
      await made.close()
    })
    await t.rejects(one.startAgent({ config: {} }), { code: 'WEIR_ERR_AGENT_START', message: /code 3/ })
    t.equal(await one.agentEnded, 3)
  })
  return { sandbox, lowerDir, permit, run, inAgent }
}

function processesWith (marker: string): number {
  return readdirSync('/proc').filter((name) => /^\d+$/.test(name)).filter((pid) => {
    try { return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(marker) } catch { return false }
  }).length
}
