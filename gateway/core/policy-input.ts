import type { ApprovalScope } from './approval-scope.ts'
import type { Actor, Environment, SessionRef } from './actor.ts'
import type { Circumstances } from './circumstances.ts'
import type { Finding } from './finding.ts'
import type { ReleaseAction, SessionOwnerFacts } from './subject.ts'
import type { CommandFacts, ContentFacts, Target, UrlFacts } from './tool-call.ts'

/**
 * What Rego is given (entrypoint `weir/decision`). Built only by `policyInput`; recorded whole in the ledger, so that
 * a decision can be replayed. Absent parts are `null`, never missing: a missing field would make `not` rules fail open.
 */
export interface PolicyInput {
  readonly kind: 'tool-call' | 'route' | 'model-request' | 'session' | 'approval' | 'release'
  readonly actor: Actor
  readonly app: string
  readonly environment: Environment
  readonly session: SessionRef | null
  readonly permission: string | null
  readonly tool: { readonly name: string, readonly native: string, readonly protocol: string, readonly args: Readonly<Record<string, string | number | boolean>> } | null
  readonly targets: readonly Target[]
  readonly command: CommandFacts | null
  readonly url: UrlFacts | null
  /** Signs of harm in the text that the call puts into files; null when there are none. */
  readonly content: ContentFacts | null
  /** `scanned` is whether the request was looked through for what must not leave; if not, that there are no `findings` says nothing. */
  readonly model: { readonly provider: string, readonly id: string, readonly stream: boolean, readonly bytes: number, readonly scanned: boolean, readonly findings: readonly Finding[] } | null
  /** `owner` is whose session is to be read, with the class `observe`; null with every other class, which is about the actor's own. */
  readonly route: { readonly method: string, readonly path: string, readonly class: string, readonly owner: SessionOwnerFacts | null } | null
  /**
   * `ageMs` is how long ago the call was held. Approvals are rare, so their age spoils no remembered answer, as `now_ms` would. `standsMs` is
   * how long an answer with the scope `until` is to stand.
   */
  readonly approval: { readonly id: string, readonly by: string | null, readonly requestedBy: string, readonly ageMs: number, readonly scope: ApprovalScope, readonly standsMs: number | null } | null
  /** `live` holds the environments that point, or once pointed, at exactly this digest; `checks` what it has passed; `from` is the digest that the environment points at now. */
  readonly release: { readonly id: string, readonly digest: string, readonly action: ReleaseAction, readonly madeBy: string, readonly live: readonly Environment[], readonly checks: readonly string[], readonly from: string | null } | null
  /** Local time in minutes, for data with working hours; null while there are none, so that answers can be remembered for longer. */
  readonly time: Circumstances['time']
  /** What was spent so far, for data with budgets; null while there are none, and for questions that spend nothing. */
  readonly usage: Circumstances['usage']
  /** The seats of the actor's organisation, for data with seats; null while there are none, and unless `kind` is `session`. */
  readonly seats: Circumstances['seats']
  /** The subagents of the session, for data that limit them; null while there are none, and unless the call starts one. */
  readonly delegation: Circumstances['delegation']
  /** `none` where agents and their commands run without a sandbox; null where they have one. */
  readonly containment: Circumstances['containment']
  readonly now_ms: number
}

/**
 * What a question has nothing of. Every question has every member: a rule that asks for one that is missing is undefined, and says nothing.
 * For questions that are asked now and then; `govern` writes its own out.
 */
export const NO_PARTS = Object.freeze({
  session: null,
  permission: null,
  tool: null,
  targets: [],
  command: null,
  url: null,
  content: null,
  model: null,
  route: null,
  approval: null,
  release: null,
  time: null,
  usage: null,
  seats: null,
  delegation: null,
  containment: null,
} as const)
