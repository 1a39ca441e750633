import type { FastifyPluginAsync } from 'fastify'
import type { Static } from 'typebox'
import { ENVIRONMENTS, type Environment } from '../../core/actor.ts'
import { GatewayError } from '../../core/errors.ts'
import type { Permit } from '../../core/permit.ts'
import type { Ledger } from '../../core/ports.ts'
import { Type } from '../../core/schema-type.ts'
import type { PathClass } from '../../core/tool-call.ts'
import { committedDiff, committedFiles, readingCall } from '../../planes/file/commit-diff.ts'
import type { Project } from '../../project/project.ts'
import { auditQuery } from '../../store/audit-query.ts'
import type { Mirror } from '../../store/mirror.ts'
import type { Store } from '../../store/store.ts'
import { readAccess, settled, type AccessOptions, type Sight } from './audit-access.ts'

const PATH = '/weir/api/v1/audit/entries/:index/diff'
const CATCH_UP_MS = 2_000 // as for the list

const Params = Type.Object({ index: Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER }) }, { additionalProperties: false })

export interface AuditChangeOptions extends AccessOptions {
  readonly store: Store
  readonly mirror: Mirror
  readonly journal: Ledger
  /** @throws GatewayError WEIR_ERR_PROJECT when there is no such app */
  readonly project: (app: string) => Promise<Project>
  readonly classOf: (path: string) => PathClass
}

/**
 * `GET /weir/api/v1/audit/entries/:index/diff`: what the commit of a `change-set-committed` changed. Two questions: whether the caller may see
 * the entry, and, as the ledger holds no content, whether they may read those files.
 */
export const auditChange: FastifyPluginAsync<AuditChangeOptions> = async (app, options) => {
  app.get(PATH, { schema: { params: Params } }, async (request, reply) => {
    const { index } = request.params as Static<typeof Params>
    const { permit, sight } = await readAccess(request, PATH, 'weir-audit', options)
    await options.mirror.caughtUp(CATCH_UP_MS).catch((error: unknown) => { request.log.warn({ err: error }, 'an entry was looked for in a store that is behind') })
    const { commit, appName, environment } = await settled(options.journal, permit, () => commitOf(index, sight, options.store), () => ({ index }))
    const project = await options.project(appName)
    const { files, isWhole } = await committedFiles(project, commit, options.classOf)
    const reading = await options.govern({ kind: 'tool-call', call: readingCall(commit, files), text: () => '' }, options.contextOf(request, { app: appName, environment }))
    const shown = await settled(options.journal, allowed(reading), () => committedDiff(project, files), ({ diff }) => ({ bytes: diff.length }))
    return await reply.header('cache-control', 'no-store').send({ commit, diff: shown.diff, isWhole: isWhole && shown.isWhole })
  })
}

async function commitOf (index: number, sight: Sight, store: Store): Promise<{ readonly commit: string, readonly appName: string, readonly environment: Environment }> {
  const [entry] = (await auditQuery(store, { ...sight, after: index - 1, before: index + 1, limit: 1 })).entries
  const environment = ENVIRONMENTS.find((name) => entry?.kind === 'event' && name === entry.environment)
  if (entry?.kind !== 'event' || entry.name !== 'change-set-committed' || entry.app === null || environment === undefined) throw new GatewayError('WEIR_ERR_ROUTE_UNKNOWN', 'There is no such change set, or it is not shown to you.')
  return { commit: String(entry.detail['commit']), appName: entry.app, environment }
}

function allowed ({ decision, permit, entry }: Awaited<ReturnType<AccessOptions['govern']>>): Permit {
  if (permit !== null) return permit
  throw new GatewayError(decision.verdict === 'pending' ? 'WEIR_ERR_PENDING' : 'WEIR_ERR_DENIED', decision.reason, { rule: decision.rule, decision: entry })
}
