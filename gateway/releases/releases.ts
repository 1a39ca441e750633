import { ENVIRONMENTS, type Context, type Environment } from '../core/actor.ts'
import { GatewayError } from '../core/errors.ts'
import { makeRelease, type Made } from './make-release.ts'
import { pointEnvironment } from './point-environment.ts'
import type { CheckResult, Manifest, Pointing, SignedManifest } from './release.ts'
import type { ReleasePorts } from './release-ports.ts'
import { runCheck, type CheckRun } from './run-check.ts'

const MAX_RUNNING = 4 // makings and checks at once: each reads a whole project, or runs one

/** A release as it is shown: `environments` are those that point at it now. */
export interface ShownRelease extends Manifest {
  readonly signature: string
  readonly key: string
  readonly checks: readonly CheckResult[]
  readonly environments: readonly Environment[]
}

/** The releases of a gateway's apps, and the environments that point at them. */
export interface Releases {
  /** Oldest first. */
  list (app: string): readonly ShownRelease[]
  get (id: string): ShownRelease | null
  /** Where each environment of an app points; null for one that points nowhere. */
  environments (app: string): Readonly<Record<Environment, Pointing | null>>
  /** Makes a release of the context's app and environment. @throws what `makeRelease` does, and GatewayError WEIR_ERR_RATE */
  make (context: Context): Promise<Made>
  /** Throws what `runCheck` does, and GatewayError WEIR_ERR_RATE. */
  check (id: string, name: string, context: Context): Promise<CheckRun>
  /** Points the context's environment at a release. Throws what `pointEnvironment` does, and GatewayError WEIR_ERR_ROUTE_UNKNOWN. */
  promote (id: string, context: Context): Promise<Pointing>
  /** The same for one that it had, by default the one before. @throws GatewayError WEIR_ERR_ROUTE_UNKNOWN when there is none, and as `promote` */
  rollback (id: string | null, context: Context): Promise<Pointing>
  /** Ends the checks that run. */
  close (): Promise<void>
}

export function createReleases (ports: ReleasePorts): Releases {
  const { book } = ports
  const running = new Set<Promise<unknown>>()
  const stopping = new AbortController()

  function limited<T> (work: () => Promise<T>): Promise<T> {
    if (stopping.signal.aborted) throw new GatewayError('WEIR_ERR_SANDBOX', 'The gateway is stopping.')
    if (running.size >= MAX_RUNNING) throw new GatewayError('WEIR_ERR_RATE', `At most ${MAX_RUNNING} releases are made or checked at once.`)
    const mine = work()
    running.add(mine)
    const leave = (): void => { running.delete(mine) }
    mine.then(leave, leave)
    return mine
  }

  function ofApp (id: string, { app }: Context): SignedManifest {
    const release = book.get(id)
    if (release === null || release.manifest.app !== app) throw new GatewayError('WEIR_ERR_ROUTE_UNKNOWN', 'There is no such release.')
    return release
  }

  function shown ({ manifest, signature, key }: SignedManifest): ShownRelease {
    const { id, app } = manifest
    return { ...manifest, signature, key, checks: book.checks(id), environments: ENVIRONMENTS.filter((environment) => book.current(app, environment)?.id === id) }
  }

  return {
    list: (app) => book.all(app).map(shown),
    get (id) {
      const release = book.get(id)
      return release === null ? null : shown(release)
    },
    environments: (app) => ({ DEV: book.current(app, 'DEV'), TEST: book.current(app, 'TEST'), PROD: book.current(app, 'PROD') }),
    make: async (context) => await limited(() => makeRelease(ports, context)),
    check: async (id, name, context) => await limited(() => runCheck(ports, ofApp(id, context), name, context, stopping.signal)),
    promote: async (id, context) => await pointEnvironment(ports, { release: ofApp(id, context), action: 'promote' }, context),
    async rollback (id, context) {
      const to = id ?? book.before(context.app, context.environment)
      if (to === null) throw new GatewayError('WEIR_ERR_ROUTE_UNKNOWN', `${context.environment} has no release to go back to.`)
      return await pointEnvironment(ports, { release: ofApp(to, context), action: 'rollback' }, context)
    },
    async close () {
      stopping.abort()
      await Promise.allSettled([...running])
    },
  }
}
