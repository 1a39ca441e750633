import type { FastifyPluginAsync } from 'fastify'
import type { Static } from 'typebox'
import { GatewayError } from '../../core/errors.ts'
import type { Ledger } from '../../core/ports.ts'
import { Type } from '../../core/schema-type.ts'
import { findRecording, readRecording, type FoundRecording } from '../../recordings/read-recording.ts'
import { readAccess, settled, type AccessOptions, type Sight } from './audit-access.ts'

const PATH = '/weir/api/v1/audit/recordings/:id'

const Params = Type.Object({ id: Type.String({ maxLength: 64 }) }, { additionalProperties: false })

export interface AuditRecordingOptions extends AccessOptions {
  readonly journal: Ledger
  readonly dataDir: string
}

/** `GET /weir/api/v1/audit/recordings/:id`: a terminal as it was recorded, to whoever may see its actor's entries. */
export const auditRecording: FastifyPluginAsync<AuditRecordingOptions> = async (app, options) => {
  app.get(PATH, { schema: { params: Params } }, async (request, reply) => {
    const { id } = request.params as Static<typeof Params>
    const { permit, sight } = await readAccess(request, PATH, 'weir-audit', options)
    const found = await settled(options.journal, permit, async () => visible(await findRecording(options.dataDir, id), sight), ({ bytes }) => ({ recording: id, bytes }))
    return reply.headers({ 'content-type': 'application/x-asciicast', 'content-length': found.bytes, 'x-content-type-options': 'nosniff' }).send(readRecording(found))
  })
}

// One that the caller may not see and one that is not there: which of the two it is, is nobody's business.
function visible (found: FoundRecording | null, sight: Sight): FoundRecording {
  const isSeen = found !== null && (['actor', 'app', 'env'] as const).every((name) => sight[name] === undefined || sight[name] === found.owner[name])
  if (!isSeen) throw new GatewayError('WEIR_ERR_ROUTE_UNKNOWN', 'There is no such recording.')
  return found
}
