import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chownSync, existsSync, mkdirSync, mkdtempSync, openSync, readFileSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { createBubblewrap } from '../../sandbox/bubblewrap.ts'
import { writeProbeAgent } from './probe-agent.ts'

const home = mkdtempSync(join(tmpdir(), 'weir-killed-')) // short: the run folder must be below the data directory here
mkdirSync(join(home, 'lower'))
t.teardown(() => { rmSync(home, { recursive: true }) })
const agentBinary = writeProbeAgent(home)
t.setTimeout(120_000)

interface Process { readonly pid: string, readonly parent: string, readonly born: string, readonly name: string }

function processOf (pid: string): Process | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    if (fields[0] === 'Z') return null // dead, only not yet collected by its parent
    return { pid, parent: fields[1] ?? '', born: fields[19] ?? '', name: readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ') }
  } catch {
    return null // it ended while we looked
  }
}

function descendantsOf (root: string): Process[] {
  const all = readdirSync('/proc').filter((name) => /^\d+$/.test(name)).flatMap((pid) => processOf(pid) ?? [])
  const children = (pid: string): Process[] => all.filter((process) => process.parent === pid).flatMap((process) => [process, ...children(process.pid)])
  return children(root)
}

for (const [driver, names] of Object.entries({
  podman: ['cat', 'relay.js', '/weir/bin/agent', 'sleep 654321', 'podman', 'conmon'],
  bubblewrap: ['cat', 'relay.js', '/weir/bin/agent', 'sleep 654321', 'bwrap'],
})) {
  await t.test(`a ${driver} sandbox inherits no descriptor, and no process of it outlives a gateway that was killed with SIGKILL`, async (t) => {
    const leaked = openSync('/', 'r')
    const gateway = spawn(process.execPath, [join(import.meta.dirname, 'doomed-gateway.js'), join(home, 'data'), join(home, 'lower'), agentBinary, driver], { stdio: ['ignore', 'pipe', 'inherit', 'ignore', 'ignore', 'ignore', 'ignore', leaked] })
    const { stdout } = gateway
    if (stdout === null) throw new Error('no output')
    const [said] = await once(stdout, 'data')
    t.equal(String(said), 'descriptors 0 1 2 3\n', 'the fourth is the listing itself; the directory left open is not there')
    const family = descendantsOf(String(gateway.pid))
    for (const name of names) t.ok(family.some((process) => process.name.includes(name)), `${name} ran`)
    gateway.kill('SIGKILL')
    await once(gateway, 'exit')
    const alive = (): Process[] => family.filter(({ pid, born }) => processOf(pid)?.born === born)
    while (alive().length > 0) await new Promise((resolve) => setImmediate(resolve)) // the kernel ends them; tap's time limit fails the test otherwise
    t.same(alive(), [])
  })
}

await t.test('the next start clears what was left, and refuses a run folder of somebody else', async (t) => {
  const left = readdirSync(join(home, 'data', 'run')).filter((name) => name !== 'runtime')
  t.equal(left.length, 1, 'the killed gateway left its run')
  await createBubblewrap({ dataDir: join(home, 'data'), agentBinary })
  t.same(readdirSync(join(home, 'data', 'run')), ['runtime'])
  if (process.getuid?.() !== 0) return
  const foreign = join(home, 'foreign')
  mkdirSync(join(foreign, 'run'), { recursive: true })
  chownSync(join(foreign, 'run'), 65_534, 65_534)
  await t.rejects(createBubblewrap({ dataDir: foreign, agentBinary }), { code: 'WEIR_ERR_SANDBOX' })
  t.ok(existsSync(join(foreign, 'run')))
})
