import { chmodSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { deflateSync } from 'node:zlib'
import t from 'tap'
import { openReleaseKey, releaseKeyFile } from '../../../gateway/releases/release-key.ts'
import type { Manifest, SignedManifest } from '../../../gateway/releases/release.ts'
import { VERIFIED_PARTS, verifyRelease } from '../../../gateway/releases/verify-release.ts'
import { testFolder } from '../../support/test-folder.ts'
import { inEnvironment, openReleaseStage, owner } from './release-stage.ts'

const dir = testFolder(t)
const folder = join(dir, 'shop')
const stage = await openReleaseStage(folder, join(dir, 'data'))
t.teardown(() => stage.close())
const { release: made } = await stage.releases.make(inEnvironment('DEV'))
const key = openReleaseKey(releaseKeyFile(join(dir, 'data')))
const stranger = openReleaseKey(join(dir, 'stranger', 'key.pem'))

/** The parts that do not hold. */
async function broken (signed: SignedManifest, publicKey = key.publicKey): Promise<readonly string[]> {
  const parts = await verifyRelease(stage.project.git, signed, publicKey)
  t.same(parts.map(({ part }) => part), VERIFIED_PARTS)
  return parts.filter(({ problem }) => problem !== null).map(({ part }) => part)
}

const withManifest = (change: Partial<Manifest>): Manifest => ({ ...made.manifest, ...change })

await t.test('a release as it was made holds in every part', async (t) => {
  t.same(await broken(made), [])
})

await t.test('a manifest that was changed, or that another key signed, is not believed', async (t) => {
  t.same(await broken({ ...made, manifest: withManifest({ madeBy: 'mallory' }) }), ['signature', 'tag'])
  t.same(await broken({ ...made, signature: '' }), ['signature', 'tag'])
  t.same(await broken(made, stranger.publicKey), ['signature'])
  t.same(await broken(stranger.sign(made.manifest)), ['signature', 'tag'])
})

await t.test('what a signed manifest says is compared with what the repository holds', async (t) => {
  const tree = owner(folder, 'rev-parse', `${made.manifest.commit}^{tree}`)
  const other = owner(folder, 'commit-tree', tree, '-m', 'another of the same tree')
  t.same(await broken(key.sign(withManifest({ commit: other }))), ['digest', 'tag'])
  t.same(await broken(key.sign(withManifest({ tree: '0'.repeat(40) }))), ['digest', 'commit', 'tree', 'tag'])
  t.same(await broken(key.sign(withManifest({ archive: { ...made.manifest.archive, sha256: '0'.repeat(64) } }))), ['digest', 'archive', 'tag'])
  t.same(await broken(key.sign(withManifest({ commit: '0'.repeat(40) }))), ['digest', 'commit', 'tree', 'archive', 'tag'])
})

await t.test('a tag that was moved is seen', async (t) => {
  const ref = `refs/tags/weir/${made.manifest.id}`
  const was = owner(folder, 'rev-parse', ref)
  owner(folder, 'update-ref', ref, made.manifest.commit)
  t.same(await broken(made), ['tag'])
  owner(folder, 'update-ref', '-d', ref)
  t.same(await broken(made), ['tag'])
  owner(folder, 'update-ref', ref, was)
  t.same(await broken(made), [])
})

await t.test('content that was exchanged under its name is seen, though git gives it out', async (t) => {
  const blob = owner(folder, 'rev-parse', `${made.manifest.commit}:a.js`)
  const file = join(folder, '.git', 'objects', blob.slice(0, 2), blob.slice(2))
  chmodSync(file, 0o600)
  writeFileSync(file, deflateSync(Buffer.from('blob 2\0b\n')))
  t.same(await broken(made), ['tree', 'archive'])
})
