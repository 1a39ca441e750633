import t from 'tap'
import { agentArguments, enterArguments, holderArguments, packArguments, toolArguments, type AgentPaths } from '../../sandbox/argv.ts'
import { DEFAULT_LIMITS } from '../../sandbox/limits.ts'
import { MASKED_PROC } from '../../sandbox/masked-proc.ts'

const paths: AgentPaths = {
  node: '/usr/bin/node', npm: null, etc: '/d/etc', merged: '/d/m', agentBinary: '/d/agent', inside: '/d/inside', launcher: '/d/bash', config: '/d/config.json', models: '/d/models.json', gateDir: '/d/gate', agentDir: '/d/agent-dir', shells: ['/usr/bin/bash', '/usr/bin/dash'], limits: DEFAULT_LIMITS, covered: [], conversations: null,
}

/** The pairs a bind option names. */
function binds (args: readonly string[], option: string): string[] {
  return args.flatMap((argument, index) => argument === option ? `${args[index + 1]} ${args[index + 2]}` : [])
}

await t.test('the agent can write its socket folder and the workspace, nothing else that is bound', async (t) => {
  t.same(binds(agentArguments(paths, {}), '--bind'), ['/d/agent-dir /weir/agent', '/d/m /workspace'])
})

await t.test('a tool is bound nothing of the agent', async (t) => {
  const args = toolArguments(paths, '/workspace')
  t.same(binds(args, '--bind'), ['/d/m /workspace'])
  t.notOk(args.some((argument) => /gate|agent|inside|config/.test(argument) && !MASKED_PROC.includes(argument)))
})

await t.test('every sandbox has every wall', async (t) => {
  for (const args of [agentArguments(paths, {}), toolArguments(paths, '/workspace')]) {
    for (const wall of ['--unshare-all', '--disable-userns', '--die-with-parent', '--new-session', '--clearenv', '--cap-drop', '--seccomp']) t.ok(args.includes(wall), wall)
    const readOnly = args.flatMap((argument, index) => argument === '--remount-ro' ? args[index + 1] ?? '' : [])
    t.same(readOnly.filter((path) => !path.startsWith('/proc/')), ['/proc', '/dev', '/'])
    for (const folder of args.filter((argument, index) => args[index - 1] === '--tmpfs' && argument.startsWith('/proc/'))) t.ok(readOnly.includes(folder), folder)
    t.notOk(args.includes('--share-net'))
  }
})

await t.test('what covers a part of /proc is put there after /proc and before it is made read-only', async (t) => {
  for (const args of [agentArguments(paths, {}), toolArguments(paths, '/workspace')]) {
    const masks = args.flatMap((argument, index) => MASKED_PROC.includes(argument) ? index : [])
    t.ok(binds(args, '--ro-bind').includes('/dev/null /proc/kallsyms'))
    t.ok(masks.every((at) => at > args.indexOf('--proc') && at < args.indexOf('/proc', args.indexOf('--proc') + 2)))
  }
})

await t.test('what is secret is among the options that go over the descriptor, never on the command line', async (t) => {
  const options = agentArguments(paths, { OPENCODE_SERVER_PASSWORD: 'pw' })
  t.ok(options.includes('pw'))
  t.same(enterArguments(42, 'abc', ['cmd']).slice(3), ['weir', 'env', '-i', 'PATH=/usr/bin:/bin:/usr/sbin:/sbin', 'WEIR_JAIL=abc', 'nsenter', '-t', '42', '-U', '-m', '-p', '--preserve-credentials', 'bwrap', '--args', '3', '--', 'cmd'])
})

await t.test('options cannot be smuggled through paths or values', async (t) => {
  t.throws(() => packArguments(['a\0--share-net']), RangeError)
  for (const lower of ['/a,upperdir=/x', '/a:/b', '/a\\b', '/a\nb']) t.throws(() => holderArguments({ lower, upper: '/u', work: '/w', merged: '/m' }), RangeError)
})
