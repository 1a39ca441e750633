import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import t from 'tap'
import { agentLimitsOf } from '../../gateway/agent-limits.ts'
import { createBubblewrap } from '../../sandbox/bubblewrap.ts'
import { cpuList } from '../../sandbox/cpu-list.ts'
import { DEFAULT_LIMITS, endText, limitText, type LimitHit, type SandboxLimits } from '../../sandbox/limits.ts'
import { ownProcessLimit } from '../../sandbox/process-limit.ts'
import { INSIDE, type LimitEnding, type Sandbox, type ToolEnd } from '../../sandbox/sandbox.ts'
import { openDoor, permitFrom } from './open-door.ts'
import { writeProbeAgent } from './probe-agent.ts'
import { testFolder } from '../support/test-folder.ts'

const MIB = 1_048_576
const home = testFolder(t, { lower: { 'a.txt': 'a\n' }, data: {} })
t.setTimeout(900_000) // a machine under load, not a measure
const permit = await permitFrom(openDoor(() => 'allow'))
const agentBinary = writeProbeAgent(home)
const small: SandboxLimits = { ...DEFAULT_LIMITS, memoryBytes: 256 * MIB, processes: 512, cpus: 1, diskBytes: 48 * MIB, files: 3_000, scratchBytes: 512 * MIB }

interface Opened { readonly sandbox: Sandbox, readonly hits: (readonly [LimitHit['limit'], LimitEnding])[], readonly sessionEnd: Promise<LimitHit> }
let drivers = 0

async function open (limits: SandboxLimits = small): Promise<Opened> {
  drivers += 1
  const driver = await createBubblewrap({ dataDir: join(home, 'data', String(drivers)), agentBinary, limits })
  const hits: Opened['hits'] = []
  let ended: (hit: LimitHit) => void = () => {}
  const sessionEnd = new Promise<LimitHit>((resolve) => { ended = resolve })
  const sandbox = await driver.open(permit, {
    lowerDir: join(home, 'lower'),
    onLimit: (hit, ending) => {
      hits.push([hit.limit, ending])
      if (ending === 'session') ended(hit)
    },
  })
  t.teardown(async () => {
    await sandbox.stop()
    await driver.close()
  })
  return { sandbox, hits, sessionEnd }
}

async function run (sandbox: Sandbox, command: string): Promise<ToolEnd & { readonly said: string }> {
  const tool = sandbox.runTool(permit, { command, cwd: INSIDE.workspace })
  tool.stdin.end()
  tool.stderr.resume()
  const [said, end] = await Promise.all([text(tool.stdout), tool.ended])
  return { ...end, said }
}

const greedy = await open()

await t.test('a fork bomb is ended, and the session goes on', async (t) => {
  const { how, hit } = await run(greedy.sandbox, 'f () { f | f & }; f; sleep 600')
  t.equal(how, 'over-limit')
  t.match(hit, { limit: 'processes', allowed: 512 })
  t.ok((hit?.used ?? 0) <= 812, 'the kernel refused the others')
  t.same(greedy.hits, [['processes', 'commands']])
  t.equal((await run(greedy.sandbox, 'echo goes on')).said, 'goes on\n')
})

await t.test('a command that takes too much memory is ended, wherever it keeps it', async (t) => {
  const takes = {
    'its own': 'python3 -c "import time; x = bytearray(400 * 1048576); time.sleep(600)"',
    'the scratch folder': 'for i in $(seq 10); do head -c 40M /dev/zero > /tmp/fill$i; done; sleep 600',
    'shared memory': 'for i in $(seq 10); do head -c 40M /dev/zero > /dev/shm/fill$i; done; sleep 600',
  }
  for (const [what, command] of Object.entries(takes)) {
    const { how, hit } = await run(greedy.sandbox, command)
    t.equal(how, 'over-limit', what)
    t.equal(hit?.limit, 'memory', what)
  }
  t.equal((await run(greedy.sandbox, 'echo goes on')).said, 'goes on\n')
})

await t.test('a scratch folder is full at its size', async (t) => {
  const { sandbox, hits } = await open({ ...small, memoryBytes: DEFAULT_LIMITS.memoryBytes, scratchBytes: 16 * MIB })
  for (const folder of ['/tmp', '/dev/shm']) t.equal((await run(sandbox, `head -c 40M /dev/zero > ${folder}/fill; stat -c %s ${folder}/fill`)).said, `${16 * MIB}\n`, folder)
  t.same(hits, [])
})

await t.test('a session that fills the disk is ended', async (t) => {
  const { sandbox, hits, sessionEnd } = await open()
  const { how } = await run(sandbox, 'for i in $(seq 64); do head -c 2M /dev/urandom > fill$i; done; sleep 600')
  t.equal(how, 'over-limit')
  t.match(await sessionEnd, { limit: 'disk', allowed: small.diskBytes })
  t.same(hits, [['disk', 'commands'], ['disk', 'session']])
})

await t.test('a session that makes too many files is ended, also where it locked its folder', async (t) => {
  const { sandbox, sessionEnd } = await open()
  await run(sandbox, 'mkdir many && cd many && for i in $(seq 8000); do echo > $i; done; chmod 000 .; sleep 600')
  t.match(await sessionEnd, { limit: 'files', allowed: 3_000 })
})

await t.test('a session ends at its time', async (t) => {
  const { sessionEnd } = await open({ ...small, sessionMs: 200 })
  const hold = setInterval(() => {}, 1_000) // the limit's own timer does not hold the process open
  t.match(await sessionEnd, { limit: 'session-time', allowed: 200 })
  clearInterval(hold)
})

await t.test('a sandbox runs on as many processors as it may, and can not take more', async (t) => {
  t.equal((await run(greedy.sandbox, 'nproc; taskset -pc 0-63 $$ >/dev/null 2>&1 || echo refused; nproc')).said, '1\nrefused\n1\n')
})

await t.test('a command that is too large for one file learns it', async (t) => {
  const { code } = await run(greedy.sandbox, 'exec head -c 64M /dev/zero > one-file')
  t.equal(code, 153, 'SIGXFSZ')
  t.match(endText(code), 'over the limit of one file')
  for (const other of [0, 1, 137, 143, 152, 154]) t.equal(endText(other), null)
  await run(greedy.sandbox, 'rm -f one-file')
})

await t.test('what a limit is called, and where its values come from', async (t) => {
  t.equal(limitText({ limit: 'memory', used: 300 * MIB, allowed: 256 * MIB }), 'over the memory limit of this session: 300 MiB of memory, at most 256 MiB of memory')
  t.same(agentLimitsOf(), DEFAULT_LIMITS)
  t.match(agentLimitsOf({ memoryMiB: 300, command: '30s', session: '2h', cpus: 2 }), { memoryBytes: 300 * MIB, commandMs: 30_000, sessionMs: 7_200_000, cpus: 2 })
  for (const bad of [{ command: '0s' }, { command: '25h' }, { session: '481h' }]) t.throws(() => agentLimitsOf(bad), { code: 'WEIR_ERR_CONFIG_INVALID' })
  t.equal(ownProcessLimit(small, '6.14.0-29-generic'), 812)
  for (const old of ['6.13.9', '5.15.0-100', 'odd', '']) t.equal(ownProcessLimit(small, old), null, old)
  t.equal(cpuList(2, 'Cpus_allowed_list:\t0-1,4,6-7\n'), '6,7')
  t.equal(cpuList(9, 'Cpus_allowed_list:\t0-1,4\n'), '0,1,4')
})

await t.test('nothing of the machine changed', async (t) => {
  t.notOk(readdirSync('/dev/shm').some((name) => name.startsWith('fill')))
})
