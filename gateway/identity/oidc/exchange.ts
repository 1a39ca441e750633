import { GatewayError } from '../../core/errors.ts'
import type { EntryBody, EventBody } from '../../core/ledger-entry.ts'
import type { Caller } from '../caller.ts'
import type { CurrentActors } from '../current-actors.ts'
import type { EmbeddedProvider } from '../embedded-provider.ts'
import { assertStanding, type StandingPorts } from '../standing.ts'
import type { IdTokens } from './id-tokens.ts'

const REFUSALS_MS = 1_000 // anybody can be refused, and the ledger is kept for years

export interface ExchangePorts extends StandingPorts {
  readonly tokens: Pick<IdTokens, 'verifyForExchange'>
  readonly embedded: Pick<EmbeddedProvider, 'issue'>
  readonly actors: CurrentActors
  readonly ttlMs: number
  readonly ledger: { append (body: EntryBody): Promise<number> }
  readonly refused: Refused
}

/** Told why somebody was not logged in. */
export type Refused = (thrown: unknown) => void

export interface Exchanged { readonly token: string, readonly actor: string, readonly expiresAtMs: number }

/**
 * Makes a Weir token for whoever the identity provider's token speaks for: one that is short, fits into a password and can be revoked.
 *
 * @throws GatewayError WEIR_ERR_AUTH_INVALID, WEIR_ERR_UPSTREAM, WEIR_ERR_LEDGER_APPEND
 */
export type Exchange = (idToken: string, nonce?: string) => Promise<Exchanged>

export function createExchange (ports: ExchangePorts): Exchange {
  return async (idToken, nonce) => {
    const caller = await accepted(idToken, nonce, ports).catch((thrown: unknown) => {
      ports.refused(thrown)
      throw thrown
    })
    // The groups as they are now: the new token is younger than what took a group away, and would have it again.
    const { id, groups, org } = ports.actors.of(caller).actor
    const { token, record } = ports.embedded.issue({ actor: id, role: null, groups, org, app: null, environment: null, ttlMs: ports.ttlMs })
    await ports.ledger.append(event('token-issued', id, { token: record.id, by: 'single-sign-on', expiresAtMs: record.expiresAtMs }))
    return { token, actor: id, expiresAtMs: record.expiresAtMs }
  }
}

async function accepted (idToken: string, nonce: string | undefined, ports: ExchangePorts): Promise<Caller> {
  const caller = await ports.tokens.verifyForExchange(idToken, nonce)
  // Else a revoked actor would get a new token for an old one of the provider.
  assertStanding(caller, ports)
  return caller
}

/** Records that logins are refused, at most one entry a second, which says how many there were. */
export function createRefusals ({ ledger, nowMs }: { readonly ledger: { record (body: EntryBody): void }, readonly nowMs: () => number }): Refused {
  let count = 0
  let recordedAtMs = -Infinity
  return (thrown) => {
    count += 1
    if (nowMs() - recordedAtMs < REFUSALS_MS) return
    recordedAtMs = nowMs()
    ledger.record(event('login-refused', null, { code: thrown instanceof GatewayError ? thrown.code : 'WEIR_ERR_INTERNAL', refused: count }))
    count = 0
  }
}

function event (name: string, actor: string | null, detail: EventBody['detail']): EventBody {
  return { kind: 'event', name, actor, app: null, environment: null, session: null, detail }
}
