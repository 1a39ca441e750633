import type { FastifyPluginAsync, FastifyRequest } from 'fastify'
import type { Static } from 'typebox'
import type { Approval } from '../../approvals/approval.ts'
import type { Approvals } from '../../approvals/approvals.ts'
import type { Context } from '../../core/actor.ts'
import { GatewayError } from '../../core/errors.ts'
import type { Govern } from '../../core/govern.ts'
import { eventBody, type EntryBody } from '../../core/ledger-entry.ts'
import type { Permit } from '../../core/permit.ts'
import type { Ledger } from '../../core/ports.ts'
import { Type } from '../../core/schema-type.ts'
import type { Wanted } from '../../identity/scope.ts'
import { callerOf } from '../plugins/caller.ts'

const PATH = '/weir/api/v1/approvals'
const closed = { additionalProperties: false }
const Params = Type.Object({ id: Type.String({ pattern: '^apr_[A-Za-z0-9]{1,64}$' }) }, closed)
const Refusal = Type.Object({ reason: Type.String({ minLength: 1, maxLength: 1000 }) }, closed)

export interface ApprovalRoutesOptions {
  readonly govern: Govern
  readonly ledger: Ledger & { record (body: EntryBody): void }
  readonly approvals: Approvals
  readonly contextOf: (request: FastifyRequest, wanted: Wanted) => Context
  /** Applies what waited for this approval, if it waited in a workspace; a held call is made again by its agent. */
  readonly onApproved: (approval: string) => Promise<void>
}

/** The queue of calls that policy leaves to people: list, approve, deny. Every word is itself decided and recorded. */
export const approvalRoutes: FastifyPluginAsync<ApprovalRoutesOptions> = async (app, options) => {
  app.get(PATH, async (request) => {
    const context = options.contextOf(request, {})
    const governed = await options.govern({ kind: 'route', method: 'GET', path: PATH, class: 'weir-approvals' }, context)
    const permit = permitOf(governed)
    const ownOnly = (governed.decision.obligations['own_only'] ?? false) !== false
    const visible = options.approvals.list().filter((approval) => isVisible(approval, request, ownOnly ? context.actor.id : null))
    options.ledger.settle(permit, 'done', { approvals: visible.length })
    return { approvals: visible }
  })

  app.post(`${PATH}/:id/approve`, { schema: { params: Params } }, async (request) => {
    const given = await decide(request, options, (id, by, permit) => options.approvals.give(id, by, permit))
    await options.onApproved(given.id)
    return options.approvals.get(given.id) ?? given
  })

  app.post(`${PATH}/:id/deny`, { schema: { params: Params, body: Refusal } }, async (request) => {
    const { reason } = request.body as Static<typeof Refusal>
    return await decide(request, options, (id, by, permit) => options.approvals.refuse(id, by, reason, permit))
  })
}

async function decide (request: FastifyRequest, options: ApprovalRoutesOptions, say: (id: string, by: string, permit: Permit) => Approval): Promise<Approval> {
  const { id } = request.params as Static<typeof Params>
  const approval = options.approvals.get(id)
  if (approval === null || !isVisible(approval, request, null)) throw new GatewayError('WEIR_ERR_ROUTE_UNKNOWN', 'There is no such approval.')
  // Judged where the call would take effect, not where the approver happens to work.
  const context = options.contextOf(request, { app: approval.app, environment: approval.environment })
  const permit = permitOf(await options.govern({ kind: 'approval', approval: id, requestedBy: approval.requestedBy, permission: approval.permission, heldAtMs: approval.heldAtMs }, context))
  try {
    const said = say(id, context.actor.id, permit)
    options.ledger.settle(permit, 'done', { approval: id, state: said.state })
    options.ledger.record(eventBody(`approval-${said.state}`, context, { approval: id, requestedBy: approval.requestedBy, digest: approval.digest }))
    return said
  } catch (error) {
    options.ledger.settle(permit, 'failed', { approval: id })
    throw error
  }
}

function permitOf ({ permit, decision, entry }: Awaited<ReturnType<Govern>>): Permit {
  if (permit === null) throw new GatewayError('WEIR_ERR_DENIED', decision.reason, { rule: decision.rule, decision: entry })
  return permit
}

/** A token for one app or environment sees only what waits there; `onlyOf` limits to one actor's own calls. */
function isVisible (approval: Approval, request: FastifyRequest, onlyOf: string | null): boolean {
  const caller = callerOf(request)
  return (caller.app === null || caller.app === approval.app) &&
    (caller.environment === null || caller.environment === approval.environment) &&
    (onlyOf === null || approval.requestedBy === onlyOf)
}
