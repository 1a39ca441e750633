import { cpSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { GatewayError } from '../../gateway/core/errors.ts'
import { createGovernor } from '../../gateway/core/govern.ts'
import { openTokenRegistry, type TokenRegistry } from '../../gateway/identity/token-registry.ts'
import { journalDirOf, openJournal, type Journal } from '../../gateway/ledger/journal.ts'
import { openSeats, type SeatKeeping } from '../../gateway/open/seats.ts'
import { createCircumstances } from '../../gateway/policy/circumstances.ts'
import type { PolicyEngine } from '../../gateway/policy/engine.ts'
import { createSessions } from '../../gateway/sessions/sessions.ts'
import { openEngine, POLICIES } from '../gateway/policy/opened-policy.ts'

const HOUR_MS = 3_600_000

export interface SeatsGateway {
  readonly seats: SeatKeeping
  readonly journal: Journal
  readonly registry: TokenRegistry
  readonly clock: { nowMs: number, fails: boolean }
  /** `allowed`, or the rule or code that refused. */
  start (actor: string, org?: string): Promise<string>
}

/** Weir's policy with these seats, in `home`. */
export async function engineWithSeats (home: string, seats: object): Promise<PolicyEngine> {
  cpSync(POLICIES, join(home, 'policies'), { recursive: true })
  mkdirSync(join(home, 'policies/weir/data/seats'))
  writeFileSync(join(home, 'policies/weir/data/seats/data.json'), JSON.stringify(seats))
  return await openEngine(join(home, 'policies'))
}

/** All that a start asks for until policy has allowed it; the project is away, so no agent is needed to see that it did. */
export async function openSeatsGateway (engine: PolicyEngine, nowMs: number, dir: string): Promise<SeatsGateway> {
  const clock = { nowMs, fails: false }
  const journal = await openJournal({ dir: journalDirOf(dir), nowMs: () => clock.nowMs, onWarning: (message) => { throw new Error(message) }, segmentBytes: 4_000 })
  const registry = openTokenRegistry(join(dir, 'tokens.jsonl'))
  const seats = openSeats({ journal, dataDir: dir, registry, limits: () => engine.data().seats, nowMs: () => clock.nowMs, onWarning () {} })
  const ledger: Journal = { ...journal, append: async (body) => clock.fails ? Promise.reject(new GatewayError('WEIR_ERR_LEDGER_APPEND')) : await journal.append(body) }
  const governor = createGovernor({
    classify: () => { throw new Error('nothing is called here') },
    policy: engine.current,
    ledger,
    approvals: { find: () => null, consume: () => false, hold: () => 'apr_x' },
    clock: { nowMs: () => clock.nowMs },
    circumstances: createCircumstances({ data: engine.data, usage: () => null, seats: seats.use }),
  })
  const away = (): never => { throw new GatewayError('WEIR_ERR_PROJECT', 'The project is away.') }
  const sessions = createSessions({
    governor,
    ledger,
    clock: { nowMs: () => clock.nowMs },
    elapsedMs: () => clock.nowMs,
    seats,
    materialise: async () => away(),
    sandboxes: { open: away, close: async () => {} },
    idleStopMs: HOUR_MS,
    credits: { milliPerContainerSecond: 0, milliPerSessionSecond: 0 },
    marks: { add: away, collected: away, remove: away, close: away },
    agentConfig: away,
    serveSessionModel: away,
    startAskPlane: away,
    collect: away,
    onError: away,
  })
  return {
    seats,
    journal,
    registry,
    clock,
    start: async (actor, org = 'acme') => await sessions.open({ actor: { id: actor, role: 'author', groups: [], org }, app: null, environment: null, tokenId: 't1', issuedAtMs: 0, expiresAtMs: Number.MAX_SAFE_INTEGER }, { app: 'shop', environment: 'DEV' })
      .then(() => 'started', (error: GatewayError) => error.code === 'WEIR_ERR_PROJECT' ? 'allowed' : String(error.rule ?? error.code)),
  }
}
