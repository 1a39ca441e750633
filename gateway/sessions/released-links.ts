import type { Environment } from '../core/actor.ts'
import { GatewayError } from '../core/errors.ts'
import { createWorkspaceView } from './workspace-view.ts'

// A commit of a moment ago may be missed by a question without a session, not by one with. To look takes starting git: every second,
// that was four per cent of a loaded gateway's time.
const FRESH_MS = 5_000

export interface ReleasedLinksPorts {
  /** Writes an environment's files out, or finds them written. @throws GatewayError WEIR_ERR_PROJECT */
  readonly materialise: (app: string, environment: Environment) => Promise<{ readonly lowerDir: string }>
  readonly nowMs: () => number
  readonly onError: (error: unknown) => void
}

/** The links of an app's files as an environment has them, for calls that are decided outside any session. */
export interface ReleasedLinks {
  /** Makes `readlink` answer for this environment. Waits the first time only. @throws GatewayError WEIR_ERR_PROJECT */
  prepare (app: string, environment: Environment): Promise<void>
  /** Where the link at this path of the workspace points to, or null. @throws GatewayError WEIR_ERR_INTERNAL when not prepared */
  readlink (app: string, environment: Environment, path: string): string | null
}

interface Known { readonly lowerDir: string, readonly atMs: number }

export function createReleasedLinks ({ materialise, nowMs, onError }: ReleasedLinksPorts): ReleasedLinks {
  const known = new Map<string, Known>()
  const looking = new Map<string, Promise<void>>()

  function look (app: string, environment: Environment): Promise<void> {
    const key = keyOf(app, environment)
    const already = looking.get(key)
    if (already !== undefined) return already
    const look = materialise(app, environment)
      .then(({ lowerDir }) => { known.set(key, { lowerDir, atMs: nowMs() }) })
      .finally(() => looking.delete(key))
    looking.set(key, look)
    return look
  }

  return {
    async prepare (app, environment) {
      const at = known.get(keyOf(app, environment))
      if (at === undefined) await look(app, environment)
      else if (nowMs() - at.atMs > FRESH_MS) look(app, environment).catch(onError)
    },
    readlink (app, environment, path) {
      const at = known.get(keyOf(app, environment))
      if (at === undefined) throw new GatewayError('WEIR_ERR_INTERNAL', 'The files of this app were not looked at yet.')
      return createWorkspaceView(at.lowerDir).readlink(path)
    },
  }
}

function keyOf (app: string, environment: Environment): string {
  return `${environment}/${app}`
}
