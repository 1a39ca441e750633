import type { EntryBody, LedgerEntry } from '../../../../gateway/core/ledger-entry.ts'
import { OUTCOMES } from '../../../../gateway/core/ledger-entry.ts'
import { NO_PARTS } from '../../../../gateway/core/policy-input.ts'
import { EVENT_DETAILS } from '../../../../gateway/ledger/event-details.ts'
import { joinOutcomes } from '../../../../gateway/ledger/entry-about.ts'
import type { OutwardEntry } from '../../../../gateway/ledger/formats/outward-entry.ts'
import { ALICE, BOB, decisionBody, plainEvent } from '../bodies.ts'

/** One of each: every verdict of every kind of question, every outcome, every event there is, with an actor and without one. */
export function everyBody (): readonly EntryBody[] {
  const decisions = (['allow', 'pending', 'deny'] as const).flatMap((verdict) => questions().map((parts): EntryBody => {
    const body = decisionBody(verdict)
    return { ...body, request: 'req_1', input: { ...body.input, ...NO_PARTS, targets: [], session: body.input.session, ...parts } }
  }))
  const events = Object.keys(EVENT_DETAILS).flatMap((name) => [plainEvent(name, {}, ALICE), plainEvent(name, { code: 'WEIR_ERR_STORE' })])
  return [...decisions, { ...decisionBody('deny', BOB), request: null }, ...OUTCOMES.map((status, of): EntryBody => ({ kind: 'outcome', of, status, detail: { code: 'aborted', bytes: 3 } })), ...events]
}

/** The same as entries of a ledger, each with the decision behind it where there is one. */
export function everyEntry (): readonly OutwardEntry[] {
  const join = joinOutcomes()
  return everyBody().map((body, index) => {
    const entry: LedgerEntry = { ...body, index, time: 1_790_000_000_000 + index, prev: '0'.repeat(64) }
    return { entry, of: join.decisionOf(entry), hash: index % 2 === 0 ? 'a'.repeat(64) : null }
  })
}

function questions (): ReadonlyArray<Partial<(EntryBody & { kind: 'decision' })['input']>> {
  const { targets, tool } = decisionBody('allow').input
  return [
    { kind: 'tool-call', tool, targets },
    { kind: 'tool-call', tool, targets: [{ path: 'a\nb.ts', class: 'source', access: 'delete' }], session: null },
    { kind: 'tool-call', tool, command: { text: 'npm test && echo "=1,2"', programs: [], opaque: false, problems: [], network: false, writes: [], reads: [] } },
    { kind: 'route', route: { method: 'GET', path: '/session', class: 'read', owner: null } },
    { kind: 'route', route: { method: 'PATCH', path: '/config', class: 'config', owner: null } },
    { kind: 'model-request', model: { provider: 'local', id: 'm', stream: true, bytes: 1, scanned: true, findings: [] } },
    { kind: 'session' },
    { kind: 'release', release: { id: 'rel_1', digest: 'd'.repeat(64), action: 'promote', madeBy: 'alice@acme.test', live: [], checks: [], from: null } },
  ]
}
