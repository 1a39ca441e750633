import type { Actor, Environment, SessionRef } from './actor.ts'
import type { CommandFacts, Target, UrlFacts } from './tool-call.ts'

/**
 * What Rego is given (entrypoint `weir/decision`). Built only by `policyInput`; recorded whole in the ledger, so that
 * a decision can be replayed. Absent parts are `null`, never missing: a missing field would make `not` rules fail open.
 */
export interface PolicyInput {
  readonly kind: 'tool-call' | 'route' | 'model-request' | 'session' | 'approval'
  readonly actor: Actor
  readonly app: string
  readonly environment: Environment
  readonly session: SessionRef | null
  readonly permission: string | null
  readonly tool: { readonly name: string, readonly native: string, readonly protocol: string, readonly args: Readonly<Record<string, string | number | boolean>> } | null
  readonly targets: readonly Target[]
  readonly command: CommandFacts | null
  readonly url: UrlFacts | null
  readonly model: { readonly provider: string, readonly id: string, readonly stream: boolean, readonly bytes: number } | null
  readonly route: { readonly method: string, readonly path: string, readonly class: string } | null
  readonly approval: { readonly id: string, readonly by: string | null, readonly requestedBy: string } | null
  readonly now_ms: number
}
