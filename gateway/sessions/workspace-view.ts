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
  return {
    readlink (path) {
      const parts = path.split('/')
      if (path === '' || path.includes('\0') || parts.some((part) => part === '' || part === '.' || part === '..')) return null
      // With the holder gone everything looks absent, links too: that is not knowing, and a throw makes govern deny.
      lstatSync(workspaceRoot)
      let at = workspaceRoot
      for (const [index, part] of parts.entries()) {
        at = join(at, part)
        const target = targetOf(at)
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
        if (targetOf(at) !== null) return null
      }
      return stateAt(join(at, parts.at(-1) ?? ''))
    },
  }
}

// A folder is what is in it, and of that the call names what it needs. The time of the last change (ctime) is the kernel's own: a file that was
// changed and put back is another one.
function stateAt (path: string): string | null {
  const stat = lstatSync(path, { bigint: true, throwIfNoEntry: false })
  if (stat === undefined) return null
  return stat.isDirectory() ? 'folder' : `${stat.mode.toString(8)} ${stat.size} ${stat.mtimeNs} ${stat.ctimeNs}`
}

function targetOf (path: string): string | null {
  try {
    return readlinkSync(path)
  } catch (error) {
    // Not a link, or nothing there. Anything else means the facts cannot be known, and then govern denies.
    if (error instanceof Error && 'code' in error && ['EINVAL', 'ENOENT', 'ENOTDIR'].includes(String(error.code))) return null
    throw error
  }
}
