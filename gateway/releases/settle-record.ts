import { GatewayError } from '../core/errors.ts'
import type { Project } from '../project/project.ts'
import { moveEnvironment, writeTag } from './refs.ts'
import type { Manifest, Pointing, SignedManifest } from './release.ts'
import type { RecordPorts } from './release-ports.ts'

const POINTED_EVENTS = { promote: 'release-promoted', rollback: 'release-rolled-back' } as const

/** What the ledger is told of a release that was made. */
export function madeDetail ({ id, digest, commit, archive, withheld, entry }: Manifest): Readonly<Record<string, unknown>> {
  return { release: id, digest, commit, files: archive.files, bytes: archive.bytes, withheld, decision: entry }
}

/**
 * Writes the tag of a release that is in the record, and then tells the ledger. Needs the project alone.
 *
 * @throws GatewayError WEIR_ERR_PROJECT, WEIR_ERR_LEDGER_APPEND, WEIR_ERR_STORE: then it is tried again before the project is next used
 */
export async function finishMaking ({ ledger, write }: RecordPorts, project: Project, release: SignedManifest): Promise<void> {
  const { manifest } = release
  const { madeBy: actor, app, environment, entry } = manifest
  await writeTag(project.git, release)
  await ledger.append({ kind: 'event', name: 'release-made', actor, app, environment, session: null, detail: { ...madeDetail(manifest), atMs: manifest.madeAtMs } })
  write({ kind: 'settled', entry })
}

/** Brings branch and refs to where the record says that an environment points, and then tells the ledger. Needs the project alone, and throws as `finishMaking`. */
export async function finishPointing ({ book, ledger, write }: RecordPorts, project: Project, pointing: Pointing): Promise<void> {
  const { app, environment, id, from, action, by: actor, atMs, entry } = pointing
  const release = book.get(id)
  if (release === null) throw new GatewayError('WEIR_ERR_STORE', 'The record of releases speaks of a release that was never made.')
  const { digest, commit } = release.manifest
  await moveEnvironment(project.git, project.branchOf(environment), commit, pointing)
  await ledger.append({ kind: 'event', name: POINTED_EVENTS[action], actor, app, environment, session: null, detail: { release: id, digest, commit, from, decision: entry, atMs } })
  write({ kind: 'settled', entry })
}

/** What a gateway that was killed, or a project that was away, left undone, in the order of the record. */
export function createSettling (ports: RecordPorts): (project: Project) => Promise<void> {
  return async (project) => {
    const { app } = project
    if (ports.book.unsettled(app).length === 0) return
    await project.alone(async () => {
      for (const line of ports.book.unsettled(app)) {
        if (line.kind === 'made') await finishMaking(ports, project, line.release)
        else await finishPointing(ports, project, line.pointing)
      }
    })
  }
}
