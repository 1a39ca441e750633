import { existsSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { once } from 'node:events'
import { request } from 'node:http'
import { createServer, type AddressInfo } from 'node:net'
import { basename, join } from 'node:path'
import { text } from 'node:stream/consumers'
import t from 'tap'
import { createUncontained } from '../../sandbox/no-walls.ts'
import { openWorkspaceFs } from '../../sandbox/workspace-fs.ts'
import { testFolder } from '../support/test-folder.ts'
import { until } from '../support/until.ts'
import { openDoor, permitFrom } from './open-door.ts'
import { writeProbeAgent } from './probe-agent.ts'

const home = testFolder(t, { lower: { 'a.txt': 'a\n' }, data: {}, outside: { 'secret.txt': 'of the machine' } })
t.setTimeout(900_000) // a machine under load, not a measure
const secret = join(home, 'outside', 'secret.txt')
process.env['WEIR_TEST_CANARY'] = 'not-for-commands'
const permit = await permitFrom(openDoor(() => 'allow'))
const driver = await createUncontained({ dataDir: join(home, 'data'), agentBinary: writeProbeAgent(home) })
const sandbox = await driver.open(permit, { lowerDir: join(home, 'lower') })
t.teardown(async () => {
  await sandbox.stop()
  await driver.close()
})
await sandbox.startAgent({ config: { marker: 'managed' } })
const topBefore = [...readdirSync('/'), ...readdirSync('/etc')]

async function run (command: string, wallMs = 60_000): Promise<{ readonly said: string, readonly how: string }> {
  const tool = sandbox.runTool(permit, { command, cwd: '/workspace', wallMs })
  tool.stdin.end()
  const [out, err, { how }] = await Promise.all([text(tool.stdout), text(tool.stderr), tool.ended])
  return { said: out + err, how }
}

async function inAgent (code: string): Promise<string> {
  const sent = request({ socketPath: sandbox.agentSocketPath, path: `/${encodeURIComponent(code)}`, headers: { authorization: sandbox.authorization } })
  sent.end()
  const [answer] = await once(sent, 'response')
  return await text(answer)
}

await t.test('it is what its name says: the machine\'s files can be read and written, and its network reached', async (t) => {
  const listener = createServer((socket) => socket.end('reached')).listen(0, '127.0.0.1')
  await once(listener, 'listening')
  t.teardown(() => listener.close())
  t.equal((await run(`cat ${secret}; echo changed >${secret}; cat </dev/tcp/127.0.0.1/${(listener.address() as AddressInfo).port}`)).said, 'of the machinereached')
  t.equal(readFileSync(secret, 'utf8'), 'changed\n')
  t.equal(await inAgent(`print(open(${JSON.stringify(secret)}).read())`), 'changed\n\n')
})

await t.test('what remains: the workspace is a copy, whose changes the file plane reads', async (t) => {
  t.equal((await run('cat a.txt; echo b >b.txt; pwd')).said, 'a\n/workspace\n')
  t.notOk(existsSync(join(home, 'lower', 'b.txt')))
  const workspace = openWorkspaceFs(sandbox)
  t.teardown(() => workspace.close())
  t.match(await workspace.changed(''), [{ name: '.git' }, { name: 'b.txt', kind: 'file' }])
})

await t.test('what remains: no variable of the gateway, a home of its own, a time limit, an end of all that was started', async (t) => {
  t.equal((await run('env | grep -c CANARY; echo $HOME; touch ~/x && ls ~; id -u')).said, '0\n/weir/home\nx\n1000\n')
  t.equal((await run('ls /proc/self/fd | tr "\\n" " "; cat /weir/containment')).said, '0 1 2 3 none\n')
  t.equal((await run('sleep 765432 & sleep 765432', 200)).how, 'timed-out')
  t.equal((await run('setsid nohup sleep 765432 >/dev/null 2>&1 & echo started')).said, 'started\n')
  // The kernel ends them with process 1 of their namespace, a moment after bwrap told the end; tap's time limit fails the test otherwise.
  await until(() => !readdirSync('/proc').filter((name) => /^\d+$/.test(name)).some((pid) => {
    try { return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('765432') } catch { return false }
  }))
})

await t.test('the agent finds its configuration and the gate\'s shell at their places, which are not made on the machine', async (t) => {
  t.equal(await inAgent('print(open("/etc/opencode/opencode.json").read())'), '{"marker":"managed"}\n')
  t.match(await inAgent('print(open("/usr/bin/bash").read())'), '/weir/inside/shell.js')
  t.same([...readdirSync('/'), ...readdirSync('/etc')], topBefore)
})

await t.test('how much the machine keeps in its folder of temporary files is no matter', async (t) => {
  const many = Array.from({ length: 3_500 }, (_, n) => `/tmp/${basename(home)}-${n}`)
  t.teardown(() => { for (const path of many) rmSync(path) })
  for (const path of many) writeFileSync(path, '')
  t.equal((await run(`ls /tmp | grep -c ^${basename(home)}-`)).said, '3500\n')
})

await t.test('two sessions run beside each other', async (t) => {
  writeFileSync(secret, 'of the machine')
  const other = await driver.open(permit, { lowerDir: join(home, 'lower') })
  t.teardown(() => other.stop())
  await other.startAgent({ config: {} })
  t.not(other.agentSocketPath, sandbox.agentSocketPath)
})
