import type { FastifyPluginAsync, FastifyRequest } from 'fastify'
import type { Static } from 'typebox'
import { GatewayError } from '../../core/errors.ts'
import type { Ledger } from '../../core/ports.ts'
import { Type } from '../../core/schema-type.ts'
import { findRecording, readRecording, type FoundRecording } from '../../recordings/read-recording.ts'
import type { Observing } from '../../sessions/observing.ts'
import { readAccess, settled, type AccessOptions, type Sight } from './audit-access.ts'

const PATH = '/weir/api/v1/audit/recordings/:id'
const HIDDEN: readonly string[] = ['WEIR_ERR_ROUTE_UNKNOWN', 'WEIR_ERR_AUTH_SCOPE']

const Params = Type.Object({ id: Type.String({ maxLength: 64 }) }, { additionalProperties: false })

export interface AuditRecordingOptions extends AccessOptions {
  readonly journal: Ledger
  readonly dataDir: string
  readonly observing: Observing
}

/** `GET /weir/api/v1/audit/recordings/:id`: a terminal as it was recorded, to whoever may see its actor's entries or observe the actor. */
export const auditRecording: FastifyPluginAsync<AuditRecordingOptions> = async (app, options) => {
  app.get(PATH, { schema: { params: Params } }, async (request, reply) => {
    const { id } = request.params as Static<typeof Params>
    const { permit, sight } = await readAccess(request, PATH, 'weir-audit', options)
    const found = await settled(options.journal, permit, async () => await visible(await findRecording(options.dataDir, id), sight, { request, ...options }), ({ bytes }) => ({ recording: id, bytes }))
    return reply.headers({ 'content-type': 'application/x-asciicast', 'content-length': found.bytes, 'x-content-type-options': 'nosniff' }).send(readRecording(found))
  })
}

interface Asking extends AuditRecordingOptions { readonly request: FastifyRequest }

// One that the caller may not see and one that is not there: which of the two it is, is nobody's business.
async function visible (found: FoundRecording | null, sight: Sight, asking: Asking): Promise<FoundRecording> {
  const isInSight = found !== null && (['app', 'env'] as const).every((name) => sight[name] === undefined || sight[name] === found.owner[name])
  if (!isInSight) throw noSuchRecording()
  if (sight.actor !== undefined && sight.actor !== found.owner.actor) await observe(found, asking)
  return found
}

/** Somebody else's, by leave to observe. @throws GatewayError WEIR_ERR_ROUTE_UNKNOWN without it, and where the caller may not look at all */
async function observe ({ owner: { app, env, person } }: FoundRecording, { request, contextOf, observing, journal }: Asking): Promise<void> {
  if (person === null) throw noSuchRecording()
  try {
    const context = contextOf(request, { app, environment: env })
    if (!observing.mayRead(PATH, context, person)) throw noSuchRecording()
    journal.settle(await observing.permit(PATH, context, person), 'done', {})
  } catch (cause) {
    throw cause instanceof GatewayError && HIDDEN.includes(cause.code) ? noSuchRecording() : cause
  }
}

function noSuchRecording (): GatewayError {
  return new GatewayError('WEIR_ERR_ROUTE_UNKNOWN', 'There is no such recording.')
}
