import { Readable } from 'node:stream'
import type { FastifyPluginAsync } from 'fastify'
import type { Static } from 'typebox'
import { ENVIRONMENTS } from '../../core/actor.ts'
import { Type } from '../../core/schema-type.ts'
import type { Journal } from '../../ledger/journal.ts'
import { REPORTS } from '../../ledger/reports.ts'
import { reportCsv, reportJson } from '../../ledger/report-text.ts'
import { decisionReport } from '../../store/decision-report.ts'
import type { Mirror } from '../../store/mirror.ts'
import type { Store } from '../../store/store.ts'
import { readAccess, settled, type AccessOptions } from './audit-access.ts'
import { CATCH_UP_MS, contradicts, timeMs } from './audit-query-parts.ts'

const PATH = '/weir/api/v1/audit/reports'

const word = Type.String({ minLength: 1, maxLength: 256 })

const Query = Type.Object({
  /** Default: actor. */
  by: Type.Optional(Type.Enum([...REPORTS])),
  env: Type.Optional(Type.Enum([...ENVIRONMENTS])),
  actor: Type.Optional(word),
  app: Type.Optional(word),
  since: Type.Optional(Type.String({ maxLength: 40 })),
  until: Type.Optional(Type.String({ maxLength: 40 })),
  format: Type.Optional(Type.Enum(['json', 'csv'])),
}, { additionalProperties: false })

export interface AuditReportsOptions extends AccessOptions {
  readonly store: Store
  readonly mirror: Mirror
  readonly journal: Journal
}

/** `GET /weir/api/v1/audit/reports`: what was tried, allowed, denied, approved and spent, as far as policy lets the caller see it. */
export const auditReports: FastifyPluginAsync<AuditReportsOptions> = async (app, options) => {
  const { store, mirror, journal } = options

  app.get(PATH, { schema: { querystring: Query } }, async (request, reply) => {
    const query = request.query as Static<typeof Query>
    const { by = 'actor' } = query
    const period = { sinceMs: timeMs(query.since, 'since'), untilMs: timeMs(query.until, 'until') }
    const { permit, sight } = await readAccess(request, PATH, 'weir-audit', options)
    await mirror.caughtUp(CATCH_UP_MS).catch((error: unknown) => { request.log.warn({ err: error }, 'a report was made from a store that is behind') })
    const mirrored = mirror.mirrored()
    const { actor, app, env } = { ...query, ...sight }
    const rows = await settled(journal, permit, async () => contradicts(query, sight) ? [] : await decisionReport(store, { by, actor, app, environment: env, ...period }), ({ length }) => ({ rows: length }))
    reply.headers({ 'weir-mirrored': String(mirrored), 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' })
    if (query.format === 'csv') return reply.type('text/csv; charset=utf-8; header=present').send(Readable.from(reportCsv(rows, by)))
    const head = { since: period.sinceMs ?? null, until: period.untilMs ?? null, mirrored }
    return reply.type('application/json; charset=utf-8').send(Readable.from(reportJson(rows, by, head)))
  })
}
