import type { FastifyPluginAsync } from 'fastify'
import { Type, type Static } from 'typebox'
import { GatewayError } from '../../core/errors.ts'
import { parseTimeMs } from '../../ledger/entry-filter.ts'
import type { Journal } from '../../ledger/journal.ts'
import { USAGE_GROUPS, type UsageGroup } from '../../ledger/usage.ts'
import type { Mirror } from '../../store/mirror.ts'
import type { Store } from '../../store/store.ts'
import { usageReport } from '../../store/usage-report.ts'
import { readAccess, settled, type AccessOptions } from './audit-access.ts'

const PATH = '/weir/api/v1/usage'
const CATCH_UP_MS = 2_000 // as for audit: behind it the answer says how far the store is

const closed = { additionalProperties: false }
const Query = Type.Object({
  /** Names joined by commas. */
  group: Type.Optional(Type.String({ maxLength: 128 })),
  since: Type.Optional(Type.String({ maxLength: 40 })),
}, closed)

const Report = Type.Object({
  rows: Type.Array(Type.Object({
    group: Type.Record(Type.String(), Type.Union([Type.String(), Type.Null()])),
    requests: Type.Integer(),
    inputTokens: Type.Number(),
    outputTokens: Type.Number(),
    cachedTokens: Type.Number(),
    reasoningTokens: Type.Number(),
    costNanoUsd: Type.Number(),
    unpricedRequests: Type.Integer(),
    sessions: Type.Integer(),
    seconds: Type.Number(),
    credits: Type.Number(),
  }, closed)),
  mirrored: Type.Integer(),
}, closed)

export interface UsageRoutesOptions extends AccessOptions {
  readonly store: Store
  readonly mirror: Mirror
  readonly journal: Journal
}

/** `GET /weir/api/v1/usage`: spend and credits, as far as policy lets the caller see them. */
export const usageRoutes: FastifyPluginAsync<UsageRoutesOptions> = async (app, options) => {
  const { store, mirror, journal } = options

  app.get(PATH, { schema: { querystring: Query, response: { 200: Report } } }, async (request) => {
    const query = request.query as Static<typeof Query>
    const group = parseGroups(query.group ?? 'actor')
    const sinceMs = query.since === undefined ? 0 : parseTimeMs(query.since, Date.now())
    if (group === null) throw new GatewayError('WEIR_ERR_DECODE_MALFORMED', `"group" takes: ${USAGE_GROUPS.join(', ')}.`)
    if (sinceMs === null) throw new GatewayError('WEIR_ERR_DECODE_MALFORMED', '"since" is no time: give Unix milliseconds, an ISO date, or an age such as 30d.')
    const { permit, sight } = await readAccess(request, PATH, 'weir-usage', options)
    await mirror.caughtUp(CATCH_UP_MS).catch((error: unknown) => { request.log.warn({ err: error }, 'usage answered from a store that is behind') })
    const wanted = { group, sinceMs, actor: sight.actor, app: sight.app, environment: sight.env }
    const rows = await settled(journal, permit, () => usageReport(store, wanted), ({ length }) => ({ rows: length }))
    return { rows, mirrored: mirror.mirrored() }
  })
}

/** The groups in a list joined by commas, or null when one is unknown. */
export function parseGroups (text: string): readonly UsageGroup[] | null {
  const groups = text.split(',').filter((name) => name !== '').map((name) => USAGE_GROUPS.find((known) => known === name.trim()))
  return groups.every((name) => name !== undefined) ? groups : null
}
