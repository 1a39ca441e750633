import { createHash } from 'node:crypto'
import { mkdir, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { AppConfig, SecretShow } from '../config.ts'
import { ENVIRONMENTS, type Environment } from '../core/actor.ts'
import { GatewayError } from '../core/errors.ts'
import type { PathClass } from '../core/tool-call.ts'
import { blobOf } from './blob-reader.ts'
import { assertUsableBranches, branchRef, branchTip } from './branch.ts'
import { commitChanges, type CommitRequest, type CommitResult } from './commit.ts'
import type { Git } from './git.ts'
import { keepImport } from './import-process.ts'
import { keepObjects, type KeptObjects } from './kept-objects.ts'
import { mergeThree, type Merged, type ThreeContents } from './merge-three.ts'
import { commitOfRelease, writeRelease, type Release } from './release.ts'
import { openRepository } from './repository.ts'
import { readTree, type Tree } from './tree.ts'

/** One app's project: the git repository that alone is the source of truth. */
export interface Project {
  readonly app: string
  /** What a sandbox sees of a secret file. */
  readonly secrets: SecretShow
  /** The tip of the environment's branch on disk, without secret files. @throws GatewayError WEIR_ERR_PROJECT */
  materialise (environment: Environment, classOf: (path: string) => PathClass): Promise<Release>
  /** The commit that a folder made by `materialise` holds. @throws GatewayError WEIR_ERR_PROJECT */
  commitOf (lowerDir: string): string
  /** Every file of a commit. @throws GatewayError WEIR_ERR_PROJECT */
  tree (commit: string): Promise<Tree>
  /** Contents of files, in the order of the ids. @throws GatewayError WEIR_ERR_PROJECT */
  contents (ids: readonly string[]): AsyncIterable<Buffer>
  /** The id these bytes have, or would have, as a file of this repository. Stores nothing. */
  fileId (bytes: Uint8Array): string
  /** What two made of one file, in one; null when that cannot be shown. @throws GatewayError WEIR_ERR_PROJECT */
  merge (contents: ThreeContents): Promise<Merged | null>
  /** One commit of all changes on the environment's branch, or none. @throws GatewayError WEIR_ERR_PROJECT */
  commit (environment: Environment, request: Omit<CommitRequest, 'ref'>): Promise<CommitResult>
  /** Says that a commit will come soon: its git starts meanwhile, and ends by itself if none comes. */
  expectCommit (): void
  /** Plumbing on the repository, for releases. */
  readonly git: Git
  /** What names objects in the repository. */
  readonly algorithm: 'sha1' | 'sha256'
  /** Full name of the ref that an environment's commits go to. */
  branchOf (environment: Environment): string
  /** A commit on disk as sandboxes see it. @throws GatewayError WEIR_ERR_PROJECT */
  writeOut (commit: string, classOf: (path: string) => PathClass): Promise<Release>
  /** Runs while no commit is made here. */
  alone<T> (work: () => Promise<T>): Promise<T>
}

export interface ProjectOptions {
  readonly app: string
  readonly config: AppConfig
  readonly dataDir: string
  /** Class of a workspace-relative path; keeps secrets out when a plain folder is imported. */
  readonly classOf: (path: string) => PathClass
}

const APP_NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/ // becomes a folder name

/** Opens an app's project, importing a plain folder on first use. @throws GatewayError WEIR_ERR_PROJECT, WEIR_ERR_CONFIG_INVALID */
export async function openProject (options: ProjectOptions): Promise<Project> {
  const { app, config, dataDir } = options
  if (!APP_NAME.test(app)) throw new GatewayError('WEIR_ERR_CONFIG_INVALID', 'an app name is letters, digits, dot, dash and underscore, at most 64')
  const git = await openRepository({ app, project: config.project, dataDir, classOf: options.classOf })
  await assertUsableBranches(git, ENVIRONMENTS.map((environment) => branchRef(config, environment)))
  const releasesDir = await cleanReleases(join(dataDir, 'releases', app))
  const algorithm = await git.text(['rev-parse', '--show-object-format']) === 'sha256' ? 'sha256' : 'sha1'
  const { secrets = 'absent' } = config
  const [objects, imports] = [keepObjects(git), keepImport(git)]
  // Many sessions end a turn at once; racing each other for the branch, the slowest would be told of a conflict there is none.
  let last: Promise<unknown> = Promise.resolve()
  const alone = <T>(work: () => Promise<T>): Promise<T> => {
    const mine = last.then(work)
    last = mine.catch(() => undefined) // its caller has the rejection; the next commit must run all the same
    return mine
  }
  return {
    app,
    secrets,
    git,
    algorithm,
    alone,
    branchOf: (environment) => branchRef(config, environment),
    writeOut: (commit, classes) => writeRelease({ git, releasesDir, commit, classOf: classes, secrets }),
    async materialise (environment, classOf) {
      return writeRelease({ git, releasesDir, commit: await branchTip(git, branchRef(config, environment)), classOf, secrets })
    },
    commitOf: commitOfRelease,
    tree: (commit) => readTree(git, commit),
    contents: (ids) => readContents(objects, ids),
    fileId: (bytes) => createHash(algorithm).update(`blob ${bytes.length}\0`).update(bytes).digest('hex'),
    merge: (contents) => mergeThree(git, contents),
    commit: (environment, request) => alone(() => commitChanges({ git, objects, imports }, { ...request, ref: branchRef(config, environment) })),
    expectCommit () {
      objects.expect()
      imports.expect()
    },
  }
}

async function * readContents (objects: KeptObjects, ids: readonly string[]): AsyncGenerator<Buffer> {
  for (const id of ids) yield blobOf(await objects.find(id))
}

// What a killed gateway left half-written; a release that has its name is whole.
async function cleanReleases (releasesDir: string): Promise<string> {
  await mkdir(releasesDir, { recursive: true, mode: 0o700 })
  for (const name of await readdir(releasesDir)) {
    if (name.startsWith('.making-')) await rm(join(releasesDir, name), { recursive: true, force: true })
  }
  return releasesDir
}
