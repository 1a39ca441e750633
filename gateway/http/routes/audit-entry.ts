import type { FastifyPluginAsync } from 'fastify'
import type { Static } from 'typebox'
import { GatewayError } from '../../core/errors.ts'
import { Type } from '../../core/schema-type.ts'
import type { Journal } from '../../ledger/journal.ts'
import { openTail } from '../../ledger/tail.ts'
import { auditQuery } from '../../store/audit-query.ts'
import type { Mirror } from '../../store/mirror.ts'
import type { Store } from '../../store/store.ts'
import { readAccess, settled, type AccessOptions } from './audit-access.ts'

const PATH = '/weir/api/v1/audit/entries/:index'
const CATCH_UP_MS = 2_000 // as for the list

const Params = Type.Object({ index: Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER }) }, { additionalProperties: false })

export interface AuditEntryOptions extends AccessOptions {
  readonly store: Store
  readonly mirror: Mirror
  readonly journal: Journal
  readonly journalDir: string
}

/**
 * `GET /weir/api/v1/audit/entries/:index`: one entry as the very bytes that were hashed, so that whoever has a proof can check it. The store
 * says whether the caller may see it; of the bytes it keeps only what they mean.
 */
export const auditEntry: FastifyPluginAsync<AuditEntryOptions> = async (app, options) => {
  const { store, mirror, journal, journalDir } = options

  app.get(PATH, { schema: { params: Params } }, async (request, reply) => {
    const { index } = request.params as Static<typeof Params>
    const { permit, sight } = await readAccess(request, PATH, 'weir-audit', options)
    await mirror.caughtUp(CATCH_UP_MS).catch((error: unknown) => { request.log.warn({ err: error }, 'an entry was looked for in a store that is behind') })
    const json = await settled(journal, permit, async () => {
      const { entries } = await auditQuery(store, { ...sight, after: index - 1, before: index + 1, limit: 1 })
      const [raw] = entries.length === 0 ? [] : await openTail(journalDir, index).read({ upTo: index, maxEntries: 1, maxBytes: 1 })
      // What expired may be in a store that has not heard of it yet.
      if (raw === undefined || raw.json === null) throw new GatewayError('WEIR_ERR_ROUTE_UNKNOWN', 'There is no such entry yet, or no longer, or it is not shown to you.')
      return raw.json
    }, () => ({ index }))
    return reply.headers({ 'content-type': 'application/json; charset=utf-8', 'x-content-type-options': 'nosniff' }).send(json)
  })
}
