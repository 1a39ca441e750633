import type { FastifyPluginAsync, FastifyRequest } from 'fastify'
import type { Static } from 'typebox'
import { createApprovalJson } from '../../approvals/approval-json.ts'
import { approvalPage, CURSOR, type PageWish } from '../../approvals/approval-page.ts'
import type { HeldInFull } from '../../approvals/approval-text.ts'
import { APPROVAL_STATES, type Approval } from '../../approvals/approval.ts'
import type { Yes } from '../../approvals/answer-call.ts'
import type { Approvals } from '../../approvals/approvals.ts'
import { sayWord } from '../../approvals/say-word.ts'
import { ENVIRONMENTS, type Context } from '../../core/actor.ts'
import { APPROVAL_SCOPES } from '../../core/approval-scope.ts'
import { GatewayError } from '../../core/errors.ts'
import type { Govern } from '../../core/govern.ts'
import type { EntryBody } from '../../core/ledger-entry.ts'
import type { Permit } from '../../core/permit.ts'
import type { Ledger } from '../../core/ports.ts'
import { Type } from '../../core/schema-type.ts'
import type { Wanted } from '../../identity/scope.ts'
import { callerOf } from '../plugins/caller.ts'

const PATH = '/weir/api/v1/approvals'
const USUAL = 100
const MOST = 10_000 // all that can wait: one page of them takes some ms

const closed = { additionalProperties: false }
const word = Type.String({ minLength: 1, maxLength: 256 })
const Params = Type.Object({ id: Type.String({ pattern: '^apr_[A-Za-z0-9]{1,64}$' }) }, closed)
const Reason = Type.Object({ reason: Type.String({ minLength: 1, maxLength: 1000 }) }, closed)
/** `until` is in Unix milliseconds, and for the scope of that name alone. */
const Consent = Type.Object({
  scope: Type.Optional(Type.Enum([...APPROVAL_SCOPES])),
  until: Type.Optional(Type.Integer({ minimum: 0 })),
}, closed)
const Query = Type.Object({
  state: Type.Optional(Type.Enum([...APPROVAL_STATES])),
  app: Type.Optional(word),
  env: Type.Optional(Type.Enum([...ENVIRONMENTS])),
  requestedBy: Type.Optional(word),
  permission: Type.Optional(word),
  session: Type.Optional(word),
  after: Type.Optional(Type.String({ pattern: CURSOR })),
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: MOST })),
}, closed)

export interface ApprovalRoutesOptions {
  readonly govern: Govern
  readonly ledger: Ledger & { record (body: EntryBody): void }
  readonly approvals: Approvals
  readonly contextOf: (request: FastifyRequest, wanted: Wanted) => Context
  /** Applies what waited for this approval, if it waited in a workspace; a held call is made again by its agent. */
  readonly onApproved: (approval: string) => Promise<void>
  /** Takes out of its workspace what waited there; a held call is told by who holds it. */
  readonly onRefused: (approval: string, reason: string) => Promise<void>
  /** What a waiting change makes of its file, as a unified diff; null when the approval is of no change. */
  readonly diffOf: (approval: string) => Promise<string | null>
}

/** The queue of calls that policy leaves to people: list, show, approve, deny, revoke. Every word is itself decided and recorded. */
export const approvalRoutes: FastifyPluginAsync<ApprovalRoutesOptions> = async (app, options) => {
  const { approvals, ledger } = options
  const json = createApprovalJson()

  app.get(PATH, { schema: { querystring: Query } }, async (request, reply) => {
    const { env, limit = USUAL, ...query } = request.query as Static<typeof Query>
    const { permit, isVisible } = await sightOf(request, PATH, options)
    const wish: PageWish = { ...query, ...(env === undefined ? {} : { environment: env }), limit }
    const page = approvalPage(approvals.list(), wish, isVisible)
    ledger.settle(permit, 'done', { approvals: page.approvals.length })
    return await reply.type('application/json; charset=utf-8').send(json.page(page.approvals, approvals.useless, page.nextCursor))
  })

  app.get(`${PATH}/:id`, { schema: { params: Params } }, async (request) => {
    const { id } = request.params as Static<typeof Params>
    return await shownTo(request, id, `${PATH}/:id`, options)
  })

  app.post(`${PATH}/:id/approve`, { schema: { params: Params, body: Type.Union([Consent, Type.Null()]) } }, async (request) => {
    const { scope = 'once', until = null } = request.body as Static<typeof Consent> | null ?? {}
    if ((scope === 'until') !== (until !== null)) throw new GatewayError('WEIR_ERR_DECODE_MALFORMED', '"until" goes with the scope until, and only with it.')
    const yes: Yes = { scope, untilMs: until }
    const given = await decide(request, idOf(request), options, yes, (id, by, permit) => approvals.give(id, by, permit, yes))
    await options.onApproved(given.id)
    return listed(approvals.get(given.id) ?? given, approvals)
  })

  app.post(`${PATH}/:id/deny`, { schema: { params: Params, body: Reason } }, async (request) => {
    const { reason } = request.body as Static<typeof Reason>
    const refused = await decide(request, idOf(request), options, null, (id, by, permit) => approvals.refuse(id, by, reason, permit))
    await options.onRefused(refused.id, reason)
    return listed(refused, approvals)
  })

  app.post(`${PATH}/:id/revoke`, { schema: { params: Params, body: Reason } }, async (request) => {
    const { reason } = request.body as Static<typeof Reason>
    return listed(await decide(request, idOf(request), options, null, (id, by, permit) => approvals.revoke(id, by, reason, permit)), approvals)
  })
}

/** An approval, and whether it can still cover anything. */
function listed (approval: Approval, approvals: Approvals): Approval & Pick<HeldInFull, 'useless'> {
  return { ...approval, useless: approvals.useless(approval) }
}

function idOf ({ params }: FastifyRequest): string {
  return (params as Static<typeof Params>).id
}

/** One in full, for somebody who may see it. @throws GatewayError WEIR_ERR_ROUTE_UNKNOWN, WEIR_ERR_DENIED */
export async function shownTo (request: FastifyRequest, id: string, path: string, options: ApprovalRoutesOptions): Promise<Approval & HeldInFull> {
  const { approvals, ledger } = options
  const { permit, isVisible } = await sightOf(request, path, options)
  try {
    const approval = approvals.get(id)
    if (approval === null || !isVisible(approval)) throw new GatewayError('WEIR_ERR_ROUTE_UNKNOWN', 'There is no such approval.')
    const shown = { ...listed(approval, approvals), call: approvals.shown(id), diff: await options.diffOf(id) }
    ledger.settle(permit, 'done', { approval: id })
    return shown
  } catch (error) {
    ledger.settle(permit, 'failed', { approval: id })
    throw error
  }
}

/**
 * Takes the caller's word about one: a decision of its own, and an event. `yes` is null for a no.
 *
 * @throws GatewayError WEIR_ERR_ROUTE_UNKNOWN, WEIR_ERR_DENIED, and what `say` throws
 */
export async function decide (request: FastifyRequest, id: string, options: ApprovalRoutesOptions, yes: Yes | null, say: (id: string, by: string, permit: Permit) => Approval): Promise<Approval> {
  const { approvals } = options
  const approval = approvals.get(id)
  if (approval === null || !isInReach(approval, request)) throw new GatewayError('WEIR_ERR_ROUTE_UNKNOWN', 'There is no such approval.')
  // Judged where the call would take effect, not where the approver happens to work.
  const context = options.contextOf(request, { app: approval.app, environment: approval.environment })
  return await sayWord(approval, { yes, say: (by, permit) => say(id, by, permit) }, context, options, async () => {
    // A change that waits is decided anew under today's policy: nobody is there to make it again.
    if (approvals.isStale(id)) await options.onApproved(id)
  })
}

interface Sighted { readonly permit: Permit, isVisible (approval: Approval): boolean }

/** Asks policy whether the caller may see the queue, and how much of it. @throws GatewayError WEIR_ERR_DENIED */
async function sightOf (request: FastifyRequest, path: string, options: ApprovalRoutesOptions): Promise<Sighted> {
  const context = options.contextOf(request, {})
  const governed = await options.govern({ kind: 'route', method: 'GET', path, class: 'weir-approvals' }, context)
  const permit = permitOf(governed)
  const ownOnly = (governed.decision.obligations['own_only'] ?? false) !== false
  return { permit, isVisible: (approval) => isInReach(approval, request) && (!ownOnly || approval.requestedBy === context.actor.id) }
}

function permitOf ({ permit, decision, entry }: Awaited<ReturnType<Govern>>): Permit {
  if (permit === null) throw new GatewayError('WEIR_ERR_DENIED', decision.reason, { rule: decision.rule, decision: entry })
  return permit
}

/** A token for one app or environment sees only what waits there. */
function isInReach (approval: Approval, request: FastifyRequest): boolean {
  const caller = callerOf(request)
  return (caller.app === null || caller.app === approval.app) && (caller.environment === null || caller.environment === approval.environment)
}
