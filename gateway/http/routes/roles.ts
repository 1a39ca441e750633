import type { FastifyPluginAsync, FastifyRequest } from 'fastify'
import type { Static } from 'typebox'
import type { Context } from '../../core/actor.ts'
import { GatewayError } from '../../core/errors.ts'
import type { Govern } from '../../core/govern.ts'
import type { Permit } from '../../core/permit.ts'
import type { Ledger } from '../../core/ports.ts'
import { Type } from '../../core/schema-type.ts'
import type { Wanted } from '../../identity/scope.ts'
import type { PolicyEngine } from '../../policy/engine.ts'
import { explainRole } from '../../policy/roles/explain-role.ts'
import { settled } from './audit-access.ts'

const PATH = '/weir/api/v1/roles'
const closed = { additionalProperties: false }
const Params = Type.Object({ role: Type.String({ minLength: 1, maxLength: 256 }) }, closed)
const Query = Type.Object({ app: Type.Optional(Type.String({ minLength: 1, maxLength: 256 })) }, closed)

export interface RoleRoutesOptions {
  readonly govern: Govern
  readonly ledger: Ledger
  readonly policy: Pick<PolicyEngine, 'current' | 'data' | 'rules'>
  readonly contextOf: (request: FastifyRequest, wanted: Wanted) => Context
}

/**
 * `GET /weir/api/v1/roles` and `/roles/:role`: what roles may do, asked of the policy in force. One's own role for everybody who may ask
 * for decisions (`weir-decide`), all of them for roles with routes of class `weir-policy`.
 */
export const roleRoutes: FastifyPluginAsync<RoleRoutesOptions> = async (app, options) => {
  const { ledger, policy, contextOf } = options

  app.get(PATH, async (request) => {
    const permit = await demand(contextOf(request, {}), { path: PATH, class: 'weir-policy' }, options)
    return await settled(ledger, permit, async () => ({
      revision: policy.current().revision,
      roles: Object.entries(policy.data().roles).map(([role, { description }]) => ({ role, description })),
    }), ({ roles }) => ({ roles: roles.length }))
  })

  app.get(`${PATH}/:role`, { schema: { params: Params, querystring: Query } }, async (request) => {
    const { role } = request.params as Static<typeof Params>
    const context = contextOf(request, request.query as Static<typeof Query>)
    const permit = await demand(context, { path: `${PATH}/:role`, class: role === context.actor.role ? 'weir-decide' : 'weir-policy' }, options)
    return await settled(ledger, permit, async () => explained(role, context, policy), ({ cells }) => ({ cells: cells.length }))
  })
}

function explained (role: string, { actor, app }: Context, policy: RoleRoutesOptions['policy']) {
  const data = policy.data()
  const known = Object.hasOwn(data.roles, role) ? data.roles[role] : undefined
  if (known === undefined) throw new GatewayError('WEIR_ERR_ROUTE_UNKNOWN', 'There is no such role here.')
  // Groups and organisation of who asks are the caller's own: of another role's actors nothing is known.
  const asked = { actor: { id: actor.id, role, groups: actor.groups, org: actor.org }, app, nowMs: Date.now() }
  const cells = explainRole(asked, { policy: policy.current(), data, rules: policy.rules() })
  return { revision: policy.current().revision, role, app, description: known.description, cells: cells.map(({ dataAt: _, ...cell }) => cell) }
}

async function demand (context: Context, route: { readonly path: string, readonly class: string }, { govern, ledger }: RoleRoutesOptions): Promise<Permit> {
  const { decision, permit, entry } = await govern({ kind: 'route', method: 'GET', ...route }, context)
  if (permit === null) {
    throw new GatewayError(decision.verdict === 'pending' ? 'WEIR_ERR_PENDING' : 'WEIR_ERR_DENIED', decision.reason, { rule: decision.rule, decision: entry })
  }
  if (route.class === 'weir-decide' || (decision.obligations['own_only'] ?? false) === false) return permit
  ledger.settle(permit, 'failed', {})
  throw new GatewayError('WEIR_ERR_DENIED', 'A role that may look only at its own may ask about its own role.', { rule: decision.rule, decision: entry })
}
