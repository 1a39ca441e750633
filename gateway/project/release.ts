import { chmod, lstat, mkdir, rename, rm, symlink, writeFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import type { SecretShow } from '../config.ts'
import { digestOf } from '../core/canonical-json.ts'
import { GatewayError } from '../core/errors.ts'
import type { PathClass } from '../core/tool-call.ts'
import { openBlobReader, type BlobReader } from './blob-reader.ts'
import type { Git } from './git.ts'
import { staysInside } from './link-target.ts'
import { readTree, type Tree, type TreeEntry } from './tree.ts'
import { pathProblem } from './tree-path.ts'

/** A commit's files on disk: the lower layer of sandboxes. */
export interface Release { readonly lowerDir: string, readonly commit: string }

export interface ReleaseOptions {
  readonly git: Git
  /** Folder of this app's releases. */
  readonly releasesDir: string
  readonly commit: string
  readonly classOf: (path: string) => PathClass
  readonly secrets: SecretShow
}

/**
 * Writes one commit out, without secret files, submodules, names that are not safe, and links that lead out.
 * Kept for the next session; what is withheld is part of the folder's name, so that a changed path class makes a new one.
 * git never checks anything out: no filter, attribute or line-ending rule of the project applies.
 *
 * @throws GatewayError WEIR_ERR_PROJECT
 */
export async function writeRelease (options: ReleaseOptions): Promise<Release> {
  const tree = await readTree(options.git, options.commit)
  const shown = [...tree].filter(([path, entry]) => isShown(path, entry, options.classOf))
  const withheld = [...tree.keys()].filter((path) => options.classOf(path) === 'secret').sort()
  const lowerDir = join(options.releasesDir, `${options.commit}.${digestOf(options.secrets === 'empty' ? { empty: withheld } : withheld).slice(0, 16)}`)
  const release = Object.freeze({ lowerDir, commit: options.commit })
  if (await exists(lowerDir)) return release
  const making = join(options.releasesDir, `.making-${process.pid}-${basename(lowerDir)}-${process.hrtime.bigint()}`)
  try {
    await writeEntries(options.git, making, new Map(shown))
    if (options.secrets === 'empty') await writeEmpty(making, withheld.filter((path) => isShownEmpty(path, tree.get(path))))
    await rename(making, lowerDir)
  } catch (cause) {
    await rm(making, { recursive: true, force: true })
    if (await exists(lowerDir)) return release // another session wrote the same release first
    throw cause instanceof GatewayError ? cause : new GatewayError('WEIR_ERR_PROJECT', 'the release could not be written', { cause })
  }
  return release
}

/** Whether a sandbox gets to see this entry of a commit. A link that leads out is shown to be one only when it is written. */
export function isShown (path: string, entry: TreeEntry, classOf: (path: string) => PathClass): boolean {
  return entry.mode !== '160000' && pathProblem(path) === null && classOf(path) !== 'secret'
}

/** Whether a secret of a commit can be shown as a file without content. */
export function isShownEmpty (path: string, entry: TreeEntry | undefined): boolean {
  return (entry?.mode === '100644' || entry?.mode === '100755') && pathProblem(path) === null
}

/** The commit that a folder made by `writeRelease` holds. @throws GatewayError WEIR_ERR_PROJECT for any other folder */
export function commitOfRelease (lowerDir: string): string {
  const [, commit] = /^([0-9a-f]{40,64})\.[0-9a-f]{16}$/.exec(basename(lowerDir)) ?? []
  if (commit === undefined) throw new GatewayError('WEIR_ERR_PROJECT', 'the workspace does not stand on a release')
  return commit
}

async function writeEntries (git: Git, root: string, tree: Tree): Promise<void> {
  await mkdir(root, { recursive: true, mode: 0o755 })
  const blobs = openBlobReader(git)
  try {
    const links = [...tree].filter(([, entry]) => entry.mode === '120000')
    for (const [path, entry] of tree) {
      if (entry.mode !== '120000') await writeEntry(blobs, join(root, path), entry)
    }
    // Links come last: a malformed tree with both `a` as a link and `a/b` as a file must not be written through the link.
    for (const [path, entry] of links) await writeLink(blobs, root, path, entry)
  } finally {
    blobs.close()
  }
}

async function writeEntry (blobs: BlobReader, path: string, entry: TreeEntry): Promise<void> {
  const mode = entry.mode === '100755' ? 0o755 : 0o644
  await mkdir(dirname(path), { recursive: true, mode: 0o755 })
  await writeFile(path, await blobs.read(entry.id), { mode, flag: 'wx' })
  await chmod(path, mode) // the umask must not decide what a sandbox may execute
}

async function writeEmpty (root: string, paths: readonly string[]): Promise<void> {
  for (const path of paths) {
    await mkdir(dirname(join(root, path)), { recursive: true, mode: 0o755 })
    await writeFile(join(root, path), '', { mode: 0o644, flag: 'wx' })
  }
}

async function writeLink (blobs: BlobReader, root: string, path: string, entry: TreeEntry): Promise<void> {
  const target = (await blobs.read(entry.id)).toString('utf8')
  if (!staysInside(path, target)) return
  await mkdir(dirname(join(root, path)), { recursive: true, mode: 0o755 })
  await symlink(target, join(root, path))
}

async function exists (path: string): Promise<boolean> {
  return await lstat(path).then(() => true, () => false)
}
