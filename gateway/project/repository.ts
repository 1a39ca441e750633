import { lstat, mkdir, rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { GatewayError } from '../core/errors.ts'
import type { PathClass } from '../core/tool-call.ts'
import { createGit, type Git } from './git.ts'
import { importFolder } from './import-folder.ts'

export interface RepositoryOptions {
  readonly app: string
  /** Absolute path of the project: a repository, a bare repository or a plain folder. */
  readonly project: string
  readonly dataDir: string
  readonly classOf: (path: string) => PathClass
}

/**
 * The repository that is the authority for an app: the project's own, or for a plain folder one of Weir's under
 * `projects/<app>.git` in the data directory, into which the folder is imported once.
 *
 * A plain folder inside somebody's larger repository is a plain folder: no search goes upwards.
 *
 * @throws GatewayError WEIR_ERR_PROJECT
 */
export async function openRepository (options: RepositoryOptions): Promise<Git> {
  const own = await ownGitDir(options.project)
  if (own !== null) return createGit(own)
  const gitDir = join(options.dataDir, 'projects', `${options.app}.git`)
  if (!await exists(gitDir)) await importInto(gitDir, options)
  return createGit(gitDir)
}

async function ownGitDir (project: string): Promise<string | null> {
  const found = await stat(project).catch(() => null)
  if (found?.isDirectory() !== true) throw new GatewayError('WEIR_ERR_PROJECT', 'the project folder of this app does not exist')
  const inside = join(project, '.git')
  if (await exists(inside)) return inside
  const bare = await Promise.all(['HEAD', 'objects', 'refs'].map((name) => exists(join(project, name))))
  return bare.every(Boolean) ? project : null
}

// Built beside its final place and renamed, so that a half-made import is never taken for a whole one.
async function importInto (gitDir: string, options: RepositoryOptions): Promise<void> {
  const making = `${gitDir}.${process.pid}.tmp`
  await rm(making, { recursive: true, force: true })
  await mkdir(making, { recursive: true, mode: 0o700 })
  const git = createGit(making)
  try {
    await git.run(['init', '--quiet', '--bare', '--initial-branch=main', '--template='])
    await importFolder(git, options.project, options.classOf)
    await rename(making, gitDir)
  } catch (cause) {
    await rm(making, { recursive: true, force: true })
    if (await exists(gitDir)) return // another process finished the same import first
    throw cause instanceof GatewayError ? cause : new GatewayError('WEIR_ERR_PROJECT', 'the project folder could not be imported', { cause })
  }
}

async function exists (path: string): Promise<boolean> {
  return await lstat(path).then(() => true, () => false)
}
