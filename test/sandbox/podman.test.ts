import { existsSync, readdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import t from 'tap'
import { createPodman } from '../../sandbox/podman/podman.ts'
import { keepsContract } from './driver-contract.ts'

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
