import type { Context } from '../core/actor.ts'
import { GatewayError } from '../core/errors.ts'
import type { ReleaseSubject } from '../core/subject.ts'
import { branchTip } from '../project/branch.ts'
import type { Project } from '../project/project.ts'
import { archiveFacts } from './archive.ts'
import { demandPermit } from './demand-permit.ts'
import { commitOf, releaseTree } from './release-tree.ts'
import { contentDigest, releaseId, type Manifest, type SignedManifest } from './release.ts'
import type { ReleasePorts } from './release-ports.ts'
import { finishMaking, madeDetail } from './settle-record.ts'

/** `isNew` is false when the same content was made a release before: that one is the answer, with who made it then. */
export interface Made { readonly release: SignedManifest, readonly isNew: boolean }

const UNKNOWN = '0'.repeat(64)

/**
 * Makes a release of the tip of the environment's branch.
 *
 * @throws GatewayError WEIR_ERR_DENIED, WEIR_ERR_PENDING, WEIR_ERR_PROJECT, WEIR_ERR_DECODE_TOO_LARGE, WEIR_ERR_STORE
 */
export async function makeRelease (ports: ReleasePorts, context: Context): Promise<Made> {
  const { book, governor, ledger } = ports
  // Content takes long to name: who may make nothing has none read.
  const unread = subjectOf(UNKNOWN, context)
  if (governor.preview(unread, context).decision.verdict === 'deny') await demandPermit(governor, unread, context)
  const project = await ports.project(context.app)
  const content = await contentOf(project, ports, context)
  const digest = contentDigest(content)
  const known = sameRelease(ports, digest)
  if (known !== null) return { release: known, isNew: false }
  const { permit, revision } = await demandPermit(governor, subjectOf(digest, context), context)
  try {
    return await project.alone(async () => {
      const meanwhile = sameRelease(ports, digest)
      const release = meanwhile ?? ports.key.sign({
        format: 1, id: releaseId(digest), digest, ...content, environment: context.environment, revision, madeBy: context.actor.id, madeAtMs: ports.nowMs(), entry: permit.entry,
      })
      if (meanwhile === null) {
        ports.write({ kind: 'made', release })
        await finishMaking(ports, project, release)
      }
      ledger.settle(permit, 'done', madeDetail(release.manifest))
      return { release, isNew: meanwhile === null }
    })
  } catch (error) {
    ledger.settle(permit, book.get(releaseId(digest)) === null ? 'failed' : 'unknown', { release: releaseId(digest) })
    throw error
  }
}

type Content = Pick<Manifest, 'app' | 'source' | 'commit' | 'tree' | 'archive' | 'withheld'>

async function contentOf (project: Project, { classOf }: ReleasePorts, { app, environment }: Context): Promise<Content> {
  const { git, algorithm } = project
  const source = await branchTip(git, project.branchOf(environment))
  const { files, withheld } = await releaseTree(git, source, classOf)
  const archive = await archiveFacts(git, files)
  return { app, source, ...await commitOf(git, source, files, algorithm), archive, withheld }
}

function sameRelease ({ book }: ReleasePorts, digest: string): SignedManifest | null {
  const known = book.get(releaseId(digest))
  if (known !== null && known.manifest.digest !== digest) throw new GatewayError('WEIR_ERR_STORE', 'Another release has this name already.')
  return known
}

function subjectOf (digest: string, { actor }: Context): ReleaseSubject {
  return { kind: 'release', release: releaseId(digest), digest, action: 'create', madeBy: actor.id, live: [], checks: [], from: null }
}
