import type { Context, Environment } from '../../core/actor.ts'
import { GatewayError } from '../../core/errors.ts'
import type { Governor } from '../../core/govern.ts'
import type { Operation } from '../../core/obligations.ts'
import type { Ledger } from '../../core/ports.ts'
import type { DecodedCall } from '../../core/tool-call.ts'
import type { LimitsConfig, ProviderConfig } from '../../config.ts'
import type { PriceOf } from '../../meter/prices.ts'
import type { RequestHolds } from '../../meter/request-holds.ts'
import type { Outgoing } from '../../outgoing/outgoing.ts'
import type { AgentSession } from '../../sessions/session.ts'
import type { ModelObserver } from '../../telemetry/model-observer.ts'
import type { Vault } from '../../vault/vault.ts'
import type { Holding } from './hold-call.ts'
import type { AnswerNote } from './relay.ts'

/** What the model plane needs. */
export interface ModelPlanePorts {
  readonly governor: Governor
  readonly ledger: Pick<Ledger, 'settle'>
  readonly vault: Pick<Vault, 'keys'>
  readonly providers: Readonly<Record<string, ProviderConfig>>
  readonly limits: Pick<LimitsConfig, 'bodyBytes' | 'upstreamConnectMs' | 'upstreamHeadersMs' | 'upstreamIdleMs'>
  /** Reads a native call of a model's answer to a session's agent, which is OpenCode. Never throws: what it cannot read is an UnreadableCall. */
  readonly decode: (native: string, argumentsText: string, cwd: string) => DecodedCall
  /** The arguments of a native call, changed as policy demands; null when they have no place for it. May throw: then it is refused. */
  readonly changeArguments: (native: string, argumentsText: string, operations: readonly Operation[]) => string | null
  /** Makes the links of an app's files known, which calls of clients without a session are decided by. Default: nothing has to be. */
  readonly prepareLinks?: (app: string, environment: Environment) => Promise<void>
  /** Holds calls that wait for a second person. Default: they are answered at once. */
  readonly holding?: Holding
  readonly priceOf: PriceOf
  /** Whether a request to the model will have a cost. One that will not is refused: a budget would not see it. */
  readonly isPriced: (provider: string, model: string) => boolean
  /** Counts requests against budgets while they run. Default: they count when they have ended. */
  readonly holds?: RequestHolds
  /** Hears of each request, for metrics and traces. Default: nobody does. */
  readonly observer?: ModelObserver
  /** Told what was not as usual about an exchange, when something was. Default: nobody counts it. */
  readonly onNotes?: (notes: readonly AnswerNote[]) => void
  /** Looks through requests for what must not leave. Default: they are not looked through, and policy is told so. */
  readonly outgoing?: Outgoing
  /** Told what went wrong and was refused; for the log. Holds no payload and no key. */
  readonly onWarning: (event: string, detail: Readonly<Record<string, unknown>>) => void
  /** Longest silence towards a client of a stream, ms, before a comment is sent. Default 15,000. */
  readonly keepAliveMs?: number
  /** Unix ms, for the rests of keys and endpoints. Default Date.now. */
  readonly nowMs?: () => number
}

/** Who asks: a session's agent on its own socket, or a caller with a token on the public listener (`session` is null). */
export interface ModelDoor {
  readonly context: Context
  readonly session: AgentSession | null
  /** Hears what was refused with nothing decided. Default: nobody does. */
  readonly onUndecided?: (error: GatewayError) => void
}

/** Largest whole answer, bytes: 32 MiB. Models answer with some hundred kilobytes at most. */
export const MAX_ANSWER_BYTES = 33_554_432

/** Largest error body that is passed on, bytes: 64 KiB. */
export const MAX_ERROR_BYTES = 65_536

/** @throws GatewayError WEIR_ERR_ROUTE_UNKNOWN for a provider that is not configured */
export function providerOf (providers: ModelPlanePorts['providers'], provider: string): ProviderConfig {
  const config = Object.hasOwn(providers, provider) ? providers[provider] : undefined
  if (config === undefined) throw new GatewayError('WEIR_ERR_ROUTE_UNKNOWN', 'There is no such model provider here.')
  return config
}
