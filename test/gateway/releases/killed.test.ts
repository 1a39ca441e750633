import { appendFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import t, { type Test } from 'tap'
import { ENVIRONMENTS } from '../../../gateway/core/actor.ts'
import { GatewayError } from '../../../gateway/core/errors.ts'
import { environmentRef, tagRef } from '../../../gateway/releases/refs.ts'
import { releaseFileOf } from '../../../gateway/releases/release-file.ts'
import { testFolder } from '../../support/test-folder.ts'
import { inEnvironment, makeRepository, openReleaseStage, owner, type ReleaseStage } from './release-stage.ts'

const dir = testFolder(t)
const MOST_STEPS = 12 // more than a promotion or a making has

class Killed extends Error {}

/** Kills at the step with this number: nothing of the gateway does anything after it. */
function killer (at: number): (what: string) => void {
  let steps = 0
  return () => {
    steps += 1
    if (steps > at) throw new Killed()
  }
}

async function threeReleases (folder: string, dataDir: string): Promise<readonly string[]> {
  const stage = await openReleaseStage(folder, dataDir)
  const ids: string[] = []
  for (const at of [1, 2, 3]) {
    ids.push((await stage.releases.make(inEnvironment('DEV'))).release.manifest.id)
    const tip = owner(folder, 'rev-parse', 'weir/dev')
    const tree = owner(folder, 'rev-parse', `${tip}^{tree}`)
    owner(folder, 'update-ref', 'refs/heads/weir/dev', owner(folder, 'commit-tree', tree, '-p', tip, '-m', `${at}`))
  }
  stage.close()
  return ids
}

/** Where it pointed and where its branch was before, and where it may point now. */
interface Past { readonly allowed: readonly (string | null)[], readonly before: string | null, readonly tips: string }

/** What must hold after every start: the record, the pointer and the branch agree. */
function assertWhole (t: Test, stage: ReleaseStage, folder: string, { allowed, before, tips }: Past): void {
  const now = stage.book.current('shop', 'DEV')
  t.ok(allowed.includes(now?.id ?? null), `points at ${now?.id ?? 'none'}`)
  t.same(stage.book.unsettled('shop'), [])
  if (now === null) return
  const { commit } = stage.releases.get(now.id) ?? { commit: '' }
  t.equal(owner(folder, 'rev-parse', environmentRef('shop', 'DEV')), commit)
  t.equal(owner(folder, 'rev-parse', 'weir/dev'), now.id === before ? tips : commit)
}

await t.test('a gateway that is killed at any step of a promotion or roll-back leaves the old release or the new one', async (t) => {
  const folder = join(dir, 'shop')
  const dataDir = join(dir, 'data')
  const ids = await threeReleases(folder, dataDir)
  const step = fc.record({ at: fc.nat({ max: MOST_STEPS }), to: fc.constantFrom(...ids), back: fc.boolean(), torn: fc.boolean(), work: fc.boolean() })
  await fc.assert(fc.asyncProperty(fc.array(step, { minLength: 3, maxLength: 5 }), async (steps) => {
    for (const { at, to, back, torn, work } of steps) {
      const before = (await seen(folder, dataDir)).id
      if (work) commitOn(folder)
      const tips = owner(folder, 'rev-parse', 'weir/dev')
      const stage = await openReleaseStage(folder, dataDir, killer(at)).catch((error: unknown) => {
        if (error instanceof Killed) return null
        throw error
      })
      const wanted = back ? stage?.book.before('shop', 'DEV') ?? null : to
      const ended = stage === null ? null : await attempt(() => back ? stage.releases.rollback(null, inEnvironment('DEV')) : stage.releases.promote(to, inEnvironment('DEV')))
      stage?.close()
      if (torn) appendFileSync(releaseFileOf(dataDir), '{"kind":"pointed","poin')
      const again = await openReleaseStage(folder, dataDir)
      if (ended === 'done') t.equal(again.book.current('shop', 'DEV')?.id, wanted, 'what was answered is so')
      assertWhole(t, again, folder, { allowed: [before, wanted], before, tips })
      t.ok(isKept(folder, tips), 'no commit is lost')
      again.close()
    }
  }), { numRuns: 4 })
})

await t.test('a release whose gateway was killed at any step of making it is made in full by the next one, or not at all', async (t) => {
  const folder = join(dir, 'making')
  const dataDir = join(dir, 'making-data')
  const told = new Set<unknown>()
  let made = 0
  makeRepository(folder)
  owner(folder, 'branch', 'weir/dev', 'main')
  for (let at = 0; at <= MOST_STEPS; at += 1) {
    commitOn(folder, `${at}`)
    const stage = await openReleaseStage(folder, dataDir, killer(at))
    const ended = await attempt(() => stage.releases.make(inEnvironment('DEV')))
    stage.close()
    const again = await openReleaseStage(folder, dataDir)
    for (const body of [...stage.told, ...again.told]) if (body.kind === 'event' && body.name === 'release-made') told.add(body.detail['release'])
    const releases = again.releases.list('shop')
    t.same(releases.map(({ id }) => told.has(id)), releases.map(() => true), 'the ledger tells of it')
    t.same(releases.map(({ id }) => owner(folder, 'rev-parse', `${tagRef(id)}^{commit}`)), releases.map(({ commit }) => commit))
    t.same(again.book.unsettled('shop'), [])
    if (ended === 'done') t.ok(releases.length > made, 'what was answered is so')
    made = releases.length
    again.close()
  }
  t.ok(made > 1 && made < MOST_STEPS, 'some were made and some were not')
})

await t.test('where nothing points, nothing is said to', async (t) => {
  const stage = await openReleaseStage(join(dir, 'other'), join(dir, 'other-data'))
  for (const environment of ENVIRONMENTS) t.equal(stage.book.current('shop', environment), null)
  await t.rejects(stage.releases.rollback(null, inEnvironment('PROD')), { code: 'WEIR_ERR_ROUTE_UNKNOWN' })
  stage.close()
})

async function attempt (point: () => Promise<unknown>): Promise<'done' | 'killed' | 'refused'> {
  try {
    await point()
    return 'done'
  } catch (error) {
    if (error instanceof Killed) return 'killed'
    if (error instanceof GatewayError && ['WEIR_ERR_DECIDED', 'WEIR_ERR_ROUTE_UNKNOWN'].includes(error.code)) return 'refused'
    throw error
  }
}

async function seen (folder: string, dataDir: string): Promise<{ readonly id: string | null }> {
  const stage = await openReleaseStage(folder, dataDir)
  const id = stage.book.current('shop', 'DEV')?.id ?? null
  stage.close()
  return { id }
}

function commitOn (folder: string, message = 'work'): void {
  const tip = owner(folder, 'rev-parse', 'weir/dev')
  owner(folder, 'update-ref', 'refs/heads/weir/dev', owner(folder, 'commit-tree', `${tip}^{tree}`, '-p', tip, '-m', message))
}

function isKept (folder: string, commit: string): boolean {
  return owner(folder, 'for-each-ref', '--contains', commit, '--format=%(refname)') !== ''
}
