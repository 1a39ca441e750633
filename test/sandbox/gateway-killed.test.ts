import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chownSync, existsSync, mkdirSync, mkdtempSync, openSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { createBubblewrap } from '../../sandbox/bubblewrap.ts'
import { descendantsOf, processOf, type SeenProcess } from '../support/descendants.ts'
import { until } from '../support/until.ts'
import { writeProbeAgent } from './probe-agent.ts'

const home = mkdtempSync(join(tmpdir(), 'weir-killed-')) // short: the run folder must be below the data directory here
mkdirSync(join(home, 'lower'))
t.teardown(() => { rmSync(home, { recursive: true }) })
const agentBinary = writeProbeAgent(home)
t.setTimeout(900_000)

for (const [driver, names] of Object.entries({
  podman: ['cat', 'relay.js', '/weir/bin/agent', 'sleep 654321', 'podman', 'conmon'],
  bubblewrap: ['cat', 'relay.js', '/weir/bin/agent', 'sleep 654321', 'bwrap'],
  none: ['cat', 'relay.js', '/weir/bin/agent', 'sleep 654321', 'bwrap'],
})) {
  await t.test(`a ${driver} sandbox inherits no descriptor, and no process of it outlives a gateway that was killed with SIGKILL`, async (t) => {
    const leaked = openSync('/', 'r')
    const gateway = spawn(process.execPath, [join(import.meta.dirname, 'doomed-gateway.js'), join(home, 'data'), join(home, 'lower'), agentBinary, driver], { stdio: ['ignore', 'pipe', 'inherit', 'ignore', 'ignore', 'ignore', 'ignore', leaked] })
    const { stdout } = gateway
    if (stdout === null) throw new Error('no output')
    const [said] = await once(stdout, 'data')
    t.equal(String(said), 'descriptors 0 1 2 3\n', 'the fourth is the listing itself; the directory left open is not there')
    let family = descendantsOf(String(gateway.pid))
    await until(() => { // the shell says its descriptors before it starts what is to be killed
      family = descendantsOf(String(gateway.pid))
      return names.every((name) => family.some((process) => process.name.includes(name)))
    })
    gateway.kill('SIGKILL')
    await once(gateway, 'exit')
    const alive = (): SeenProcess[] => family.filter(({ pid, born }) => processOf(pid)?.born === born)
    await until(() => alive().length === 0) // the kernel ends them; tap's time limit fails the test otherwise
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
