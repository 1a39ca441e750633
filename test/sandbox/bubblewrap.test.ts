import { readdirSync, readFileSync } from 'node:fs'
import { text } from 'node:stream/consumers'
import t from 'tap'
import { createBubblewrap } from '../../sandbox/bubblewrap.ts'
import { INSIDE, type TerminalSize, type ToolSpec } from '../../sandbox/sandbox.ts'
import { until } from '../support/until.ts'
import { keepsContract } from './driver-contract.ts'

const { sandbox, permit, run } = await keepsContract({
  create: createBubblewrap,
  environment: /^HOME LANG PATH PWD SHLVL TERM _ PATH=[^\n]*\nWEIR_JAIL=[0-9a-f]{24}\n$/,
  empty: [],
  stepMs: 2,
})

/** Ids of the processes of this sandbox that wait for a command, as its holder sees them. */
function waiting (): string[] {
  const proc = `/proc/${sandbox.holderPid}/root/proc`
  return readdirSync(proc).filter((name) => /^\d+$/.test(name)).filter((pid) => {
    try {
      return readFileSync(`${proc}/${pid}/cmdline`, 'utf8').startsWith('/bin/bash\0-c\0IFS= read')
    } catch {
      return false // ended meanwhile
    }
  })
}

// All that a command finds: its variables, limits, signals, descriptors, mounts, and what is in its scratch folders.
const LOOK = 'echo "$0 $SHLVL $- $*"; env | sort; ulimit -a; grep -E "^(Sig[BIC]|Cap|NoNew|Seccomp|Uid)" /proc/self/status; ls /proc/self/fd; cut -d" " -f4- /proc/self/mountinfo | sort; ls -lA /tmp /dev/shm; pwd; trap'

await t.test('a command in a jail that waited for it finds what it finds in one that was made for it', async (t) => {
  const made = await run(`${LOOK} #${' '.repeat(4_096)}`) // too long to be handed over
  await until(() => waiting().length === 1)
  const waited = await run(LOOK)
  // Ids of mounts and of device numbers are each jail's own, of processes too.
  const plain = (said: string): string => said.replace(/\b\d+:\d+\b/g, '').replace(/master:\d+|shared:\d+/g, '')
  t.equal(plain(waited.said), plain(made.said))
})

await t.test('nothing of one command is left for the next', async (t) => {
  for (let turn = 0; turn < 3; turn += 1) {
    await until(() => waiting().length === 1)
    const [one] = waiting()
    t.equal((await run('ls -A /tmp/home /dev/shm; echo "$LEFT"; export LEFT=1; touch /tmp/home/left /dev/shm/left; sleep 1000 & cd src')).said, '/dev/shm:\n\n/tmp/home:\n\n')
    t.not(waiting()[0], one, 'the jail served one command')
  }
})

await t.test('what is behind the command on its standard input is its own', async (t) => {
  await until(() => waiting().length === 1)
  const tool = sandbox.runTool(permit, { command: 'read -r one; echo "<$one>"; cat', cwd: INSIDE.workspace })
  tool.stdin.end('first\nsecond\0third')
  t.equal(await text(tool.stdout), '<first>\nsecond\0third')
})

/** Runs a command on a terminal and gives it these sizes at once. */
async function onTerminal (command: string, more: Partial<ToolSpec> = {}, sizes: readonly TerminalSize[] = []): Promise<{ readonly said: string, readonly how: string, readonly code: number }> {
  const tool = sandbox.runTool(permit, { command, cwd: INSIDE.workspace, terminal: { columns: 101, rows: 33 }, ...more })
  for (const size of sizes) tool.resize(size)
  tool.stdin.end('typed\n')
  const [out, err, end] = await Promise.all([text(tool.stdout), text(tool.stderr), tool.ended])
  return { said: out + err, ...end }
}

await t.test('a command may have a terminal: its size, its folder, its exit code, one stream, and nobody who types', async (t) => {
  t.same(await onTerminal("stty size; test -t 0 && test -t 1 && test -t 2 && echo \"it's $TERM\" >&2; pwd; read -r typed || echo nobody; exit 7", { cwd: '/workspace/src' }), {
    said: "33 101\r\nit's xterm-256color\r\n/workspace/src\r\nnobody\r\n", how: 'exited', code: 7,
  })
  t.match(await onTerminal('kill -9 $$'), { how: 'exited', code: 137 })
  t.match(await onTerminal('sleep 1000', { wallMs: 200 }), { how: 'timed-out', code: 137 })
})

await t.test('the size of a terminal is changed while its command runs, and what is no size is left alone', async (t) => {
  const wait = 'until [ "$(stty size)" = "50 132" ]; do sleep 0.05; done; stty size'
  const { said, code } = await onTerminal(wait, {}, [{ columns: 0, rows: 1 }, { columns: 1_001, rows: 1 }, { columns: 1.5, rows: 2 }, { columns: 132, rows: 50 }])
  t.same({ said, code }, { said: '50 132\r\n', code: 0 })
})
