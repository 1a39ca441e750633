import { ENVIRONMENTS, type Environment } from '../core/actor.ts'
import { GatewayError } from '../core/errors.ts'
import type { CheckResult, Pointing, ReleaseLine, SignedManifest } from './release.ts'

export type UnsettledLine = Extract<ReleaseLine, { kind: 'made' | 'pointed' }>

/** What the lines of the record, in order, make of releases and environments. */
export interface ReleaseBook {
  /** @throws GatewayError WEIR_ERR_STORE when the line speaks of a release that was never made */
  apply (line: ReleaseLine): void
  get (id: string): SignedManifest | null
  /** Oldest first. */
  all (app: string): readonly SignedManifest[]
  /** Newest result of each check. */
  checks (id: string): readonly CheckResult[]
  /** The last pointing of an environment: where it points now. */
  current (app: string, environment: Environment): Pointing | null
  /** The release before the one that an environment points at: going back twice goes back two, and never to and fro. Null when there is none. */
  before (app: string, environment: Environment): string | null
  /** The environments that point, or once pointed, at this release. */
  live (id: string): readonly Environment[]
  /** What refs or ledger have not followed yet, oldest first. */
  unsettled (app: string): readonly UnsettledLine[]
}

interface Place { current: Pointing | null, readonly ever: Set<string>, stack: readonly string[] }

export function createReleaseBook (lines: readonly ReleaseLine[]): ReleaseBook {
  const releases = new Map<string, SignedManifest>()
  const checks = new Map<string, Map<string, CheckResult>>()
  const places = new Map<string, Place>()
  const open = new Map<number, UnsettledLine>()
  const placeOf = (app: string, environment: Environment): Place => {
    const key = `${environment} ${app}`
    const place = places.get(key) ?? { current: null, ever: new Set<string>(), stack: [] }
    places.set(key, place)
    return place
  }
  const demand = (id: string): void => {
    if (!releases.has(id)) throw new GatewayError('WEIR_ERR_STORE', 'The record of releases speaks of a release that was never made.')
  }
  const book: ReleaseBook = {
    apply (line) {
      switch (line.kind) {
        case 'made':
          releases.set(line.release.manifest.id, line.release)
          open.set(line.release.manifest.entry, line)
          return
        case 'checked':
          demand(line.check.id)
          checks.set(line.check.id, (checks.get(line.check.id) ?? new Map<string, CheckResult>()).set(line.check.name, line.check))
          return
        case 'pointed':
          demand(line.pointing.id)
          point(placeOf(line.pointing.app, line.pointing.environment), line.pointing)
          open.set(line.pointing.entry, line)
          return
        case 'settled':
          open.delete(line.entry)
      }
    },
    get: (id) => releases.get(id) ?? null,
    all: (app) => [...releases.values()].filter(({ manifest }) => manifest.app === app),
    checks: (id) => [...checks.get(id)?.values() ?? []],
    current: (app, environment) => placeOf(app, environment).current,
    before: (app, environment) => placeOf(app, environment).stack.at(-2) ?? null,
    live: (id) => {
      const app = releases.get(id)?.manifest.app
      return app === undefined ? [] : ENVIRONMENTS.filter((environment) => placeOf(app, environment).ever.has(id))
    },
    unsettled: (app) => [...open.values()].filter((line) => (line.kind === 'made' ? line.release.manifest : line.pointing).app === app),
  }
  for (const line of lines) book.apply(line)
  return book
}

function point (place: Place, pointing: Pointing): void {
  const { id, action } = pointing
  const known = action === 'rollback' ? place.stack.lastIndexOf(id) : -1
  place.stack = known === -1 ? [...place.stack, id] : place.stack.slice(0, known + 1)
  place.current = pointing
  place.ever.add(id)
}
