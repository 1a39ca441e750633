import type { Context } from '../core/actor.ts'
import { GatewayError } from '../core/errors.ts'
import type { ReleaseAction, ReleaseSubject } from '../core/subject.ts'
import { readRef } from '../project/branch.ts'
import { demandPermit } from './demand-permit.ts'
import { hasCommit } from './refs.ts'
import { finishPointing } from './settle-record.ts'
import { passedChecks } from './passed-checks.ts'
import type { Pointing, SignedManifest } from './release.ts'
import type { ReleasePorts } from './release-ports.ts'
import { wishText } from './wish-text.ts'

/** The context's environment is to point at this release. */
export interface PointWish { readonly release: SignedManifest, readonly action: Extract<ReleaseAction, 'promote' | 'rollback'> }

/**
 * Points an environment at a release. The record's line is what makes it so; branch and refs follow, also after a crash. Of two at the same
 * moment the first one's line counts, and the other is told.
 *
 * @throws GatewayError WEIR_ERR_DENIED, WEIR_ERR_PENDING, WEIR_ERR_DECIDED (it points there already, or was moved meanwhile),
 *   WEIR_ERR_PROJECT, WEIR_ERR_STORE
 */
export async function pointEnvironment (ports: ReleasePorts, wish: PointWish, context: Context): Promise<Pointing> {
  const { book, ledger } = ports
  const { app, environment } = context
  const { manifest } = wish.release
  const project = await ports.project(app)
  const from = book.current(app, environment)
  if (from?.id === manifest.id) throw new GatewayError('WEIR_ERR_DECIDED', `${environment} points at ${manifest.id} already.`)
  if (!await hasCommit(project.git, manifest.commit)) throw new GatewayError('WEIR_ERR_PROJECT', 'The commit of this release is not in the project any more.')
  const { permit } = await demandPermit(ports.governor, subjectOf(ports, wish, from?.id ?? null, context), context)
  try {
    return await project.alone(async () => {
      const tip = await readRef(project.git, project.branchOf(environment))
      if (book.current(app, environment) !== from) throw new GatewayError('WEIR_ERR_DECIDED', `${environment} was pointed at another release meanwhile. Look at it, then ask again.`)
      const pointing: Pointing = Object.freeze({ app, environment, id: manifest.id, from: from?.id ?? null, action: wish.action, by: context.actor.id, atMs: ports.nowMs(), entry: permit.entry, tip })
      ports.write({ kind: 'pointed', pointing })
      await finishPointing(ports, project, pointing)
      ledger.settle(permit, 'done', { release: manifest.id, from: pointing.from })
      return pointing
    })
  } catch (error) {
    // With its line in the record it is so: what has to follow does when the project is next used.
    const isRecorded = book.current(app, environment)?.entry === permit.entry
    ledger.settle(permit, isRecorded ? 'unknown' : 'failed', { release: manifest.id })
    throw error
  }
}

function subjectOf (ports: ReleasePorts, { release, action }: PointWish, from: string | null, context: Context): ReleaseSubject {
  const { book } = ports
  const { manifest } = release
  return {
    kind: 'release',
    release: manifest.id,
    digest: manifest.digest,
    action,
    madeBy: manifest.madeBy,
    live: book.live(manifest.id),
    checks: passedChecks(book, manifest.id),
    from: from === null ? null : book.get(from)?.manifest.digest ?? null,
    text: () => wishText({ release, action, from, checks: book.checks(manifest.id) }, context),
  }
}
