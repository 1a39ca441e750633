import type { Config } from '../config.ts'
import type { GatewayLog } from '../governance.ts'
import type { CallerConnections } from '../http/caller-connections.ts'
import type { Identity } from '../identity/open-identity.ts'
import { createSharedWithdrawals } from '../identity/shared/shared-withdrawals.ts'
import type { RegistryLine } from '../identity/token-registry.ts'
import { withdrawalEntry } from '../identity/withdrawal-entry.ts'
import type { Journal } from '../ledger/journal.ts'
import { openRedisLink } from '../redis/redis-link.ts'
import type { Sessions } from '../sessions/session.ts'

const TIMEOUT_MS = 500
const FIRST_CONTACT_MS = 2_000

export interface RevocationsPorts {
  readonly config: Pick<Config, 'redis'>
  readonly identity: Pick<Identity, 'registry'>
  readonly journal: Pick<Journal, 'record'>
  readonly connections: Pick<CallerConnections, 'cut'>
  readonly sessions: Pick<Sessions, 'endRevoked'>
  readonly log: GatewayLog
}

export interface Revocations {
  /** Waits, for at most two seconds, until what other gateways took away is known here. */
  ready (): Promise<void>
  /** When the other gateways were heard of last, Unix ms; null for not yet, undefined when there are none. */
  contactMs (): number | null | undefined
  close (): Promise<void>
}

/** Makes revocations bite: records them, ends what runs by revoked tokens, and shares them with other gateways. */
export function openRevocations ({ config, identity: { registry }, journal, connections, sessions, log }: RevocationsPorts): Revocations {
  const shared = config.redis === undefined
    ? null
    : createSharedWithdrawals({
      link: openRedisLink({ url: config.redis.url, ca: config.redis.ca, timeoutMs: TIMEOUT_MS }),
      registry,
      firstContactMs: FIRST_CONTACT_MS,
      nowMs: Date.now,
      onReceived: (line) => journal.record(withdrawalEntry(line)),
      onWarning: (message, cause) => log.warn({ err: cause }, message),
    })
  registry.onWithdrawal(sweepSoon(() => {
    connections.cut(registry.isRevoked)
    sessions.endRevoked()
    shared?.changed()
  }))
  registry.watch((line) => record(line, journal))
  return {
    ready: async () => await shared?.ready(),
    contactMs: () => shared?.contactMs(),
    async close () {
      registry.close()
      await shared?.close()
    },
  }
}

// Many at once, as after an outage, are one look at what runs.
function sweepSoon (sweep: () => void): () => void {
  let isDue = false
  return () => {
    if (isDue) return
    isDue = true
    setImmediate(() => {
      isDue = false
      sweep()
    })
  }
}

function record (line: RegistryLine, journal: Pick<Journal, 'record'>): void {
  if (!('issued' in line)) return journal.record(withdrawalEntry(line))
  const { id, actor, role, app, environment, expiresAtMs } = line.issued
  journal.record({ kind: 'event', name: 'token-issued', actor, app, environment, session: null, detail: { token: id, role, expiresAtMs } })
}
