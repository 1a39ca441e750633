import { once } from 'node:events'
import { mkdirSync, watch } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import t, { type Test } from 'tap'
import type { LedgerEntry } from '../../../gateway/core/ledger-entry.ts'
import { openIdentity } from '../../../gateway/identity/open-identity.ts'
import { journalDirOf } from '../../../gateway/ledger/journal.ts'
import { verifyJournal } from '../../../gateway/ledger/verify-journal.ts'
import { environmentRef, tagRef } from '../../../gateway/releases/refs.ts'
import { readReleaseFile, releaseFileOf } from '../../../gateway/releases/release-file.ts'
import { shortDir, startGateway, writeConfig } from '../../support/gateway-process.ts'
import { ledgerOf } from '../../support/ledger-of.ts'
import { until } from '../../support/until.ts'
import { makeRepository, owner } from './release-stage.ts'

const ROUNDS = 3
const MOST_CHANGES = 45 // some three promotions write as often

const dir = shortDir(t)
const dataDir = join(dir, 'data')
const project = join(dir, 'shop')
makeRepository(project)
const configFile = writeConfig(dir, { dataDir, apps: { shop: { project } } })
let gateway = await startGateway(configFile)
t.teardown(async () => await gateway.end('SIGTERM'))
const token = openIdentity(dataDir, Date.now).provider.issue({ actor: 'olga@acme.test', role: 'operator', groups: [], org: 'acme', app: 'shop', environment: null, ttlMs: 3_600_000 }).token

interface Answer { readonly id: string, readonly environments: { readonly DEV: { readonly id: string } | null } }

/** Null when no answer came. */
async function call (method: string, path: string, body?: object): Promise<{ readonly status: number, readonly body: Answer } | null> {
  try {
    const answer = await fetch(`${gateway.url}/weir/api/v1/releases${path}`, { method, headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' }, ...(body === undefined ? {} : { body: JSON.stringify(body) }) })
    return { status: answer.status, body: await answer.json() as Answer }
  } catch {
    return null
  }
}

/** A commit on the environment's branch, so that the next release is another one. */
function work (): string {
  const tip = owner(project, 'rev-parse', 'weir/dev')
  const commit = owner(project, 'commit-tree', `${tip}^{tree}`, '-p', tip, '-m', `${Math.random()}`)
  owner(project, 'update-ref', 'refs/heads/weir/dev', commit)
  return commit
}

const commits = new Map<string, string>() // of releases, by id
function readRecord (): void {
  for (const line of readReleaseFile(releaseFileOf(dataDir))) {
    if (line.kind === 'made') commits.set(line.release.manifest.id, line.release.manifest.commit)
  }
}

for (let at = 0; at < 3; at += 1) {
  if (at > 0) work()
  await call('POST', '', { env: 'DEV' })
}
readRecord()
const ids = [...commits.keys()]

/** Where DEV points, and what its branch is on. */
interface Place { readonly id: string | null, readonly tip: string }

/** Kills the gateway when so much was written by it, wherever it is then. */
function killAfter (changes: number): { close (): void } {
  const git = join(project, '.git')
  const folders = [dataDir, journalDirOf(dataDir), join(git, 'refs', 'heads', 'weir'), join(git, 'refs', 'tags', 'weir'), join(git, 'refs', 'weir', 'environments', 'shop')]
  let left = changes
  const watchers = folders.map((folder) => {
    mkdirSync(folder, { recursive: true })
    return watch(folder, () => {
      left -= 1
      if (left === 0) gateway.child.kill('SIGKILL')
    })
  })
  return { close () { for (const watcher of watchers) watcher.close() } }
}

type Wish = 'back' | 'make' | number

/** What may be so after a wish to which no answer came, or is so after one that was answered. */
async function attempt (wish: Wish, from: Place): Promise<{ readonly isOver: boolean, readonly places: readonly Place[] }> {
  if (wish === 'make') {
    const tip = work()
    return { isOver: await call('POST', '', { env: 'DEV' }) === null, places: [{ id: from.id, tip }] }
  }
  const answer = wish === 'back' ? await call('POST', '/rollback', { env: 'DEV' }) : await call('POST', `/${ids[wish]}/promote`, { env: 'DEV' })
  if (answer !== null && answer.status !== 200) return { isOver: false, places: [from] }
  if (answer !== null) return { isOver: false, places: [placeOf(answer.body.id)] }
  return { isOver: true, places: [from, ...(wish === 'back' ? ids : [ids[wish] ?? '']).map(placeOf)] }
}

function placeOf (id: string): Place {
  return { id, tip: commits.get(id) ?? '' }
}

/** What must hold after every start: record, refs and ledger agree, on one of these places. */
async function settled (t: Test, places: readonly Place[]): Promise<Place> {
  readRecord()
  const id = (await call('GET', ''))?.body.environments.DEV?.id ?? null
  const place = places.find((one) => one.id === id)
  t.ok(place !== undefined, `${id} is where it was or where it was to be`)
  if (id !== null) t.equal(owner(project, 'rev-parse', environmentRef('shop', 'DEV')), commits.get(id))
  t.equal(owner(project, 'rev-parse', 'weir/dev'), place?.tip)
  const entries = await ledgerOf(dataDir)
  const told = (names: readonly string[]) => entries.flatMap((entry) => entry.kind === 'event' && names.includes(entry.name) ? [entry.detail] : [])
  const made = told(['release-made'])
  const moved = told(['release-promoted', 'release-rolled-back'])
  t.equal(moved.at(-1)?.['release'] ?? null, id, 'the ledger tells of the last move')
  const lines = readReleaseFile(releaseFileOf(dataDir))
  for (const line of lines) {
    if (line.kind === 'made') {
      const { id: release, commit, entry } = line.release.manifest
      t.ok(made.some((detail) => detail['release'] === release && detail['decision'] === entry) && isAllowed(entries, entry))
      t.equal(owner(project, 'rev-parse', `${tagRef(release)}^{commit}`), commit)
    }
    if (line.kind === 'pointed') t.ok(moved.some((detail) => detail['release'] === line.pointing.id && detail['decision'] === line.pointing.entry) && isAllowed(entries, line.pointing.entry))
  }
  t.equal(lines.filter(({ kind }) => kind === 'settled').length, lines.filter(({ kind }) => kind === 'made' || kind === 'pointed').length)
  return place ?? { id, tip: '' }
}

function isAllowed (entries: readonly LedgerEntry[], index: number): boolean {
  const entry = entries[index]
  return entry?.kind === 'decision' && entry.input.kind === 'release' && entry.decision.verdict === 'allow'
}

await t.test(`killed ${ROUNDS} times in the middle of promotions and roll-backs, the environment points at the old release or the new one, and ledger and refs say so`, async (t) => {
  const round = fc.record({ changes: fc.integer({ min: 1, max: MOST_CHANGES }), wishes: fc.array(fc.oneof({ weight: 4, arbitrary: fc.nat({ max: 2 }) }, { weight: 2, arbitrary: fc.constant('back' as const) }, { weight: 1, arbitrary: fc.constant('make' as const) }), { minLength: 8, maxLength: 8 }).map((some): readonly Wish[] => [...some, 'make']) })
  let place: Place = { id: null, tip: owner(project, 'rev-parse', 'weir/dev') }
  await fc.assert(fc.asyncProperty(fc.array(round, { minLength: ROUNDS, maxLength: ROUNDS }), async (rounds) => {
    for (const { changes, wishes } of rounds) {
      const gone = once(gateway.child, 'exit')
      const killing = killAfter(changes)
      let places: readonly Place[] = [place]
      // Something that writes in each turn: what is refused writes nothing.
      for (let at = 0, isOver = false; !isOver; at += 1) ({ isOver, places } = await attempt(wishes[at % wishes.length] ?? 'make', places[0] ?? place))
      await gone
      killing.close()
      if (place.id !== null) t.ok([...commits.values()].includes(owner(project, 'rev-parse', environmentRef('shop', 'DEV'))), 'it points at a release while no gateway runs')
      gateway = await startGateway(configFile)
      // What was under way follows when the project is next used. A git of before that still holds a lock ends by itself.
      await until(async () => (await call('POST', '', { env: 'DEV' }))?.status === 200)
      place = await settled(t, places)
    }
  }), { numRuns: 1, endOnFailure: true })
  await gateway.end('SIGTERM')
  t.match(await verifyJournal(journalDirOf(dataDir)), { ok: true })
})
