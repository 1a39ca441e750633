import { existsSync } from 'node:fs'
import fc from 'fast-check'
import t from 'tap'
import { agentArguments, toolArguments, type AgentPaths } from '../../sandbox/argv.ts'
import { DEFAULT_LIMITS } from '../../sandbox/limits.ts'
import { podmanWalls } from '../../sandbox/podman/podman-walls.ts'
import { environmentFile, runArguments } from '../../sandbox/podman/run-arguments.ts'
import { seccompProfile } from '../../sandbox/podman/seccomp-profile.ts'
import { readView } from '../../sandbox/podman/view.ts'
import { ARCHITECTURES } from '../../sandbox/system-calls.ts'

const shared: AgentPaths = {
  node: '/usr/bin/node', npm: null, etc: '/d/etc', merged: '/d/m', agentBinary: '/d/agent', inside: '/d/inside', launcher: '/d/bash', config: '/d/config.json', models: '/d/models.json', gateDir: '/d/gate', agentDir: '/d/agent-dir', shells: ['/usr/bin/bash', '/usr/bin/dash'], limits: DEFAULT_LIMITS, covered: [], conversations: null,
}
const podman = { podman: '/usr/bin/podman', runtime: 'crun', seccomp: '/d/seccomp.json', containersConf: '/d/containers.conf', storageConf: '/d/storage.conf' }

/** The values of an option given many times. */
function values (args: readonly string[], option: string): string[] {
  return args.flatMap((argument, index) => argument === option ? args[index + 1] ?? '' : [])
}

await t.test('a container can write what the same bubblewrap sandbox can, and nothing else of the host', async (t) => {
  const agent = runArguments(podman, readView(agentArguments(shared, {})), ['x'])
  t.same(values(agent, '--volume').filter((volume) => volume.endsWith(':rw')), ['/d/agent-dir:/weir/agent:rw', '/d/m:/workspace:rw'])
  const tool = runArguments(podman, readView(toolArguments(shared, '/workspace')), ['x'])
  t.same(values(tool, '--volume').filter((volume) => volume.endsWith(':rw')), ['/d/m:/workspace:rw'])
  for (const args of [agent, tool]) t.ok(values(args, '--volume').every((volume) => /:r[ow]$/.test(volume)))
})

await t.test('every container has every wall', async (t) => {
  const args = runArguments(podman, readView(toolArguments(shared, '/workspace')), ['x'])
  for (const wall of ['--read-only', '--read-only-tmpfs=false', '--unsetenv-all', '--http-proxy=false', '--no-hosts']) t.ok(args.includes(wall), wall)
  for (const [option, value] of [['--network', 'none'], ['--cap-drop', 'all'], ['--pid', 'private'], ['--ipc', 'private'], ['--uts', 'private'], ['--user', '1000:1000'], ['--uidmap', '1000:0:1'], ['--runtime', 'crun']]) t.same(values(args, option ?? ''), [value])
  t.same(values(args, '--runtime-flag'), ['root=/dev/shm/runtime'], 'the runtime keeps its state there too')
  t.same(values(args, '--security-opt').slice(0, 2), ['no-new-privileges', 'seccomp=/d/seccomp.json'])
  t.notOk(args.some((argument) => /privileged$|^--device|^--cap-add|unmask|unconfined/.test(argument) && argument !== 'no-new-privileges'))
})

await t.test('what of /proc bubblewrap covers is masked, and nothing is bound or mounted there', async (t) => {
  const view = readView(toolArguments(shared, '/workspace'))
  const args = runArguments(podman, view, ['x'])
  for (const path of ['/proc/kallsyms', '/proc/iomem', '/proc/fs'].filter((path) => existsSync(path))) t.ok(view.masked.includes(path), path)
  t.same(values(args, '--security-opt').slice(2), [`mask=${view.masked.join(':')}`])
  t.notOk([...values(args, '--volume'), ...values(args, '--tmpfs')].some((value) => value.includes('/proc')))
})

await t.test('no value of the environment is on a command line', async (t) => {
  const entry = podmanWalls(podman)({ holderPid: 42, options: agentArguments(shared, { OPENCODE_SERVER_PASSWORD: 'hunter2' }), command: ['x'], filter: Buffer.alloc(0) }, 'abc')
  t.notOk(entry.args.some((argument) => argument.includes('hunter2')))
  t.match(entry.feeds[0].toString(), 'OPENCODE_SERVER_PASSWORD=hunter2\n')
})

await t.test('an option that has no meaning for a container is refused, and so is one cut short', async (t) => {
  for (const options of [['--share-net'], ['--dev-bind', '/', '/'], ['--bind', '/a'], ['x'], ['--setenv', 'A'], ['valueOf', 'x', 'y'], ['__proto__']]) t.throws(() => readView(options), RangeError, options.join(' '))
  fc.assert(fc.property(fc.array(fc.oneof(fc.constantFrom('--bind', '--ro-bind', '--setenv', '--tmpfs', '--size', '--clearenv'), fc.string())), (options) => {
    try {
      const { binds } = readView(options)
      return binds.every(({ from, to }) => options.includes(from) && options.includes(to))
    } catch (error) {
      return error instanceof RangeError
    }
  }))
})

await t.test('no path becomes an option of a volume, and no value a second variable', async (t) => {
  for (const from of ['/a:/b', '/a,b', '/a\nb', 'name', '']) t.throws(() => runArguments(podman, readView(['--ro-bind', from, '/x']), ['x']), RangeError, from)
  fc.assert(fc.property(fc.string(), fc.string(), (name, value) => {
    try {
      return environmentFile([{ name, value }]).toString() === `${name}=${value}\n` && !/[\r\n]/.test(value) && !/[=*#\s]/.test(name)
    } catch (error) {
      return error instanceof RangeError
    }
  }))
})

await t.test('the profile refuses what the filter refuses', async (t) => {
  const profile = seccompProfile('x64') as { defaultAction: string, architectures: string[], syscalls: { names: string[], errnoRet: number, args?: { index: number, value: number, valueTwo: number }[] }[] }
  const plain = profile.syscalls.filter((rule) => rule.args === undefined)
  for (const name of Object.keys(ARCHITECTURES['x64']?.denied ?? {})) t.ok(plain.some((rule) => rule.names.includes(name) && rule.errnoRet === 1), name)
  t.ok(plain.some((rule) => rule.names.includes('clone3') && rule.errnoRet === 38))
  const flags = profile.syscalls.filter((rule) => rule.names.includes('clone')).map((rule) => rule.args?.[0]?.value ?? 0)
  t.equal(flags.reduce((sum, flag) => sum + flag, 0), 0x7E020080, 'one rule for each kind of namespace')
  t.same(profile.architectures, ['SCMP_ARCH_X86_64'])
  t.throws(() => seccompProfile('s390x'), RangeError)
})
