import type { FastifyPluginAsync } from 'fastify'
import type { Static } from 'typebox'
import { GatewayError } from '../../core/errors.ts'
import { Type } from '../../core/schema-type.ts'
import { parseTimeMs } from '../../ledger/entry-filter.ts'
import type { Mirror } from '../../store/mirror.ts'
import { policyChanges, ruleHits } from '../../store/policy-record.ts'
import type { Store } from '../../store/store.ts'
import { callerOf } from '../plugins/caller.ts'
import { settled } from './audit-access.ts'
import { demandPolicyRoute, type PolicyRoutesOptions } from './policy.ts'

const PATH = '/weir/api/v1/policy'
const CATCH_UP_MS = 2_000 // as for audit
const USUAL_SINCE = '7d'
const Query = Type.Object({ since: Type.Optional(Type.String({ maxLength: 40 })) }, { additionalProperties: false })

export interface PolicyRecordOptions extends Pick<PolicyRoutesOptions, 'govern' | 'ledger' | 'contextOf'> {
  readonly store: Store
  readonly mirror: Mirror
}

/**
 * `GET /weir/api/v1/policy/hits?since=7d` and `/policy/history`: how often each rule decided, and which policies came into force, by the
 * ledger. For roles with routes of class `weir-policy`; a token for one app or environment counts what was decided there.
 */
export const policyRecordRoutes: FastifyPluginAsync<PolicyRecordOptions> = async (app, options) => {
  const { store, mirror, ledger } = options
  const caughtUp = async (warn: (error: unknown) => void): Promise<void> => await mirror.caughtUp(CATCH_UP_MS).then(() => {}, warn)

  app.get(`${PATH}/hits`, { schema: { querystring: Query } }, async (request) => {
    const sinceMs = parseTimeMs((request.query as Static<typeof Query>).since ?? USUAL_SINCE, Date.now())
    if (sinceMs === null) throw new GatewayError('WEIR_ERR_DECODE_MALFORMED', '"since" is no time: give Unix milliseconds, an ISO date, or an age such as 30d.')
    const permit = await demandPolicyRoute(request, 'GET', `${PATH}/hits`, options)
    await caughtUp((error) => { request.log.warn({ err: error }, 'hits answered from a store that is behind') })
    const { app: of, environment } = callerOf(request)
    const found = await settled(ledger, permit, async () => await ruleHits(store, { sinceMs, app: of ?? undefined, environment: environment ?? undefined }), ({ hits }) => ({ rows: hits.length }))
    return { since: sinceMs, ...found, mirrored: mirror.mirrored() }
  })

  app.get(`${PATH}/history`, async (request) => {
    const permit = await demandPolicyRoute(request, 'GET', `${PATH}/history`, options)
    await caughtUp((error) => { request.log.warn({ err: error }, 'history answered from a store that is behind') })
    return { history: await settled(ledger, permit, async () => await policyChanges(store), ({ length }) => ({ rows: length })), mirrored: mirror.mirrored() }
  })
}
