import t from 'tap'
import { ReleasedCalls } from '../../../gateway/sessions/released-calls.ts'
import { openDoor, permitFrom } from '../../sandbox/open-door.ts'

const permit = await permitFrom(openDoor(() => 'allow'))

await t.test('a released command covers one start for each release, oldest first', async (t) => {
  const calls = new ReleasedCalls()
  calls.remember({ callId: 'a', native: 'bash', digest: '1', permit, command: 'ls', cwd: '/w' })
  calls.remember({ callId: 'b', native: 'bash', digest: '2', permit, command: 'ls', cwd: '/w' })
  calls.remember({ callId: 'c', native: 'read', digest: '3', permit })
  t.same([calls.takeCommand('ls', '/w', () => true)?.callId, calls.takeCommand('ls', '/w', () => true)?.callId, calls.takeCommand('ls', '/w', () => true)], ['a', 'b', null])
  t.equal(calls.takeCommand('ls ', '/w', () => true), null)
  t.equal(calls.find('a', '1')?.callId, 'a', 'an ask still finds it')
})

await t.test('a finished call covers nothing', async (t) => {
  const calls = new ReleasedCalls()
  calls.remember({ callId: 'a', native: 'bash', digest: '1', permit, command: 'ls', cwd: '/w' })
  calls.finish('a')
  t.equal(calls.takeCommand('ls', '/w', () => true), null)
})

await t.test('a release covers no start in another folder', async (t) => {
  const calls = new ReleasedCalls()
  calls.remember({ callId: 'a', native: 'bash', digest: '1', permit, command: 'npm test', cwd: '/w' })
  t.equal(calls.takeCommand('npm test', '/w/evil', () => true), null)
  t.equal(calls.takeCommand('npm test', '/w', () => true)?.callId, 'a')
})

await t.test('a subagent counts from its decision to its end, and among all for good', async (t) => {
  const calls = new ReleasedCalls()
  const allow = { verdict: 'allow', rule: 'x.y', reason: '', feedback: '', also: [], obligations: {}, revision: '' } as const
  const [first, second, denied] = [calls.claimDelegation(), calls.claimDelegation(), calls.claimDelegation()]
  first.onDecided(allow)
  t.same(calls.delegations(), { running: 1, total: 1 }, 'the next decision sees it before the ledger has it')
  second.onDecided(allow)
  second.onDecided(allow)
  denied.onDecided({ ...allow, verdict: 'deny' })
  t.same(calls.delegations(), { running: 2, total: 2 })
  calls.remember({ callId: 'a', native: 'task', digest: '1', permit, delegates: true })
  for (const claim of [first, second, second, denied]) claim.leave()
  t.same(calls.delegations(), { running: 1, total: 2 }, 'what was not recorded does not run')
  calls.remember({ callId: 'b', native: 'read', digest: '2', permit })
  calls.finish('a')
  t.same(calls.delegations(), { running: 0, total: 2 })
})
