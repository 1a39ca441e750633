import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import t from 'tap'
import { openExecGate } from '../../gateway/planes/exec/exec-gate.ts'
import { ReleasedCalls } from '../../gateway/sessions/released-calls.ts'
import { createPodman } from '../../sandbox/podman/podman.ts'
import { shortDir } from '../support/gateway-process.ts'
import { keepsContract } from './driver-contract.ts'
import { ALL_OF_THEM, everyAttempt, OF_TOOLS_ONLY, PRELUDE, SILENT } from './escapes/attempts.ts'
import { putOutside } from './escapes/outside.ts'
import { startShell } from './escapes/start-shell.ts'
import { CONTEXT, openDoor } from './open-door.ts'

/** What the host's own containers keep: runtimes put their state there unless they are told otherwise. */
const hostState = (): string[] => ['/run/crun', '/run/libpod', '/var/lib/containers/storage'].flatMap((folder) => existsSync(folder) ? readdirSync(folder) : [])
const before = hostState()

const { sandbox, run, inAgent } = await keepsContract({
  create: (options) => createPodman({ ...options, runtime: null }),
  environment: /^HOME HOSTNAME LANG PATH PWD SHLVL TERM _ (?:(?:HOME|HOSTNAME|LANG|PATH|TERM)=[^\n]*\n){5}$/,
  empty: ['/sys', '/run'],
  stepMs: 40,
})

await t.test('nothing of the kernel can be written from a container, nor its tables be read', async (t) => {
  const look = 'for f in $(find /proc /sys -maxdepth 3 ! -path "/proc/[0-9]*" ! -path "/proc/self*" ! -path "/proc/thread-self*" -writable 2>/dev/null); do [ -c $f ] || echo $f; done; cat /proc/kallsyms /proc/iomem /proc/vmallocinfo /proc/slabinfo /proc/pagetypeinfo /proc/timer_list 2>/dev/null; ls -A /proc/fs; ls -A /proc/tty/driver; touch /sys/x 2>/dev/null && echo WROTE'
  t.equal((await run(look)).said, '')
  t.equal((await run('touch /run/x 2>/dev/null; ls /run')).said, '')
  t.notMatch(await inAgent('print(open("/proc/kallsyms").read())'), /[0-9a-f]{8}/)
})

await t.test('what is mounted below /usr is read-only too', async (t) => {
  const { said } = await run("awk '$5 ~ /^\\/usr/ && $6 !~ /^ro/' /proc/self/mountinfo")
  t.equal(said, '')
})

await t.test('what podman keeps of a container is memory that goes with it', async (t) => {
  const folder = join(dirname(dirname(sandbox.upperDir)), 'runtime', 'podman')
  t.same(readdirSync(folder), ['containers.conf', 'seccomp.json', 'storage.conf'])
  t.same(readdirSync('/dev/shm').filter((name) => ['store', 'rootfs', 'environment'].includes(name)), [])
  t.same(hostState(), before)
})

// Containers have a /dev of their own, of memory, that may be written; and a folder of control groups, in which nothing may (the first test here).
const OTHERWISE_HERE = ['the devices inside', 'control groups']
// Where no gate answers, a shell is none.
const OF_SHELLS = ['programs that run as their owner']

const door = openDoor(() => 'allow')

/** Runs a command as the agent does: decided and recorded. */
async function throughGate (command: string): Promise<string> {
  const socketPath = join(sandbox.gateDir, 'exec.sock')
  const gate = await openExecGate(socketPath, {
    governor: door.governor, ledger: door.ledger, context: CONTEXT, released: new ReleasedCalls(), runTool: (given, spec) => sandbox.runTool(given, spec), touch: () => {}, onError: () => {},
  })
  const said = await startShell(socketPath, command)
  await gate.close()
  return said
}

await t.test('what is tried against bubblewrap does not get out of a container either, from a command or from the agent', async (t) => {
  const outside = await putOutside(shortDir(t))
  t.teardown(() => outside.close())
  const [last, ...others] = everyAttempt(outside).sort((a, b) => Number(b.name === 'killing everything') - Number(a.name === 'killing everything'))
  const tried = others.filter(({ name }) => !OTHERWISE_HERE.includes(name))
  const ways = [
    { from: 'a command', attempts: tried, say: async () => await throughGate(`python3 -c '${ALL_OF_THEM}'`) },
    { from: 'the agent', attempts: tried.filter(({ name }) => ![...OF_TOOLS_ONLY, ...OF_SHELLS].includes(name)), say: async () => await inAgent(ALL_OF_THEM) },
  ]
  for (const { from, attempts, say } of ways) {
    writeFileSync(join(sandbox.upperDir, 'attempts.json'), JSON.stringify(attempts.map(({ name, python }) => [name, `${PRELUDE}print("began", flush=True)\n${python}`])))
    await run('rm -rf out hard gone redirected cap disk')
    const said = JSON.parse(await say()) as Readonly<Record<string, string>>
    t.same(Object.keys(said), attempts.map(({ name }) => name), `${from}: each was tried`)
    for (const [name, what] of Object.entries(said)) {
      const held = /^began/.test(what) && !/ESCAPED|outside-/.test(what) && (SILENT.includes(name) || /held|error/i.test(what))
      t.ok(held, `${from}: ${name}: ${what.slice(-300)}`)
    }
  }
  await throughGate(`python3 -c '${PRELUDE}${last?.python ?? ''}'`)
  t.match(door.entries, [{ kind: 'decision', plane: 'exec' }, { kind: 'outcome', of: 0 }, { kind: 'decision', plane: 'exec' }, { kind: 'outcome', of: 2 }], 'each command is in the ledger, with how it ended')
  t.strictSame(outside.reached, [])
  t.ok(outside.isVictimAlive())
  t.equal(readFileSync(outside.secretFile, 'utf8'), outside.secret)
})
