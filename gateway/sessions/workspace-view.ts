import { lstatSync, readlinkSync } from 'node:fs'
import { join } from 'node:path'
import type { WorkspaceView } from './session.ts'

/**
 * Looks at links in a workspace through the holder's `/proc/<pid>/root`.
 *
 * That door has a trap: an absolute link met on the way resolves against the host's root, not the sandbox's. So the path
 * is walked from the top and the answer for a path below a link is null: the caller resolves link by link.
 */
export function createWorkspaceView (workspaceRoot: string): WorkspaceView {
  const lookAt = createGlance(workspaceRoot)
  return {
    readlink (path) {
      const parts = path.split('/')
      if (path === '' || path.includes('\0') || parts.some((part) => part === '' || part === '.' || part === '..')) return null
      let at = workspaceRoot
      for (const [index, part] of parts.entries()) {
        at = `${at}/${part}`
        const target = lookAt(at)
        if (target !== null) return index === parts.length - 1 ? target : null
      }
      return null
    },
    stateOf (path) {
      lstatSync(workspaceRoot)
      const parts = path.split('/').filter((part) => part !== '.' && part !== '')
      if (path.includes('\0') || parts.includes('..')) return null
      let at = workspaceRoot
      for (const part of parts.slice(0, -1)) {
        at = join(at, part)
        if (targetOf(at, workspaceRoot) !== null) return null
      }
      return stateAt(join(at, parts.at(-1) ?? ''))
    },
  }
}

/**
 * Looks at each path once until what runs now has ended, with all that follows from it before anything else is heard of. A path is walked name
 * by name, and each prefix of it again: so a decision is made of one look, not of several that an agent could change in between. Calls that came in one piece
 * share their looks: no end of another call can have been heard of between them.
 */
function createGlance (workspaceRoot: string): (path: string) => string | null {
  const seen = new Map<string, string | null>()
  return (path) => {
    if (seen.size === 0) process.nextTick(() => { seen.clear() })
    const known = seen.get(path)
    if (known !== undefined) return known
    const target = targetOf(path, workspaceRoot)
    seen.set(path, target)
    return target
  }
}

// A folder is what is in it, and of that the call names what it needs. The time of the last change (ctime) is the kernel's own: a file that was
// changed and put back is another one.
function stateAt (path: string): string | null {
  const stat = lstatSync(path, { bigint: true, throwIfNoEntry: false })
  if (stat === undefined) return null
  return stat.isDirectory() ? 'folder' : `${stat.mode.toString(8)} ${stat.size} ${stat.mtimeNs} ${stat.ctimeNs}`
}

// lstat first: most names are no links, and what readlink throws for those costs more than a second look.
function targetOf (path: string, workspaceRoot: string): string | null {
  try {
    const stat = lstatSync(path, { throwIfNoEntry: false })
    if (stat !== undefined) return stat.isSymbolicLink() ? readlinkSync(path) : null
  } catch (error) {
    // No link any more, or nothing there. Anything else means the facts cannot be known, and then govern denies.
    if (!(error instanceof Error && 'code' in error && ['EINVAL', 'ENOENT', 'ENOTDIR'].includes(String(error.code)))) throw error
  }
  // With the holder gone everything looks absent, links too: that is not knowing, and a throw makes govern deny.
  lstatSync(workspaceRoot)
  return null
}
