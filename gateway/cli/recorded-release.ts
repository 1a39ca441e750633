import { GatewayError } from '../core/errors.ts'
import type { Git } from '../project/git.ts'
import { openRepository } from '../project/repository.ts'
import { readReleaseFile, releaseFileOf } from '../releases/release-file.ts'
import type { SignedManifest } from '../releases/release.ts'
import { CommandFailed, type Io } from './io.ts'

export interface RecordedOptions { readonly config?: string, readonly dataDir?: string }

/** A release of the data directory, and the repository that holds it; no gateway has to run. */
export interface RecordedRelease { readonly signed: SignedManifest, readonly git: Git, readonly dataDir: string }

/** @throws CommandFailed when there is no such release or app, GatewayError WEIR_ERR_STORE, WEIR_ERR_PROJECT */
export async function openRecordedRelease (io: Io, id: string, options: RecordedOptions): Promise<RecordedRelease> {
  const dataDir = io.dataDir(options)
  const signed = releaseIn(dataDir, id)
  const { app } = signed.manifest
  const project = io.config(options).apps[app]?.project
  if (project === undefined) throw new CommandFailed(`The configuration has no app ${app}, whose release this is.`)
  const git = await openRepository({ app, project, dataDir, classOf: () => { throw new GatewayError('WEIR_ERR_PROJECT', 'The repository of this release is not in the data directory.') } })
  return { signed, git, dataDir }
}

function releaseIn (dataDir: string, id: string): SignedManifest {
  for (const line of readReleaseFile(releaseFileOf(dataDir))) {
    if (line.kind === 'made' && line.release.manifest.id === id) return line.release
  }
  throw new CommandFailed(`There is no release ${id} in ${dataDir}.`)
}
