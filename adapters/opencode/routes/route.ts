/** What a route is about. Policy data says which roles may use which classes. */
export const ROUTE_CLASSES = [
  'read-meta', 'chat', 'session-admin', 'read-file', 'search', 'write-file', 'run-shell', 'approve', 'pty', 'ui-control', 'share',
  'config-change', 'credential-change', 'instance-admin', 'plugin/mcp-change',
] as const
export type RouteClass = typeof ROUTE_CLASSES[number]

/**
 * What the gateway does with a request after policy allowed its class:
 * `forward` passes it on without a body, `clean` rebuilds the body field by field, `govern-call` decides the tool call
 * that the request is, `weir` answers by itself, `deny` refuses whatever policy says.
 */
export const ROUTE_ACCESSES = ['forward', 'clean', 'govern-call', 'weir', 'deny'] as const
export type RouteAccess = typeof ROUTE_ACCESSES[number]

/**
 * How the agent's answer is passed on: as it is, with credentials taken out, as a list without what is of another folder, or as an event
 * stream without asks and without what is of another folder.
 */
export type RouteAnswer = 'plain' | 'redacted' | 'owned' | 'events'

export interface Route {
  readonly method: string
  /** Path with `{name}` for one segment and a final `*` for the rest, as in the agent's OpenAPI document. */
  readonly template: string
  readonly class: RouteClass
  readonly access: RouteAccess
  readonly reason: string
  /** Query parameters that are passed on; all others are dropped. */
  readonly query: readonly string[]
  readonly answer: RouteAnswer
}

/** One line of the table. */
export function route (
  method: string,
  template: string,
  routeClass: RouteClass,
  access: RouteAccess,
  reason: string,
  more: { readonly query?: readonly string[], readonly answer?: RouteAnswer } = {}
): Route {
  return Object.freeze({ method, template, class: routeClass, access, reason, query: more.query ?? [], answer: more.answer ?? 'plain' })
}
