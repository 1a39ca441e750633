import type { DecodedCall } from './tool-call.ts'

/** A tool call on any plane. */
export interface ToolCallSubject { readonly kind: 'tool-call', readonly call: DecodedCall }

/** A request to a route of the agent's API or of Weir's own. `path` is the canonical template, `class` from the route table. */
export interface RouteSubject { readonly kind: 'route', readonly method: string, readonly path: string, readonly class: string }

/** A request to a model. `bytes` is the size of the request body. */
export interface ModelRequestSubject {
  readonly kind: 'model-request'
  readonly provider: string
  readonly model: string
  readonly stream: boolean
  readonly bytes: number
}

/** The start of a session: may this actor run an agent on this app and environment at all? */
export interface SessionSubject { readonly kind: 'session' }

/** A second person's word on a pending call. `requestedBy` is the actor id of who asked. */
export interface ApprovalSubject {
  readonly kind: 'approval'
  readonly approval: string
  readonly requestedBy: string
  readonly permission: string
}

/** Everything that can be asked of policy. */
export type Subject = ToolCallSubject | RouteSubject | ModelRequestSubject | SessionSubject | ApprovalSubject
