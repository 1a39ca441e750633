import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import t from 'tap'
import { Compile } from 'typebox/schema'
import type { EntryBody } from '../../../gateway/core/ledger-entry.ts'
import { hookEventJsonSchema } from '../../../gateway/hooks/event-schema.ts'
import { readHooks } from '../../../gateway/hooks/hook-config.ts'
import { createHookNews } from '../../../gateway/hooks/hook-news.ts'
import type { HookFile } from '../../../gateway/hooks/hook-schema.ts'
import { openHooks, type Hooks } from '../../../gateway/hooks/hooks.ts'
import { openJournal, type Journal } from '../../../gateway/ledger/journal.ts'
import { isSigned, OLD_SECRET, SECRET, startHookReceiver, type HookReceiver } from '../../support/hook-receiver.ts'
import { shortDir } from '../../support/gateway-process.ts'
import { until } from '../../support/until.ts'
import { ALICE, BOB, decided, decisionBody, plainEvent } from '../ledger/bodies.ts'

const eventSchema = Compile(JSON.parse(hookEventJsonSchema()) as object)
const ENV = { SECRET, OLD_SECRET: `whsec_${OLD_SECRET}` }

interface Opened { readonly journal: Journal, readonly hooks: Hooks, readonly warnings: string[], record (...bodies: EntryBody[]): Promise<void>, close (): Promise<void> }
interface Teardown { teardown (cleanUp: () => unknown): void }

/** Hooks on a real journal in this folder. */
async function open (t: Teardown, dir: string, files: Readonly<Record<string, Partial<HookFile> & { url: string }>>): Promise<Opened> {
  const warnings: string[] = []
  const news = createHookNews()
  const journal = await openJournal({ dir: join(dir, 'journal'), nowMs: Date.now, onWarning: (message) => { warnings.push(message) }, watch: { queued: (body) => news.queued(body), committed: () => undefined }, segmentBytes: 20_000 })
  const hooks = await opening(journal, () => openHooks({
    hooks: readHooks(Object.fromEntries(Object.entries(files).map(([name, file]) => [name, { secret: 'env:SECRET', events: ['session.started', 'session.ended', 'approval.pending'], allowPrivate: true, attempts: 1, ...file }]))),
    env: ENV,
    folder: join(dir, 'hooks'),
    journalDir: join(dir, 'journal'),
    head: () => journal.head().index,
    record: (body) => journal.record(body),
    news,
    approvalNow: (id) => id === 'apr_gone' ? null : { expiresAtMs: 1_000, links: { approve: 'a', deny: 'd' } },
    masked: (text) => text.replaceAll('hunter2', '[redacted]'),
    onWarning: (message) => { warnings.push(message) },
  }))
  hooks.start()
  let isOpen = true
  const opened = {
    journal,
    hooks,
    warnings,
    async record (...bodies: EntryBody[]) { await Promise.all(bodies.map((body) => journal.append(body))) },
    async close () {
      if (!isOpen) return
      isOpen = false
      await hooks.close()
      await journal.close()
    },
  }
  t.teardown(() => opened.close())
  return opened
}

async function opening (journal: Journal, make: () => Hooks): Promise<Hooks> {
  try {
    return make()
  } catch (error) {
    await journal.close()
    throw error
  }
}

const started = (n: number): EntryBody => plainEvent('session-started', { commit: 'c' }, { ...ALICE, session: { ...ALICE.session, id: `wses_${n}` } as typeof ALICE.session })
const sessions = ({ received }: HookReceiver): unknown[] => received.map(({ body }) => body.data['session'])
const pending = (approval: string, command: string | null = null): EntryBody => {
  const body = decisionBody('pending')
  return { ...body, approval, decision: decided('pending'), input: { ...body.input, command: command === null ? null : { text: command, programs: [], opaque: false, problems: [], network: false, writes: [], reads: [] } } }
}

await t.test('events come in order, signed with every secret, in the published form', async (t) => {
  const receiver = await startHookReceiver(t)
  const { record } = await open(t, shortDir(t), { chat: { url: receiver.url, previousSecret: 'env:OLD_SECRET', events: ['session.started', 'session.ended', 'approval.pending', 'approval.decided', 'approval.expired', 'budget.warning', 'budget.exhausted', 'policy.activated', 'policy.refused'] } })
  const budget = { budget: 'b', account: 'a', limit: 'usd_day', percent: 80, period: '2026-01-01', max: 10, used: 8, mode: 'deny' }
  await record(
    plainEvent('gateway-started'), started(1), decisionBody('allow'), pending('apr_1', 'curl -u me:hunter2 example.test'), pending('apr_1'), pending('apr_gone'),
    plainEvent('approval-given', { approval: 'apr_1', requestedBy: 'alice@acme.test', scope: 'until', untilMs: 5_000 }, BOB),
    plainEvent('approval-refused', { approval: 'apr_2', requestedBy: 'alice@acme.test' }, BOB),
    plainEvent('approval-expired', { approval: 'apr_3', requestedBy: 'alice@acme.test' }),
    plainEvent('budget-warning', budget), plainEvent('budget-warning', { ...budget, percent: 100 }),
    plainEvent('policy-loaded', { revision: 'r1', rules: 7 }), plainEvent('policy-rejected', { revision: 'r1', code: 'WEIR_ERR_POLICY_BUILD' }),
    plainEvent('session-stopped', { reason: 'idle', containerSeconds: 3 }, ALICE)
  )
  await receiver.came(11)
  t.same(receiver.types(), [
    'session.started', 'approval.pending', 'approval.pending', 'approval.decided', 'approval.decided', 'approval.expired',
    'budget.warning', 'budget.exhausted', 'policy.activated', 'policy.refused', 'session.ended',
  ], 'a call that is pending twice is told once')
  for (const one of receiver.received) {
    t.ok(isSigned(one, SECRET) && isSigned(one, OLD_SECRET), 'each secret of a rotation verifies it')
    t.notOk(isSigned(one, Buffer.alloc(32).toString('base64')))
    t.notOk(isSigned({ ...one, text: one.text.replace('alice', 'mally').replace('entry', 'entri') }, SECRET), 'not when it was changed')
    t.notOk(isSigned({ ...one, headers: { ...one.headers, 'webhook-id': 'evt_other' } }, SECRET))
    t.same([...eventSchema.Errors(one.body)[1]], [], `${one.body.type} is as published`)
    t.match(one.headers, { 'content-type': 'application/json', 'webhook-id': /^evt_[0-9a-f]{32}$/ })
  }
  t.equal(new Set(receiver.received.map(({ headers }) => headers['webhook-id'])).size, 11)
  t.match(receiver.received.map(({ body }) => body.data), [
    { session: 'wses_1', actor: 'alice@acme.test', app: 'shop', environment: 'DEV' },
    { approval: 'apr_1', requestedBy: 'alice@acme.test', role: 'author', tool: 'edit', targets: [{ path: 'src/cart.ts', access: 'write', class: 'source' }], targetCount: 1, command: 'curl -u me:[redacted] example.test', rule: 'weir.test_pending', expires: '1970-01-01T00:00:01.000Z', links: { approve: 'a', deny: 'd' } },
    { approval: 'apr_gone', expires: null, links: null },
    { approval: 'apr_1', state: 'given', by: 'bob@acme.test', requestedBy: 'alice@acme.test', scope: 'until', until: '1970-01-01T00:00:05.000Z' },
    { approval: 'apr_2', state: 'refused', scope: null, until: null },
    { approval: 'apr_3', requestedBy: 'alice@acme.test', actor: null },
    { percent: 80, used: 8, max: 10 },
    { percent: 100 },
    { revision: 'r1', rules: 7, code: null },
    { revision: 'r1', rules: null, code: 'WEIR_ERR_POLICY_BUILD' },
    { reason: 'idle', containerSeconds: 3 },
  ])
  t.notMatch(receiver.received.map(({ text }) => text).join(''), 'hunter2')
})

await t.test('releases are told: made, pointed at and back once each, however often the ledger has it, and what policy denied', async (t) => {
  const receiver = await startHookReceiver(t)
  const { record } = await open(t, shortDir(t), { deploy: { url: receiver.url, events: ['release.made', 'release.promoted', 'release.rolled-back', 'release.refused'] } })
  const detail = { release: 'rel_00000000000000000001', digest: 'd'.repeat(64), commit: 'c'.repeat(40), files: 3, bytes: 2_048, withheld: 1, decision: 7, atMs: 5_000 }
  const moved = { release: detail.release, digest: detail.digest, commit: detail.commit, from: 'rel_00000000000000000000', decision: 9, atMs: 6_000 }
  const asked = (action: 'create' | 'promote', verdict: 'allow' | 'deny'): EntryBody => {
    const body = decisionBody(verdict)
    const release = { id: detail.release, digest: detail.digest, action, madeBy: 'alice@acme.test', live: [], checks: [], from: null }
    return { ...body, decision: { ...body.decision, reason: 'not hunter2' }, input: { ...body.input, kind: 'release', tool: null, targets: [], release } }
  }
  await record(
    asked('promote', 'allow'), plainEvent('release-made', detail, ALICE), plainEvent('release-made', detail, ALICE), asked('promote', 'deny'), plainEvent('release-checked', detail, ALICE),
    plainEvent('release-promoted', moved, BOB), plainEvent('release-promoted', moved, BOB), plainEvent('release-promoted', { ...moved, decision: 10, atMs: 7_000, from: null }, BOB), decisionBody('deny'),
    plainEvent('release-rolled-back', { ...moved, decision: 11 }, BOB), asked('create', 'deny')
  )
  await receiver.came(6)
  t.same(receiver.types(), ['release.made', 'release.refused', 'release.promoted', 'release.promoted', 'release.rolled-back', 'release.refused'])
  for (const one of receiver.received) t.same([...eventSchema.Errors(one.body)[1]], [], `${one.body.type} is as published`)
  t.match(receiver.received.map(({ body }) => body), [
    { timestamp: '1970-01-01T00:00:05.000Z', data: { release: detail.release, actor: 'alice@acme.test', environment: 'DEV', files: 3, bytes: 2_048, decision: 7 } },
    { data: { release: detail.release, action: 'promote', role: 'author', rule: 'weir.test_deny', reason: 'not [redacted]', actor: 'alice@acme.test' } },
    { timestamp: '1970-01-01T00:00:06.000Z', data: { release: detail.release, environment: 'PROD', from: moved.from, decision: 9 } },
    { data: { from: null, decision: 10 } },
    { data: { decision: 11 } },
    { data: { release: null, action: 'create' } },
  ])
})

await t.test('a hook is told only what it asked for', async (t) => {
  const receiver = await startHookReceiver(t)
  const { record } = await open(t, shortDir(t), { prod: { url: receiver.url, apps: ['shop'], environments: ['PROD'], events: ['session.started', 'policy.activated'] } })
  await record(
    started(1), plainEvent('session-started', {}, { ...BOB, app: 'till' }), plainEvent('session-stopped', {}, BOB), plainEvent('session-started', {}, BOB),
    plainEvent('policy-loaded', { revision: 'r', rules: 1 })
  )
  await receiver.came(2)
  t.same(receiver.received.map(({ body: { type, data } }) => [type, data['app'], data['environment']]), [['session.started', 'shop', 'PROD'], ['policy.activated', null, null]])
})

await t.test('an event that fails is tried again before any later one, with the same id and a new signature', async (t) => {
  const receiver = await startHookReceiver(t)
  receiver.answer = (_received, count) => ({ status: count <= 2 ? 503 : 204 })
  const { record, hooks } = await open(t, shortDir(t), { chat: { url: receiver.url } })
  await record(started(1), started(2))
  await until(() => hooks.list()[0]?.trying !== null)
  await receiver.came(1)
  await receiver.came(4)
  t.same(sessions(receiver), ['wses_1', 'wses_1', 'wses_1', 'wses_2'])
  t.equal(new Set(receiver.received.slice(0, 3).map(({ headers }) => headers['webhook-id'])).size, 1)
  t.ok(receiver.received.every((one) => isSigned(one, SECRET)))
  await until(() => hooks.list()[0]?.delivered === 2)
  t.match(hooks.list(), [{ name: 'chat', origin: /^http:\/\/127\.0\.0\.1:\d+$/, delivered: 2, failed: 2, putAside: 0, dead: 0, trying: null }])
  t.notMatch(JSON.stringify(hooks.list()), 'in-the-address', 'the path of an address can be a secret')
})

await t.test('what a receiver refuses is put aside, recorded, and sent again when somebody asks', async (t) => {
  const receiver = await startHookReceiver(t)
  receiver.answer = ({ body }) => body.data['session'] === 'wses_1' ? { status: 400 } : body.data['session'] === 'wses_2' ? { status: 302, headers: { location: `${receiver.url}&again` } } : { status: 200 }
  const dir = shortDir(t)
  const { record, hooks, journal, close } = await open(t, dir, { chat: { url: receiver.url } })
  await record(started(1), started(2), started(3))
  await receiver.came(3)
  t.same(sessions(receiver), ['wses_1', 'wses_2', 'wses_3'], 'redirects are not followed, and others do not wait')
  await until(() => hooks.list()[0]?.delivered === 1)
  t.match(hooks.dead('chat'), [
    { id: receiver.received[0]?.headers['webhook-id'], entry: 0, type: 'session.started', attempts: 1, problem: 'the receiver answered 400' },
    { entry: 1, problem: 'the receiver answered 302; redirects are not followed' },
  ])
  await until(() => journal.head().index === 4)
  t.match(readFileSync(join(dir, 'journal', '00000000000000000000.jsonl'), 'utf8'), /"name":"hook-gave-up".*"hook":"chat","event":"evt_/)
  t.match(await hooks.retry('chat', new Set([hooks.dead('chat')[1]?.id ?? ''])), { delivered: 0, failed: 1, problem: null })
  t.match(hooks.dead('chat')[1], { attempts: 2 })
  await close()

  const again = await open(t, dir, { chat: { url: receiver.url } })
  t.equal(again.hooks.dead('chat').length, 2, 'they outlive a restart')
  receiver.answer = () => ({ status: 200 })
  const both = await Promise.all([again.hooks.retry('chat', null), again.hooks.retry('chat', null)])
  t.same(both.map(({ delivered }) => delivered), [2, 0], 'two people who retry at once send it once')
  t.same(again.hooks.dead('chat'), [])
  t.same(sessions(receiver).slice(4), ['wses_1', 'wses_2'])
  t.equal(receiver.received.at(-1)?.headers['webhook-id'], receiver.received[1]?.headers['webhook-id'])
  t.throws(() => again.hooks.dead('other'), { code: 'WEIR_ERR_ROUTE_UNKNOWN' })
})

await t.test('a receiver that is away too long loses what is too old, and says so', async (t) => {
  const closed = createServer()
  await new Promise<void>((resolve) => closed.listen(0, '127.0.0.1', resolve))
  const { port } = closed.address() as AddressInfo
  await new Promise((resolve) => closed.close(resolve))
  const { record, hooks } = await open(t, shortDir(t), { chat: { url: `http://127.0.0.1:${port}/`, giveUpAfter: '1s', attempts: 20 } })
  await record(started(1))
  await until(() => hooks.dead('chat').length === 1)
  t.match(hooks.dead('chat'), [{ problem: 'the receiver could not be reached' }])
  t.match(await hooks.test('chat'), { kind: 'away', status: null, problem: 'the receiver could not be reached', id: /^evt_/ })
  t.match(await hooks.retry('chat', null), { delivered: 0, failed: 1, problem: 'the receiver could not be reached' })
})

await t.test('a receiver that does not answer holds up neither the ledger nor the other hooks', async (t) => {
  const silent = await startHookReceiver(t)
  const receiver = await startHookReceiver(t)
  silent.answer = () => null
  const { record, hooks, close } = await open(t, shortDir(t), { silent: { url: silent.url, timeout: '1m' }, chat: { url: receiver.url } })
  await record(started(0))
  await silent.came(1)
  for (let n = 1; n <= 20; n += 1) await record(started(n), decisionBody('allow'))
  await receiver.came(21)
  t.same(sessions(receiver), Array.from({ length: 21 }, (_, n) => `wses_${n}`))
  t.equal(silent.received.length, 1)
  t.match(hooks.list()[0]?.trying, { type: 'session.started', attempts: 0 })
  await close() // within a moment: what is under way is broken
  t.equal(silent.received.length, 1, 'and not tried again')
})

await t.test('a restart goes on where it was; what was not delivered is', async (t) => {
  const receiver = await startHookReceiver(t)
  const dir = shortDir(t)
  const first = await open(t, dir, { chat: { url: receiver.url } })
  await first.record(started(1))
  await receiver.came(1)
  await until(() => first.hooks.list()[0]?.delivered === 1)
  receiver.answer = () => null
  await first.record(started(2), started(3))
  await receiver.came(2)
  await first.close()
  receiver.answer = () => ({ status: 200 })
  const second = await open(t, dir, { chat: { url: receiver.url }, late: { url: receiver.url } })
  await receiver.came(4)
  t.same(sessions(receiver), ['wses_1', 'wses_2', 'wses_2', 'wses_3'], 'a hook that is new hears nothing of before')
  await second.record(started(4))
  await receiver.came(6)
  t.same(sessions(receiver).slice(4), ['wses_4', 'wses_4'])
  await until(() => second.hooks.list().every(({ delivered }) => delivered > 0))
  await second.close()
  t.same(['chat', 'late'].map((name) => readFileSync(join(dir, 'hooks', `${name}.next.json`), 'utf8')), ['4', '4'])
})

await t.test('a place of another journal is not kept to, and a file that cannot be read is no start', async (t) => {
  const receiver = await startHookReceiver(t)
  const dir = shortDir(t)
  const first = await open(t, dir, { chat: { url: receiver.url } })
  await first.close()
  writeFileSync(join(dir, 'hooks', 'chat.next.json'), '1000')
  const second = await open(t, dir, { chat: { url: receiver.url } })
  await until(() => readFileSync(join(dir, 'hooks', 'chat.next.json'), 'utf8') === '0')
  await second.record(started(1))
  await receiver.came(1)
  await second.close()
  for (const wrong of ['', '-1', '{', '"1"']) {
    writeFileSync(join(dir, 'hooks', 'chat.next.json'), wrong)
    await t.rejects(open(t, dir, { chat: { url: receiver.url } }), { code: 'WEIR_ERR_STORE' }, JSON.stringify(wrong))
  }
})

await t.test('private addresses are refused, also by name, and link-local ones always', async (t) => {
  const receiver = await startHookReceiver(t)
  const { port } = new URL(receiver.url)
  const { hooks } = await open(t, shortDir(t), {
    address: { url: `https://127.0.0.1:${port}/`, allowPrivate: false },
    mapped: { url: `https://[::ffff:127.0.0.1]:${port}/`, allowPrivate: false },
    name: { url: `https://localhost:${port}/`, allowPrivate: false },
    metadata: { url: 'http://169.254.169.254/latest/' },
    decimal: { url: 'http://2852039166/' },
    allowed: { url: `http://localhost:${port}/` },
  })
  for (const name of ['address', 'mapped', 'name', 'metadata', 'decimal']) t.match(await hooks.test(name), { kind: 'refused', status: null, problem: /private or link-local/ }, name)
  t.equal(receiver.received.length, 0)
  t.match(await hooks.test('allowed'), { kind: 'delivered', status: 204 })
  t.match(receiver.received[0]?.body, { type: 'hook.test', data: { hook: 'allowed', entry: null } })
  t.same([...eventSchema.Errors(receiver.received[0]?.body)[1]], [])
})

await t.test('what cannot work is refused at the start, without saying a secret', async (t) => {
  const dir = shortDir(t)
  const good = { secret: 'env:SECRET', events: ['session.started'] as HookFile['events'] }
  const env = { SECRET, SHORT: 'c2hvcnQ=', PLAIN: 'not base64 at all!', ADDRESS: 'http://user:hunter2@example.test/', HTTP: 'http://example.test/hunter2' }
  const at = (file: Partial<HookFile>) => () => openHooks({ hooks: readHooks({ chat: { url: 'https://example.test/', ...good, ...file } }), env, folder: join(dir, 'hooks'), journalDir: dir, head: () => -1, record: () => undefined, news: createHookNews(), approvalNow: () => null, masked: (text) => text, onWarning: () => undefined })
  for (const wrong of [
    { secret: 'env:MISSING' }, { secret: 'env:SHORT' }, { secret: 'env:PLAIN' }, { previousSecret: 'env:SHORT' }, { url: 'env:ADDRESS' }, { url: 'env:MISSING' }, { url: 'env:HTTP' }, { url: 'http://example.test/' },
    { timeout: '99ms' }, { timeout: '2m' }, { giveUpAfter: '999ms' }, { giveUpAfter: '169h' },
  ]) {
    t.throws(at(wrong), { code: 'WEIR_ERR_CONFIG_INVALID', message: /^(?!.*hunter2)/ }, JSON.stringify(wrong))
  }
  t.notOk(existsSync(join(dir, 'hooks')), 'and leaves nothing behind')
})
