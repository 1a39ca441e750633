import fc from 'fast-check'
import type { Test } from 'tap'
import type { Context } from '../../../gateway/core/actor.ts'
import type { LedgerEntry } from '../../../gateway/core/ledger-entry.ts'
import { openJournal, type Journal } from '../../../gateway/ledger/journal.ts'
import { readEntries } from '../../../gateway/ledger/read-entries.ts'
import { matches } from '../../../gateway/ledger/entry-filter.ts'
import { foldReport, REPORTS } from '../../../gateway/ledger/reports.ts'
import { seatReleased, type ReleaseReason } from '../../../gateway/ledger/seat-entry.ts'
import { foldSeats } from '../../../gateway/ledger/seats.ts'
import { foldUsage, USAGE_GROUPS } from '../../../gateway/ledger/usage.ts'
import { auditQuery } from '../../../gateway/store/audit-query.ts'
import type { DecisionBody } from '../../../gateway/core/ledger-entry.ts'
import type { RawEntry } from '../../../gateway/ledger/tail.ts'
import { decisionReport } from '../../../gateway/store/decision-report.ts'
import { appendBatch, readCursor } from '../../../gateway/store/ledger-table.ts'
import { startMirror } from '../../../gateway/store/mirror.ts'
import { seatsReport } from '../../../gateway/store/seats-report.ts'
import { sessionPlaces } from '../../../gateway/store/session-places.ts'
import type { Store } from '../../../gateway/store/store.ts'
import { usageReport } from '../../../gateway/store/usage-report.ts'
import { ALICE, BOB, decided, decisionBody, governWith, plainEvent } from '../ledger/bodies.ts'

/** A journal with small segments whose warnings fail the test. */
export function opened (dir: string, segmentBytes = 20_000): Promise<Journal> {
  return openJournal({ dir, nowMs: () => Date.now(), onWarning: (message) => { throw new Error(message) }, segmentBytes })
}

async function entriesOf (dir: string): Promise<LedgerEntry[]> {
  const entries: LedgerEntry[] = []
  for await (const entry of readEntries(dir)) entries.push(entry)
  return entries
}

async function startSessions (journal: Journal): Promise<void> {
  const other: Context = { ...ALICE, actor: { ...ALICE.actor, org: 'other' } }
  const month = new Date().toISOString().slice(0, 7)
  const release = async (actor: string, why: ReleaseReason): Promise<number> => await journal.append(seatReleased({ org: 'acme', actor, month }, why, null))
  const start = governWith(journal, decided('allow'))
  await start({ kind: 'session' }, ALICE)
  await release(ALICE.actor.id, 'idle')
  for (const context of [BOB, ALICE, other]) await start({ kind: 'session' }, context)
  await release(BOB.actor.id, 'revoked')
  await release('gone@acme.test', 'deactivated')
  await governWith(journal, decided('deny'))({ kind: 'session' }, { ...ALICE, actor: { ...ALICE.actor, id: 'carol@acme.test' } })
  const full = decisionBody('deny', other)
  await journal.append({ ...full, input: { ...full.input, kind: 'session', seats: { limit: 1, used: 1, member: false, idle_days: null } } })
}

async function spend (journal: Journal): Promise<void> {
  const inGroups: Context = { ...ALICE, actor: { ...ALICE.actor, org: 'other', groups: ['ops', 'Ärzte', 'Zoo', 'ops'] } }
  for (const [place, context] of [ALICE, BOB, inGroups, ALICE].entries()) {
    const { permit } = await governWith(journal, decided('allow'))({ kind: 'model-request', provider: 'local', model: `m${place % 2}`, stream: true, bytes: 10 }, context)
    if (permit === null) throw new Error('the policy allows')
    const usage = { provider: 'local', model: `m${place % 2}`, inputTokens: 100 + place, outputTokens: 7, cachedTokens: 3, cacheWriteTokens: 2, ...(place === 1 ? { cacheWrite1hTokens: 2 } : {}), reasoningTokens: 1, ...(place < 2 ? {} : { webSearches: place, priced: false }), ...(place === 1 ? { fileSearches: 5, priced: true } : {}), estimated: place === 2, costNanoUsd: place === 3 ? null : 1_500_000_000 + place, priceSource: [null, 'weir.yaml', '@pydantic/genai-prices 1.2.3'][place] ?? null, ...(place === 0 ? {} : { unitPrices: `input ${place}` }), agentSession: 'ses_1', parentSession: null }
    journal.settle(permit, 'done', { keyId: place === 1 ? null : `key_${place}`, usage })
  }
  await journal.append(plainEvent('session-stopped', { sessionSeconds: 62, containerSeconds: 61, milliCredits: 67_200, reason: 'idle', estimated: false, org: 'acme', groups: ['payments'] }, BOB))
  await journal.append(plainEvent('session-stopped', { sessionSeconds: 5, containerSeconds: 5, milliCredits: 5_500, estimated: true, org: 7, groups: 'x' }, ALICE))
  await journal.append(plainEvent('session-stopped', { omitted: 'the detail could not be recorded' }, ALICE))
}

/** Decisions of any kind and verdict about a few actors, apps and sessions, some by approval. */
const ANY_DECISION: fc.Arbitrary<DecisionBody> = fc.record({
  verdict: fc.constantFrom('allow', 'pending', 'deny'),
  kind: fc.constantFrom('tool-call', 'route', 'approval', 'release'),
  actor: fc.constantFrom('=cmd()', 'Ж🌊@acme.test', 'dan@acme.test', ALICE.actor.id),
  app: fc.constantFrom('shop', 'site'),
  environment: fc.constantFrom('DEV', 'TEST', 'PROD'),
  session: fc.constantFrom(null, 'wses_1', 'wses_2'),
  rule: fc.constantFrom('any.first', 'any.second'),
  tool: fc.constantFrom(null, 'run-shell', 'write-file'),
  reason: fc.constantFrom('src/.env holds Secrets.', 'ŽLUŤ Ж🌊: no', 'a"b\\nc', ''),
  paths: fc.array(fc.constantFrom('src/Cart.ts', 'ci/\u00dcber-x.yml', 'a'.repeat(200), `b${'🌊'.repeat(70)}`, `long ${'y'.repeat(33_000)} beyond`, 'x\ty'), { maxLength: 3 }),
  by: fc.constantFrom(undefined, null, 'erin@acme.test', 'frank@acme.test'),
} as const).map(({ verdict, kind, actor, app, environment, session, rule, tool, reason, paths, by }) => {
  const body = decisionBody(verdict, { ...ALICE, actor: { ...ALICE.actor, id: actor }, app, environment, session: session === null ? null : { id: session, client: 'opencode', agent: 'build' } })
  const approval = by === undefined ? null : { id: 'apr_1', by, requestedBy: actor, ageMs: 1, scope: 'once', standsMs: null } as const
  return { ...body, decision: { ...body.decision, rule, reason }, input: { ...body.input, kind, targets: paths.map((path, place) => ({ path, class: place === 0 ? 'source' : 'ci', access: 'write' } as const)), approval, tool: tool === null ? null : { name: tool, native: tool, protocol: 'weir', args: {} } } }
})

/** What every kind of store must do. */
export async function behavesAsStore (t: Test, store: Store, dir: string): Promise<void> {
  const journal = await opened(dir)
  await Promise.all(Array.from({ length: 1_200 }, (_, count) => journal.append(decisionBody(count % 2 === 0 ? 'deny' : 'pending', count % 3 === 0 ? BOB : ALICE, count))))
  const mirror = startMirror({ journal, journalDir: dir, store })
  await mirror.caughtUp()
  t.equal(mirror.mirrored(), 1_199)

  const odd = plainEvent('odd', { nul: 'a\0b', lone: '\ud800', slash: '\\u0000', quote: '"\\', text: 'Ж🌊' }, ALICE)
  const index = await journal.append(odd)
  const seed = Date.now()
  for (const body of fc.sample(ANY_DECISION, { numRuns: 150, seed })) await journal.append(body)
  await spend(journal)
  await startSessions(journal)
  await mirror.caughtUp()
  const found = await auditQuery(store, { kind: 'event', order: 'oldest' })
  t.match(found.entries[0], { index, name: 'odd', detail: { nul: 'a\ufffdb', lone: '\ufffd', slash: '\\u0000', quote: '"\\', text: 'Ж🌊' } })

  await t.test('pages run through all entries once, in both orders', async (t) => {
    const all = await entriesOf(dir)
    const seen: number[] = []
    let before: number | undefined
    do {
      const page = await auditQuery(store, { limit: 500, before })
      seen.push(...page.entries.map((entry) => entry.index))
      before = page.nextCursor ?? undefined
    } while (before !== undefined)
    t.same(seen, all.map((entry) => entry.index).reverse())
    const oldest = await auditQuery(store, { limit: 2, order: 'oldest', after: 4 })
    t.same(oldest.entries, all.slice(5, 7), 'and they are the journal\'s entries')
  })

  await t.test('filters combine, and an outcome is found by the actor of its decision', async (t) => {
    const page = await auditQuery(store, { actor: BOB.actor.id, env: 'PROD', verdict: 'deny', rule: 'weir.test_deny', limit: 1_000 })
    t.equal(page.entries.length, 200)
    t.equal((await auditQuery(store, { actor: 'nobody' })).entries.length, 0)
    t.equal((await auditQuery(store, { kind: 'outcome', actor: BOB.actor.id, session: 'wses_bob' })).entries.length, 1)
    t.equal((await auditQuery(store, { actor: '\' OR 1=1 --' })).entries.length, 0)
    t.equal((await auditQuery(store, { sinceMs: Date.now() + 60_000 })).entries.length, 0)
  })

  await t.test('usage summed by the store equals usage folded from the journal, for every grouping', async (t) => {
    for (const group of [[], ['actor'], ['model', 'app'], ['environment'], ['session', 'provider'], ['org', 'group'], ['key'], ['day'], USAGE_GROUPS] as const) {
      t.same(await usageReport(store, { group }), await foldUsage(readEntries(dir), group), group.join())
    }
    const [row] = await usageReport(store, { group: [] })
    t.match(row, { requests: 4, estimatedRequests: 1, unpricedRequests: 1, guessedRequests: 1, webSearches: 5, fileSearches: 5, inputTokens: 406, cacheWriteTokens: 8, cacheWrite1hTokens: 2, costNanoUsd: 4_500_000_003, estimatedCostNanoUsd: 1_500_000_002, sessions: 3, estimatedSessions: 1, sessionSeconds: 67, containerSeconds: 66, milliCredits: 72_700, priceSources: ['@pydantic/genai-prices 1.2.3', 'weir.yaml'], unitPrices: ['local/m0: input 2', 'local/m1: input 1', 'local/m1: input 3'] })
    t.same((await usageReport(store, { group: ['group'] })).map((row) => row.group), [{ group: 'payments' }, { group: 'Zoo,ops,ops,Ärzte' }, { group: null }])
    t.same(await seatsReport(store, {}), await foldSeats(readEntries(dir)))
    t.match((await seatsReport(store, {})).rows.map(({ org, seats, limit, released }) => [org, seats, limit, released]), [['acme', 2, null, 1], ['other', 1, 1, 0]], 'a member counts once, a refusal not at all, and the last limit is shown')
    t.match((await seatsReport(store, {})).members.map(({ org, actor, releases, why }) => [org, actor, releases, why]), [['acme', ALICE.actor.id, 1, null], ['acme', BOB.actor.id, 1, 'revoked'], ['other', ALICE.actor.id, 0, null]], 'who took it again has a seat, who only lost one is not shown')
    t.match((await seatsReport(store, { actor: BOB.actor.id })).rows.map(({ org, seats, released }) => [org, seats, released]), [['acme', 1, 1]])
    t.match((await seatsReport(store, { app: 'nothing' })).members, [])
    t.same(await seatsReport(store, { untilMs: 1_000 }), { rows: [], members: [] })
    const middle = Date.now() - 60_000
    for (const period of [{ sinceMs: middle }, { untilMs: middle }, { sinceMs: 0, untilMs: Date.now() + 60_000 }]) t.same(await usageReport(store, { group: ['actor'], ...period }), await foldUsage(readEntries(dir), ['actor'], period))
  })

  await t.test('a report by the store equals one folded from the journal, by whatever and of whomever', async (t) => {
    const middle = Date.now() - 60_000
    for (const by of REPORTS) {
      for (const wanted of [{}, { actor: '=cmd()' }, { app: 'site', environment: 'PROD' }, { actor: BOB.actor.id, sinceMs: middle }, { untilMs: middle }]) {
        t.same(await decisionReport(store, { by, ...wanted }), await foldReport(readEntries(dir), { by, ...wanted }), `${by} ${JSON.stringify(wanted)} of seed ${seed}`)
      }
    }
    const rows = await decisionReport(store, { by: 'session' })
    const all = await entriesOf(dir)
    t.equal(rows.reduce((sum, { tried }) => sum + tried, 0), all.filter(({ kind }) => kind === 'decision').length, 'each decision is counted once')
    t.equal(rows.reduce((sum, { usage }) => sum + (usage?.costNanoUsd ?? 0), 0), 4_500_000_003, 'and all that was spent')
    t.ok(rows.every(({ tried, allowed, pending, denied, group }) => tried === allowed + pending + denied && group.environment !== undefined))
    t.same([...new Set(rows.flatMap(({ approvedBy }) => approvedBy))].sort(), ['erin@acme.test', 'frank@acme.test'])
    t.match((await decisionReport(store, { by: 'rule' })).find(({ group }) => group.rule === 'weir.test_deny' && group.environment === 'PROD'), { denied: 200, allowed: 0, tools: ['write-file'], usage: null })
  })

  await t.test('words of the reason and the paths, and path classes, find the same in the store as in the journal', async (t) => {
    const all = await entriesOf(dir)
    for (const wanted of [{ text: 'SECRETS' }, { text: 'env src' }, { text: 'Žluť' }, { text: 'ŽLUŤ ж🌊' }, { text: 'ŽLUŤ Ж🌊' }, { text: 'nc' }, { text: 'bc' }, { text: 'cart.ts no' }, { text: 'über' }, { text: 'a'.repeat(70) }, { text: `b${'🌊'.repeat(64)}` },
      { text: 'beyond' }, { text: 'long' }, { text: 'y x' }, { text: 'secret' }, { text: '...' }, { text: '\' OR 1=1' }, { text: 'class:ci' }, { pathClass: 'ci' }, { pathClass: 'source', text: 'cart', verdict: 'deny' }]) {
      const found = (await auditQuery(store, { ...wanted, order: 'oldest', limit: 1_000 })).entries.map(({ index }) => index)
      t.same(found, all.filter((entry) => matches(entry, wanted, null)).map(({ index }) => index).slice(0, 1_000), `${JSON.stringify(wanted)} of seed ${seed}`)
    }
    t.ok((await auditQuery(store, { text: 'secrets HOLDS env', limit: 1 })).entries.length === 1)
  })

  await t.test('rows stay as they are, in the table of their environment and month', async (t) => {
    const change = { code: 'WEIR_ERR_STORE', cause: /An entry of the ledger stays as it is/ }
    const month = `ledger_prod_${new Date().toISOString().slice(0, 7).replace('-', '_')}`
    for (const table of ['ledger', 'ledger_prod', month]) {
      for (const sql of [`UPDATE ${table} SET rule = 'x' WHERE index = 3`, `DELETE FROM ${table} WHERE index = 3`, `TRUNCATE ${table}`]) {
        await t.rejects(store.query(sql), change, sql)
      }
    }
    const counts = async (table: string): Promise<unknown> => (await store.query(`SELECT count(*)::float8 AS n FROM ${table}`))[0]?.['n']
    t.equal(await counts('ledger'), journal.head().index + 1)
    t.equal(await counts(month), await counts('ledger WHERE environment = \'PROD\''))
    t.equal(await counts('ledger_none'), await counts('ledger WHERE environment IS NULL'))
  })

  await t.test('a batch is added once, with the cursor, into months of any time', async (t) => {
    const { next, head } = await readCursor(store)
    const at = (index: number, time: string): RawEntry => ({ index, hash: 'a'.repeat(64), json: JSON.stringify({ index, kind: 'event', name: 'dated', time: Date.parse(time), environment: 'TEST', session: 'wses_dated' }) })
    const batch = [at(next, '2024-12-31T23:59:59.999Z'), at(next + 1, '2025-01-01T00:00:00.000Z'), at(next + 2, '2024-02-29T12:00:00.000Z')]
    await appendBatch(store, batch)
    await t.rejects(appendBatch(store, batch), { code: 'WEIR_ERR_STORE' }, 'the cursor is elsewhere')
    for (const [place, month] of ['2024_12', '2025_01', '2024_02'].entries()) {
      t.same((await store.query(`SELECT index::float8 AS index FROM ledger_test_${month}`)).map((row) => row['index']), [next + place])
    }
    t.same((await auditQuery(store, { env: 'TEST', limit: 3 })).entries.map((entry) => entry.index), [next + 2, next + 1, next], 'in the order of the journal')
    t.same((await auditQuery(store, { session: 'wses_dated' })).entries.map((entry) => entry.index), [next + 2, next + 1, next], 'of one session too, from every month that it has entries in')
    t.same(await sessionPlaces(store, 'wses_dated'), { environments: ['TEST'], sinceMs: Date.parse('2024-02-01T00:00:00Z'), untilMs: Date.parse('2025-02-01T00:00:00Z') })
    t.same((await auditQuery(store, { session: 'wses_nobody' })).entries, [])
    await store.query('DROP TABLE ledger_test_2024_12, ledger_test_2025_01, ledger_test_2024_02')
    await store.query('UPDATE mirror_cursor SET next = $1::bigint, head = $2', [String(next), head])
  })

  await mirror.close()
  const again = startMirror({ journal, journalDir: dir, store })
  await journal.append(plainEvent('later'))
  await again.caughtUp()
  t.equal(Number((await store.query('SELECT count(*) AS n FROM ledger'))[0]?.['n']), journal.head().index + 1, 'a new mirror goes on without doubles')
  await again.close()
  await journal.close()
}
