import { execFileSync } from 'node:child_process'
import { appendFileSync, chmodSync, copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { deflateSync } from 'node:zlib'
import t from 'tap'
import { pack, type Header } from 'tar-stream'
import { sha256 } from '../../../gateway/core/canonical-json.ts'
import { archiveTree } from '../../../gateway/releases/archive-tree.ts'
import { exportRelease, manifestFileOf, readExportedManifest } from '../../../gateway/releases/export-release.ts'
import { openReleaseKey, releaseKeyFile } from '../../../gateway/releases/release-key.ts'
import type { SignedManifest } from '../../../gateway/releases/release.ts'
import { ARCHIVE_PARTS, verifyArchive } from '../../../gateway/releases/verify-archive.ts'
import { testFolder } from '../../support/test-folder.ts'
import { inEnvironment, makeRepository, openReleaseStage, owner } from './release-stage.ts'

const dir = testFolder(t)
const folder = join(dir, 'shop')
makeRepository(folder)
mkdirSync(join(folder, 'src'))
writeFileSync(join(folder, 'src', 'run.sh'), 'true\n'.repeat(20_000), { mode: 0o755 })
symlinkSync('../a.js', join(folder, 'src', 'link.js'))
owner(folder, 'add', '-A')
owner(folder, 'commit', '-q', '-m', 'more')
const stage = await openReleaseStage(folder, join(dir, 'data'))
t.teardown(() => stage.close())
const key = openReleaseKey(releaseKeyFile(join(dir, 'data')))
const stranger = openReleaseKey(join(dir, 'strangers-key.pem'))
const made = (await stage.releases.make(inEnvironment('DEV'))).release
const file = join(dir, 'out.tar')
await exportRelease(stage.project.git, made, file)

/** The parts that do not hold. */
async function broken (archive: string, signed: SignedManifest, publicKey = key.publicKey): Promise<readonly string[]> {
  const parts = await verifyArchive(archive, signed, publicKey)
  t.same(parts.map(({ part }) => part), ARCHIVE_PARTS)
  return parts.filter(({ problem }) => problem !== null).map(({ part }) => part)
}

function changed (change: (copy: string) => void): string {
  const copy = join(dir, 'changed.tar')
  copyFileSync(file, copy)
  change(copy)
  return copy
}

await t.test('what is exported is the archive that the manifest names, byte for byte, for its owner only', async (t) => {
  t.equal(sha256(readFileSync(file)), made.manifest.archive.sha256)
  t.equal(statSync(file).mode & 0o777, 0o600)
  t.same(await readExportedManifest(file), made)
  const out = join(dir, 'out')
  mkdirSync(out)
  execFileSync('tar', ['-xf', file, '-C', out])
  t.same(readdirSync(out, { recursive: true }).map(String).sort(), ['a.js', 'src', 'src/link.js', 'src/run.sh'])
})

await t.test('it is verified by the public key alone, without repository or gateway', async (t) => {
  t.same(await broken(file, made), [])
  t.same(await broken(file, made, stranger.publicKey), ['signature'])
  t.same(await broken(file, stranger.sign(made.manifest)), ['signature'])
  t.same(await broken(file, { ...made, key: '0'.repeat(64) }), ['signature'], 'the name of the key is not signed')
  t.same(await broken(file, { ...made, manifest: { ...made.manifest, environment: 'PROD' } }), ['signature'])
})

await t.test('an archive that was changed, cut or made longer is another one, and is not parsed', async (t) => {
  t.same(await broken(changed((copy) => appendFileSync(copy, '\0')), made), ['archive', 'tree'])
  t.same(await broken(changed((copy) => writeFileSync(copy, readFileSync(copy).subarray(0, -512))), made), ['archive', 'tree'])
  t.same(await broken(changed((copy) => writeFileSync(copy, readFileSync(copy).fill('b', 512, 513))), made), ['archive', 'tree'])
  t.match((await verifyArchive('/dev/zero', made, key.publicKey)).at(-1), { part: 'tree', problem: /not looked at/ })
  t.same(await broken(join(dir, 'none.tar'), made), ['archive', 'tree'])
})

await t.test('an archive that its manifest names, but whose files are not those of the tree, is told', async (t) => {
  const other = await tarOf([{ name: 'a.js' }])
  const at = changed((copy) => writeFileSync(copy, other))
  const facts = { sha256: sha256(other), bytes: other.length }
  t.same(await broken(at, key.sign({ ...made.manifest, archive: { ...facts, files: 1 } })), ['digest', 'tree'])
  t.match((await verifyArchive(at, key.sign({ ...made.manifest, archive: { ...facts, files: 4 } }), key.publicKey)).at(-1), { problem: /another number/ })
})

await t.test('what no release holds is in no archive', async (t) => {
  for (const type of ['link', 'directory', 'fifo', 'character-device'] as const) {
    await t.rejects(archiveTree(Readable.from([await tarOf([{ name: 'x', type, linkname: 'a.js' }])]), 'sha1'), { code: 'WEIR_ERR_PROJECT' }, type)
  }
  await t.rejects(archiveTree(Readable.from([await tarOf([{ name: 'x' }, { name: 'x' }])]), 'sha1'), /one name/)
  await t.rejects(archiveTree(Readable.from([Buffer.alloc(512, 'x')]), 'sha1'))
  await t.rejects(archiveTree(Readable.from([(await tarOf([{ name: 'x' }])).subarray(0, 700)]), 'sha1'))
})

await t.test('a repository that does not make these bytes any more leaves what was there', async (t) => {
  const blob = owner(folder, 'rev-parse', `${made.manifest.commit}:a.js`)
  const object = join(folder, '.git', 'objects', blob.slice(0, 2), blob.slice(2))
  const was = readFileSync(object)
  chmodSync(object, 0o600)
  writeFileSync(object, deflateSync(Buffer.from('blob 2\0b\n')))
  const fresh = join(dir, 'fresh.tar')
  await t.rejects(exportRelease(stage.project.git, made, fresh), { code: 'WEIR_ERR_PROJECT' })
  await t.rejects(exportRelease(stage.project.git, made, file), { code: 'WEIR_ERR_PROJECT' })
  t.same(readdirSync(dir).filter((name) => name.startsWith('fresh')), [])
  t.same(await broken(file, made), [])
  writeFileSync(object, was)
})

await t.test('what is beside an archive and no manifest is not taken for one', async (t) => {
  const copy = changed((at) => writeFileSync(manifestFileOf(at), 'x'.repeat(1_000_000)))
  t.equal(await readExportedManifest(copy), null)
  rmSync(manifestFileOf(copy))
  await t.rejects(readExportedManifest(copy))
  t.notOk(existsSync(manifestFileOf(copy)))
})

async function tarOf (headers: ReadonlyArray<Pick<Header, 'name'> & Partial<Header>>): Promise<Buffer> {
  const tar = pack()
  for (const header of headers) tar.entry(header, header.type === undefined ? 'x' : '')
  tar.finalize()
  const parts: Buffer[] = []
  for await (const part of tar as AsyncIterable<Buffer>) parts.push(part)
  return Buffer.concat(parts)
}
