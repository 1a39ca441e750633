import type { FastifyRequest } from 'fastify'
import type { Context } from '../../core/actor.ts'
import { GatewayError } from '../../core/errors.ts'
import type { Govern } from '../../core/govern.ts'
import type { Permit } from '../../core/permit.ts'
import type { Ledger } from '../../core/ports.ts'
import type { Wanted } from '../../identity/scope.ts'
import { callerOf } from '../plugins/caller.ts'

export interface WholeGatewayOptions {
  readonly govern: Govern
  readonly ledger: Ledger
  readonly contextOf: (request: FastifyRequest, wanted: Wanted) => Context
}

/** A route about something that tells of every app. `what`: in a message, e.g. `Hooks`. */
export interface WholeRoute { readonly method: string, readonly path: string, readonly class: string, readonly what: string, readonly wanted?: Wanted }

/**
 * Asks policy about a route that who may speak for one app or environment only has nothing to do with.
 *
 * @throws GatewayError WEIR_ERR_DENIED, WEIR_ERR_PENDING
 */
export async function demandWhole (request: FastifyRequest, { method, path, class: kind, what, wanted = {} }: WholeRoute, { govern, contextOf, ledger }: WholeGatewayOptions): Promise<{ readonly permit: Permit, readonly context: Context }> {
  const context = contextOf(request, wanted)
  const { decision, permit, entry } = await govern({ kind: 'route', method, path, class: kind }, context)
  if (permit === null) throw new GatewayError(decision.verdict === 'pending' ? 'WEIR_ERR_PENDING' : 'WEIR_ERR_DENIED', decision.reason, { rule: decision.rule, decision: entry })
  const { app, environment } = callerOf(request)
  const isWhole = (decision.obligations['own_only'] ?? false) === false && app === null && environment === null
  if (isWhole) return { permit, context }
  ledger.settle(permit, 'failed', {})
  throw new GatewayError('WEIR_ERR_DENIED', `${what} are of the whole gateway: this needs a role for all of it, and a token that is not for one app or environment.`, { rule: decision.rule, decision: entry })
}
