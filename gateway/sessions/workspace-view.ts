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
  }
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
