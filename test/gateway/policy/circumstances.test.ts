import { cpSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import type { Context } from '../../../gateway/core/actor.ts'
import type { Circumstances } from '../../../gateway/core/circumstances.ts'
import { createGovernor, type Governor } from '../../../gateway/core/govern.ts'
import { createCircumstances } from '../../../gateway/policy/circumstances.ts'
import type { PolicyEngine } from '../../../gateway/policy/engine.ts'
import { createLocalTime } from '../../../gateway/policy/local-time.ts'
import { openEngine, POLICIES } from './opened-policy.ts'
import { testFolder } from '../../support/test-folder.ts'

const MONDAY_NOON = Date.UTC(2026, 10, 23, 12)
const CONTEXT: Context = { plane: 'api', actor: { id: 'alice', role: 'author', groups: [], org: 'acme' }, app: 'shop', environment: 'DEV', session: null }
const REQUEST = { kind: 'model-request', provider: 'local', model: 'm', stream: true, bytes: 1 } as const
const SESSION = { kind: 'session' } as const
const WINDOWS = { author: { DEV: [{ days: ['mon'], from: '13:00', to: '18:00' }] } }

interface World { readonly governor: Governor, readonly engine: PolicyEngine, readonly clock: { nowMs: number }, usage: Circumstances['usage'], seats: Circumstances['seats'] }

async function world (t: Test, data: Readonly<Record<string, unknown>>): Promise<World> {
  const dir = join(testFolder(t), 'policies')
  cpSync(POLICIES, dir, { recursive: true })
  for (const [section, value] of Object.entries(data)) {
    mkdirSync(join(dir, 'weir/data', section))
    writeFileSync(join(dir, 'weir/data', section, 'data.json'), JSON.stringify(value))
  }
  const engine = await openEngine(dir)
  const clock = { nowMs: MONDAY_NOON }
  const made = { engine, clock, usage: null as Circumstances['usage'], seats: null as Circumstances['seats'] }
  const governor = createGovernor({
    classify: () => { throw new Error('these tests make no call') },
    policy: engine.current,
    ledger: { append: async () => 0, settle () {} },
    approvals: { find: () => null, consume: () => false, hold: () => 'apr_x' },
    clock: { nowMs: () => clock.nowMs },
    circumstances: createCircumstances({ data: engine.data, usage: () => made.usage, seats: () => made.seats }),
  })
  return Object.assign(made, { governor })
}

await t.test('local time follows the zone, its offset and its summer time', async (t) => {
  t.same(createLocalTime('UTC')(MONDAY_NOON), { day: 'mon', clock: '12:00' })
  t.same(createLocalTime('Europe/Berlin')(MONDAY_NOON), { day: 'mon', clock: '13:00' })
  t.same(createLocalTime('Europe/Berlin')(Date.UTC(2026, 6, 1, 22, 30)), { day: 'thu', clock: '00:30' })
  t.same(createLocalTime('Asia/Kolkata')(Date.UTC(2026, 10, 22, 18, 29, 59, 999)), { day: 'sun', clock: '23:59' })
  t.same(createLocalTime('Asia/Kolkata')(Date.UTC(2026, 10, 22, 18, 30)), { day: 'mon', clock: '00:00' })
  t.throws(() => createLocalTime('Mars/Olympus'), RangeError)
})

await t.test('hours open and close by the clock, and an answer is not remembered past its minute', async (t) => {
  const { governor, clock } = await world(t, { hours: { zone: 'Europe/Berlin', windows: WINDOWS } })
  const at = (hours: number, minutes = 0, ms = 0): string => {
    clock.nowMs = Date.UTC(2026, 10, 23, hours, minutes, 0, ms)
    return governor.preview(SESSION, CONTEXT).decision.rule
  }
  t.equal(at(11, 59), 'hours.outside_hours')
  t.equal(at(12), 'sessions.granted')
  t.equal(at(16, 59, 59_999), 'sessions.granted')
  t.equal(at(17), 'hours.outside_hours')
  t.equal(at(12), 'sessions.granted')
})

await t.test('the shipped data ask for neither time nor spending, so one answer holds for every minute', async (t) => {
  const { governor, engine, clock } = await world(t, {})
  const first = governor.preview(SESSION, CONTEXT).decision
  clock.nowMs += 86_400_000
  t.equal(governor.preview(SESSION, CONTEXT).decision, first, 'the very same object')
  const nobodyAsked = (): never => { throw new Error('nobody asked') }
  const circumstances = createCircumstances({ data: engine.data, usage: nobodyAsked, seats: nobodyAsked })
  for (const subject of [REQUEST, SESSION]) t.same(circumstances(subject, CONTEXT, clock.nowMs), { time: null, usage: null, seats: null, delegation: null, containment: null })
})

await t.test('a budget stops the next request when it is used up, or when spending is not known', async (t) => {
  const made = await world(t, { budgets: { all: { limits: { usd_per_day: 2 } } } })
  const rule = (usd: number | null): string => {
    made.usage = [{ budget: 'all', account: 'all', limit: 'usd_per_day', max: 2, used: usd, mode: 'hard' }]
    return made.governor.preview(REQUEST, CONTEXT).decision.rule
  }
  t.equal(rule(null), 'budgets.unknown')
  t.equal(rule(1.99), 'models.model_allowed')
  t.equal(rule(2), 'models.model_allowed', 'the request that is asked about is part of it')
  t.equal(rule(2.01), 'budgets.used_up')
  t.equal(rule(0), 'models.model_allowed', 'nothing is remembered across spendings')
  made.usage = null
  t.equal(made.governor.preview(REQUEST, CONTEXT).decision.rule, 'budgets.unknown')
  made.usage = []
  t.equal(made.governor.preview(REQUEST, CONTEXT).decision.rule, 'models.model_allowed', 'no budget is for it')
  t.equal(made.governor.preview({ ...REQUEST, usage: [{ budget: 'all', account: 'all', limit: 'concurrent', max: 1, used: 2, mode: 'hard' }] }, CONTEXT).decision.rule, 'budgets.used_up', 'what a request brings is what counts')
  t.equal(made.governor.preview(SESSION, CONTEXT).decision.rule, 'sessions.granted', 'what spends nothing is not asked about')
})

await t.test('seats stop a new member when they are taken, or when it is not known whether they are', async (t) => {
  const made = await world(t, { seats: { acme: 2 } })
  const rule = (seats: Circumstances['seats']): string => {
    made.seats = seats
    return made.governor.preview(SESSION, CONTEXT).decision.rule
  }
  t.equal(rule(null), 'sessions.seats_unknown')
  t.equal(rule({ limit: 2, used: null, member: false, idle_days: null }), 'sessions.seats_unknown')
  t.equal(rule({ limit: 2, used: 1, member: false, idle_days: null }), 'sessions.granted')
  t.equal(rule({ limit: 2, used: 2, member: false, idle_days: null }), 'sessions.seats_taken')
  t.equal(rule({ limit: 2, used: 2, member: true, idle_days: null }), 'sessions.granted')
  t.equal(rule({ limit: null, used: 2, member: false, idle_days: null }), 'sessions.granted', 'an organisation without a limit')
  made.seats = null
  t.equal(made.governor.preview(REQUEST, CONTEXT).decision.rule, 'models.model_allowed', 'what starts no session is not asked about')
})

await t.test('a release is promoted in order, and to PROD after a second person agreed', async (t) => {
  const { governor } = await world(t, {})
  const operator: Context = { ...CONTEXT, actor: { ...CONTEXT.actor, role: 'operator' } }
  const release = { kind: 'release', release: 'rel_1', digest: 'a'.repeat(40), action: 'promote', madeBy: 'carol', live: ['DEV'], checks: ['test'], from: null } as const
  t.match(governor.preview(release, { ...operator, environment: 'TEST' }).decision, { verdict: 'allow', rule: 'releases.permitted' })
  t.match(governor.preview(release, { ...operator, environment: 'PROD' }).decision, { verdict: 'deny', rule: 'releases.out_of_order' })
  t.match(governor.preview({ ...release, live: ['TEST'] }, { ...operator, environment: 'PROD' }).decision, { verdict: 'pending', rule: 'releases.needs_approval' })
  t.match(governor.preview(release, { ...CONTEXT, environment: 'TEST' }).decision, { verdict: 'deny', rule: 'releases.not_promoter' })
})
