import type { TokenUsage } from '../../core/usage.ts'
import type { Price } from '../../meter/prices.ts'

/** The agent's own session ids, from the headers that OpenCode sends with every model request. */
export interface AgentSessions { readonly agentSession: string | null, readonly parentSession: string | null }

/** What the ledger keeps of one model request's cost. */
export interface UsageRecord extends TokenUsage, AgentSessions {
  readonly provider: string
  readonly model: string
  readonly costNanoUsd: number | null
  readonly priced: boolean
  /** Where the price is from; null when there is none. */
  readonly priceSource: string | null
  /** What the price is for a million tokens of each sort, US dollars, in words; absent when there is none. */
  readonly unitPrices?: string
  /** Id of the token that the caller asked with; null for a session's own requests. */
  readonly token: string | null
}

const SESSION_ID = /^[A-Za-z0-9_-]{1,64}$/

/** @param headers the agent can write what it likes there, so anything that is not shaped like an id is dropped */
export function agentSessions (headers: Readonly<Record<string, string | string[] | undefined>>): AgentSessions {
  return { agentSession: sessionId(headers['x-session-id']), parentSession: sessionId(headers['x-parent-session-id']) }
}

export function usageRecord (request: { readonly provider: string, readonly model: string, readonly sessions: AgentSessions, readonly token: string | null }, usage: TokenUsage, price: Price): UsageRecord {
  return { provider: request.provider, model: request.model, ...usage, costNanoUsd: price.nanoUsd, priced: price.priced, priceSource: price.source ?? null, ...(price.units === undefined ? {} : { unitPrices: price.units }), token: request.token, ...request.sessions }
}

function sessionId (value: string | string[] | undefined): string | null {
  return typeof value === 'string' && SESSION_ID.test(value) ? value : null
}
