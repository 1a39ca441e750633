import { Readable } from 'node:stream'
import type { FastifyPluginAsync } from 'fastify'
import type { Static } from 'typebox'
import { GatewayError } from '../../core/errors.ts'
import { Type } from '../../core/schema-type.ts'
import type { Journal } from '../../ledger/journal.ts'
import { seatMembersCsv, seatsCsv } from '../../ledger/seats.ts'
import { parseUsageGroups, USAGE_GROUPS } from '../../ledger/usage.ts'
import { usageCsv, usageJson } from '../../ledger/usage-text.ts'
import type { Mirror } from '../../store/mirror.ts'
import { seatsReport } from '../../store/seats-report.ts'
import type { Store } from '../../store/store.ts'
import { usageReport } from '../../store/usage-report.ts'
import { readAccess, settled, type AccessOptions } from './audit-access.ts'
import { CATCH_UP_MS, timeMs } from './audit-query-parts.ts'

const PATH = '/weir/api/v1/usage'
const CSV = 'text/csv; charset=utf-8; header=present'
const MIRRORED = 'weir-mirrored'

const Query = Type.Object({
  /** Names joined by commas. */
  group: Type.Optional(Type.String({ maxLength: 128 })),
  since: Type.Optional(Type.String({ maxLength: 40 })),
  until: Type.Optional(Type.String({ maxLength: 40 })),
  /** Default: usage. */
  report: Type.Optional(Type.Union([Type.Literal('usage'), Type.Literal('seats'), Type.Literal('seat-members')])),
  format: Type.Optional(Type.Union([Type.Literal('json'), Type.Literal('csv')])),
}, { additionalProperties: false })

export interface UsageRoutesOptions extends AccessOptions {
  readonly store: Store
  readonly mirror: Mirror
  readonly journal: Journal
}

/** `GET /weir/api/v1/usage`: spend and credits, as far as policy lets the caller see them. The index of the last entry counted is in a header too. */
export const usageRoutes: FastifyPluginAsync<UsageRoutesOptions> = async (app, options) => {
  const { store, mirror, journal } = options

  app.get(PATH, { schema: { querystring: Query } }, async (request, reply) => {
    const query = request.query as Static<typeof Query>
    const group = parseUsageGroups(query.group ?? 'actor')
    if (group === null) throw new GatewayError('WEIR_ERR_DECODE_MALFORMED', `"group" takes: ${USAGE_GROUPS.join(', ')}.`)
    const period = { sinceMs: timeMs(query.since, 'since'), untilMs: timeMs(query.until, 'until') }
    const { permit, sight } = await readAccess(request, PATH, 'weir-usage', options)
    await mirror.caughtUp(CATCH_UP_MS).catch((error: unknown) => { request.log.warn({ err: error }, 'usage answered from a store that is behind') })
    const mirrored = mirror.mirrored()
    const wanted = { ...period, group, actor: sight.actor, app: sight.app, environment: sight.env }
    reply.header(MIRRORED, String(mirrored))
    if (query.report === 'seats' || query.report === 'seat-members') {
      const seats = await settled(journal, permit, () => seatsReport(store, wanted), ({ rows }) => ({ rows: rows.length }))
      const isOfMembers = query.report === 'seat-members'
      if (query.format !== 'csv') return reply.send({ mirrored, rows: isOfMembers ? seats.members : seats.rows })
      return reply.type(CSV).send(Readable.from(isOfMembers ? seatMembersCsv(seats.members) : seatsCsv(seats.rows)))
    }
    const rows = await settled(journal, permit, () => usageReport(store, wanted), ({ length }) => ({ rows: length }))
    if (query.format === 'csv') return reply.type(CSV).send(Readable.from(usageCsv(rows, group)))
    const head = { since: period.sinceMs ?? null, until: period.untilMs ?? null, mirrored }
    return reply.type('application/json; charset=utf-8').send(Readable.from(usageJson(rows, head)))
  })
}
