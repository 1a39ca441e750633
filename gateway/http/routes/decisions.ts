import type { FastifyPluginAsync, FastifyRequest } from 'fastify'
import type { Static } from 'typebox'
import type { Adapters } from '../../adapters.ts'
import type { Yes } from '../../approvals/answer-call.ts'
import type { Approvals } from '../../approvals/approvals.ts'
import { wordSubject } from '../../approvals/say-word.ts'
import type { Context } from '../../core/actor.ts'
import { digestOf } from '../../core/canonical-json.ts'
import { GatewayError } from '../../core/errors.ts'
import type { Governed, Governor } from '../../core/govern.ts'
import type { Ledger } from '../../core/ports.ts'
import { Type } from '../../core/schema-type.ts'
import type { Subject } from '../../core/subject.ts'
import type { Caller } from '../../identity/caller.ts'
import type { Wanted } from '../../identity/scope.ts'
import type { ReleasedLinks } from '../../sessions/released-links.ts'
import type { Sessions } from '../../sessions/session.ts'
import { callerOf } from '../plugins/caller.ts'
import { createAwaitedOutcomes, outcomeRoutes } from './reported-outcomes.ts'

const PATH = '/weir/api/v1/decisions'

const ONCE: Yes = Object.freeze({ scope: 'once', untilMs: null })

const closed = { additionalProperties: false }

const Body = Type.Object({
  protocol: Type.String({ maxLength: 32 }),
  tool: Type.String({ minLength: 1, maxLength: 256 }),
  args: Type.Optional(Type.Unknown()),
  cwd: Type.Optional(Type.String({ maxLength: 4096 })),
  app: Type.Optional(Type.String({ maxLength: 64 })),
  environment: Type.Optional(Type.String({ maxLength: 32 })),
  session: Type.Optional(Type.String({ maxLength: 64 })),
  willReport: Type.Optional(Type.Boolean()),
}, closed)

const Query = Type.Object({ dryRun: Type.Optional(Type.Boolean()) }, closed)

export interface DecisionRoutesOptions {
  readonly governor: Governor
  readonly ledger: Ledger
  readonly adapters: Adapters
  readonly sessions: Sessions
  readonly links: Pick<ReleasedLinks, 'prepare'>
  readonly contextOf: (request: FastifyRequest, wanted: Wanted) => Context
  readonly approvals: Pick<Approvals, 'get'>
}

/**
 * `POST /weir/api/v1/decisions`: decides one tool call and records it; performs and changes nothing. 200 whatever the verdict. A call that
 * policy allows only changed is denied; `obligations` say which change it needs. Of who says `willReport` the outcome is awaited.
 */
export const decisionRoutes: FastifyPluginAsync<DecisionRoutesOptions> = async (app, options) => {
  const awaited = createAwaitedOutcomes(options.ledger)
  await app.register(outcomeRoutes, { awaited, demand: (request, path) => demandRoute(request, path, options) })

  app.post(PATH, { schema: { body: Body, querystring: Query } }, async (request) => {
    const body = request.body as Static<typeof Body>
    const { dryRun } = request.query as Static<typeof Query>
    await demandRoute(request, PATH, options)
    const context = contextFor(request, body, options)
    const subject = subjectOf(body, options.adapters)
    if (context.session === null) await options.links.prepare(context.app, context.environment)
    if (dryRun === true) return answer({ ...options.governor.preview(subject, context), entry: null, approval: null })
    const governed = await options.governor.govern(subject, context)
    // The caller acts, not Weir: what became of the call is known to nobody here, unless it is told.
    if (governed.permit !== null && body.willReport === true) awaited.add(governed.permit, callerOf(request).actor)
    else if (governed.permit !== null) options.ledger.settle(governed.permit, 'unknown', { performedBy: 'caller' })
    return { ...answer(governed), ...mayApprove(governed.approval, context, options) }
  })
}

function subjectOf (body: Static<typeof Body>, adapters: Adapters): Subject {
  const adapter = adapters[body.protocol]
  if (adapter === undefined) throw new GatewayError('WEIR_ERR_DECODE_MALFORMED', `There is no adapter "${body.protocol}"; there are: ${Object.keys(adapters).join(', ')}.`)
  return { kind: 'tool-call', call: adapter.decode(body.tool, body.args ?? {}, body.cwd ?? '/workspace'), text: () => JSON.stringify(body.args ?? {}) }
}

/**
 * Whether the role may ask at all. Only a refusal is recorded: the question itself is recorded next, and a second entry
 * for each would halve what this route can do.
 *
 * @throws GatewayError WEIR_ERR_DENIED, WEIR_ERR_PENDING
 */
async function demandRoute (request: FastifyRequest, path: string, { governor, contextOf }: DecisionRoutesOptions): Promise<void> {
  const route: Subject = { kind: 'route', method: 'POST', path, class: 'weir-decide' }
  const context = contextOf(request, {})
  if (governor.preview(route, context).decision.verdict === 'allow') return
  const { decision, entry, permit } = await governor.govern(route, context)
  if (permit !== null) return
  throw new GatewayError(decision.verdict === 'pending' ? 'WEIR_ERR_PENDING' : 'WEIR_ERR_DENIED', decision.reason, { rule: decision.rule, decision: entry })
}

/** Whether who asked may give the approval that the call waits for, so that a client knows whom to ask. */
function mayApprove (id: string | null, context: Context, { governor, approvals }: DecisionRoutesOptions): object {
  const approval = id === null ? null : approvals.get(id)
  return approval === null ? {} : { mayApprove: governor.preview(wordSubject(approval, ONCE), context).decision.verdict === 'allow' }
}

// The whole actor: the same person with another role or a narrower token is somebody else to a session.
function isOwn (context: Context, caller: Caller): boolean {
  return digestOf(context.actor) === digestOf(caller.actor) &&
    (caller.app === null || caller.app === context.app) &&
    (caller.environment === null || caller.environment === context.environment)
}

function contextFor (request: FastifyRequest, body: Static<typeof Body>, options: DecisionRoutesOptions): Context {
  const context = options.contextOf(request, { app: body.app, environment: body.environment })
  if (body.session === undefined) return context
  const session = options.sessions.byId(body.session)
  // Somebody else's session is as unknown as one that never was.
  if (session === null || !isOwn(session.context, callerOf(request))) throw new GatewayError('WEIR_ERR_ROUTE_UNKNOWN', 'There is no such session.')
  return { ...session.context, plane: 'api', request: request.id }
}

type Answerable = Pick<Governed, 'decision' | 'facts' | 'approval'> & { readonly entry: number | null }

function answer ({ decision, facts, entry, approval }: Answerable): object {
  const { verdict, rule, reason, feedback, revision, also, obligations, explanation } = decision
  return {
    decision: { verdict, rule, reason, feedback, revision, also, obligations, ...(explanation === undefined ? {} : { explanation }) },
    call: facts === null ? null : { tool: facts.tool, permission: facts.permission, targets: facts.targets, command: facts.command },
    ...(entry === null ? {} : { entry }),
    ...(approval === null ? {} : { approval }),
  }
}
