import t from 'tap'
import { limitEnforcers } from '../../sandbox/limit-enforcers.ts'
import { DEFAULT_LIMITS } from '../../sandbox/limits.ts'

await t.test('what bounds the number of processes depends on the kernel and on who runs the gateway', async (t) => {
  const processes = (uid: number, kernel: string): string => new Map(limitEnforcers(DEFAULT_LIMITS, { uid, kernel })).get('processes') ?? ''
  t.match(processes(0, '6.14.0'), /pid_max/)
  t.notMatch(processes(0, '6.14.0'), /NPROC/)
  t.match(processes(1000, '6.14.0'), /pid_max.*NPROC.*looks/)
  t.equal(processes(0, '6.1.0'), 'looks twice a second')
  t.match(processes(1000, '6.1.0'), /NPROC/)
  t.notMatch(processes(1000, '6.1.0'), /pid_max/)
})

await t.test('each limit of the configuration is named once', async (t) => {
  const names = limitEnforcers({ ...DEFAULT_LIMITS, cpus: 2 }, { uid: 0, kernel: '6.14.0' }).map(([limit]) => limit)
  t.same(names, ['memory, disk, files', 'processes', 'cpus', 'scratch', 'one file', 'command, session'])
  t.match(limitEnforcers(DEFAULT_LIMITS, { uid: 0, kernel: '6.14.0' }), [['memory, disk, files', /looks/], ['processes', /./], ['cpus', 'no limit']])
})
