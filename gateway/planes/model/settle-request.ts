import type { IncomingMessage } from 'node:http'
import type { ModelFormat, ModelRequest } from '../../../adapters/model-format.ts'
import { sha256 } from '../../core/canonical-json.ts'
import type { Permit } from '../../core/permit.ts'
import { cutOffUsage, type TokenUsage } from '../../core/usage.ts'
import type { RequestHold } from '../../meter/request-holds.ts'
import type { ModelObservation } from '../../telemetry/model-observer.ts'
import type { ChainTurn } from './answer-chain.ts'
import type { Attempts } from './attempts.ts'
import { endOf } from './model-end.ts'
import type { ModelDoor, ModelPlanePorts } from './model-ports.ts'
import type { Relayed } from './relay.ts'
import { agentSessions, usageRecord, type UsageRecord } from './usage-record.ts'

/** A request that was allowed, and its attempts. */
export interface Allowed {
  readonly permit: Permit
  readonly attempts: Attempts
  readonly hold: RequestHold | null
  readonly seen: ModelObservation | null
  readonly exchange: AllowedExchange
}

interface AllowedExchange {
  readonly provider: string
  readonly turn: ChainTurn | null
  readonly asked: ModelRequest
  readonly format: ModelFormat
  readonly body: Buffer
  readonly request: IncomingMessage
  readonly door: ModelDoor
}

/** Records what became of a request: its outcome, its cost, and every attempt when there were several. */
export function settleRequest ({ permit, attempts, hold, seen, exchange }: Allowed, relayed: Relayed, ports: ModelPlanePorts): void {
  const { provider, asked: { model }, door, turn } = exchange
  const { status, released, refused, notes, cause } = relayed
  const { endpoint, key } = attempts.current()
  if (cause !== null || notes.includes('empty')) {
    ports.onWarning('model-answer', { request: door.context.request ?? null, provider, model, session: door.session?.id ?? null, notes, cause })
  }
  if (notes.length > 0) ports.onNotes?.(notes)
  const usage = usageOf(exchange, relayed, ports)
  hold?.settled(usage)
  const failures = attempts.failures()
  seen?.ended(endOf(relayed, usage, { failedAttempts: failures.length, endpoint: endpoint.id }))
  const last = status === 200 ? [{ endpoint: endpoint.id, keyId: key?.id ?? null, status, code: null }] : []
  const tried = failures.length + last.length > 1 ? { attempts: [...failures, ...last] } : {}
  ports.ledger.settle(permit, status === 200 ? 'done' : 'failed', {
    status, keyId: key?.id ?? null, requestSha256: sha256(exchange.body), released, refused, notes, ...tried, ...(turn === null ? {} : { alias: turn.alias }), ...(usage === null ? {} : { usage }),
  })
}

function usageOf ({ provider, asked: { model, countsTokens }, format, body, request, door }: AllowedExchange, relayed: Relayed, ports: ModelPlanePorts): UsageRecord | null {
  if (!mayBeBilled(relayed)) return null
  // A guess would use up a budget for nothing. Embeddings are billed, and not every provider says how much.
  if (countsTokens && relayed.status === 200 && relayed.usage === null) return null
  const usage = tokensOf(format, relayed, body.length)
  return usageRecord({ provider, model, sessions: agentSessions(request.headers), token: door.context.token ?? null }, usage, ports.priceOf(provider, model, usage))
}

// Begun answers already have figures in some formats (Anthropic's first event, every event of Gemini's): they are those of the beginning.
function tokensOf (format: ModelFormat, { usage, chars, notes }: Relayed, requestBytes: number): TokenUsage {
  const sizes = { requestBytes, answerChars: chars }
  const counted = format.usage(usage, sizes)
  return CUT_OFF.some((note) => notes.includes(note)) ? cutOffUsage(counted, sizes) : counted
}

const CUT_OFF = ['client-left', 'upstream-broke', 'upstream-slow'] as const

// A provider that refused, or was never reached, has billed nothing. One that has the request and is not waited for goes on and bills.
function mayBeBilled ({ status, sent, notes }: Relayed): boolean {
  return status === 200 || (status === null && sent && (notes.includes('client-left') || notes.includes('upstream-slow')))
}
