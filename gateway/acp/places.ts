import { realpathSync } from 'node:fs'
import { basename, dirname, join, posix } from 'node:path'

/** The folder of the project as policy knows it, and as a sandboxed agent sees it. */
export const WORKSPACE = '/workspace'

const MAX_PATH = 4_096

/** One project folder under three names: the editor's own, the agent's, and the one that policy decides about. */
export interface Places {
  /** The folder on this machine. */
  readonly root: string
  /** The folder as the agent knows it. */
  readonly agentRoot: string
  /** Where an agent's path leads on this machine, links followed. Null for what is no absolute path or cannot be looked at. */
  toEditor (agentPath: string): string | null
  /** An editor's path as the agent knows it; null when it is outside of the project. */
  toAgent (editorPath: string): string | null
  /** Whether a real path of this machine is in the project. */
  isInside (editorPath: string): boolean
  /** A path of this machine as policy knows it. */
  toPolicy (editorPath: string): string
  /** An agent's path as policy knows it, links followed. Relative ones stay as they are. */
  agentToPolicy (agentPath: string): string
  /** A command or prompt of the agent's, its project folder named as policy names it. Null when it names a folder that policy would take for the project. */
  textToPolicy (text: string): string | null
}

/** @param isMoved the agent sees the project at `/workspace` and nothing else of this machine */
export function createPlaces (folder: string, isMoved: boolean): Places {
  const root = realpathSync(folder)
  const agentRoot = isMoved ? WORKSPACE : root
  const toPolicy = (path: string): string => {
    const within = below(path, root)
    if (within !== null) return posix.join(WORKSPACE, within)
    // A real folder of that name is not the project; under another name it is what it is: outside.
    return below(path, WORKSPACE) === null ? path : `/outside${path}`
  }
  const toEditor = (path: string): string | null => {
    if (!path.startsWith('/') || path.length > MAX_PATH || path.includes('\0')) return null
    const plain = posix.normalize(path)
    const within = below(plain, agentRoot)
    return realPath(within === null ? plain : join(root, within))
  }
  return {
    root,
    agentRoot,
    toEditor,
    toAgent (path) {
      const real = path.startsWith('/') && path.length <= MAX_PATH && !path.includes('\0') ? realPath(posix.normalize(path)) : null
      const within = real === null ? null : below(real, root)
      return within === null ? null : posix.join(agentRoot, within)
    },
    isInside: (path) => below(path, root) !== null,
    toPolicy,
    agentToPolicy (path) {
      if (!path.startsWith('/')) return path
      const real = toEditor(path)
      return real === null ? `/outside${path}` : toPolicy(real)
    },
    textToPolicy (text) {
      if (agentRoot === WORKSPACE) return text
      // A name that goes on before or behind it is another folder's.
      const named = text.split(new RegExp(`(?<![\\w./~-])${escaped(root)}(?![\\w.-])`))
      return named.some((piece) => piece.includes(WORKSPACE)) ? null : named.join(WORKSPACE)
    },
  }
}

function below (path: string, root: string): string | null {
  if (path === root) return '.'
  return path.startsWith(`${root}/`) ? path.slice(root.length + 1) : null
}

function escaped (text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
}

// A file that is not there yet is where its folder really is.
function realPath (path: string): string | null {
  const missing: string[] = []
  for (let at = path; ; at = dirname(at)) {
    try {
      return join(realpathSync(at), ...missing)
    } catch (error) {
      if (!(error instanceof Error) || !('code' in error) || error.code !== 'ENOENT' || at === dirname(at)) return null
      missing.unshift(basename(at))
    }
  }
}
