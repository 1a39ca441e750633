import { readFileSync } from 'node:fs'
import { hash } from 'node:crypto'
import { join } from 'node:path'
import fc from 'fast-check'
import t from 'tap'
import { GatewayError } from '../../../gateway/core/errors.ts'
import { packageRoot } from '../../../gateway/package-root.ts'
import { provesConsistency, provesInclusion } from '../../../gateway/transparency/check-proof.ts'
import { foldHashes, leafHash } from '../../../gateway/transparency/merkle.ts'
import { createProofs } from '../../../gateway/transparency/proofs.ts'
import { tilePath } from '../../../gateway/transparency/tile-path.ts'
import { openTileStore, type TileStore } from '../../../gateway/transparency/tile-store.ts'
import { createTree, loadTree } from '../../../gateway/transparency/tree.ts'
import { testFolder } from '../../support/test-folder.ts'
import { naiveConsistency, naivePath, naiveRoot } from './naive-tree.ts'

const hex = (text: string): Buffer => Buffer.from(text, 'hex')
const base64 = (text: string | null): Buffer => Buffer.from(text ?? '', 'base64')

// testonly/constants.go of github.com/transparency-dev/merkle (Apache License 2.0): the tree that Certificate Transparency is tested with.
const LEAVES = ['', '00', '10', '2021', '3031', '40414243', '5051525354555657', '606162636465666768696a6b6c6d6e6f']
const ROOTS = [
  '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
  'fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125',
  'aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77',
  'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
  '4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4',
  '76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef',
  'ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c',
  '5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328',
]

interface InclusionCase { name: string, leafIdx: number, treeSize: number, root: string | null, leafHash: string | null, proof: string[] | null, wantErr: boolean }
interface ConsistencyCase { name: string, size1: number, size2: number, root1: string | null, root2: string | null, proof: string[] | null, wantErr: boolean }

await t.test('roots are those that an independent implementation computes', (t) => {
  ROOTS.forEach((root, at) => {
    const leaves = LEAVES.slice(0, at + 1).map((leaf) => leafHash(hex(leaf)))
    t.equal(foldHashes(Buffer.concat(leaves)).toString('hex'), root)
  })
  t.end()
})

await t.test('proofs are accepted and refused as by an independent implementation', (t) => {
  const { inclusion, consistency } = JSON.parse(readFileSync(join(packageRoot(), 'test/gateway/transparency/merkle-vectors.json'), 'utf8')) as { inclusion: InclusionCase[], consistency: ConsistencyCase[] }
  t.equal(inclusion.length + consistency.length, 196)
  for (const { name, leafIdx, treeSize, root, leafHash, proof, wantErr } of inclusion) {
    t.equal(provesInclusion(base64(leafHash), leafIdx, { size: treeSize, root: base64(root) }, (proof ?? []).map(base64)), !wantErr, name)
  }
  for (const { name, size1, size2, root1, root2, proof, wantErr } of consistency) {
    t.equal(provesConsistency({ size: size1, root: base64(root1) }, { size: size2, root: base64(root2) }, (proof ?? []).map(base64)), !wantErr, name)
  }
  t.end()
})

function entries (count: number): Buffer[] {
  return Array.from({ length: count }, (_, at) => hash('sha256', `entry ${at}`, 'buffer'))
}

await t.test('tiles have the names of C2SP tlog-tiles', (t) => {
  t.equal(tilePath({ level: 0, index: 1_234_067, width: 256 }), 'tile/0/x001/x234/067')
  t.equal(tilePath({ level: 1, index: 3, width: 17 }), 'tile/1/003.p/17')
  t.equal(tilePath({ level: 'entries', index: 1_000, width: 256 }), 'tile/entries/x001/000')
  t.end()
})

/** A store in memory: the many small files of a large tree take their time to become durable. */
function memoryStore (): TileStore {
  const tiles = new Map<string, Buffer>()
  return {
    async read (tile) {
      const bytes = tiles.get(tilePath(tile))
      if (bytes === undefined) throw new GatewayError('WEIR_ERR_LEDGER_CORRUPT')
      return bytes
    },
    async write (tile, bytes) { tiles.set(tilePath(tile), Buffer.from(bytes)) },
    async sync () { /* nothing of it outlives the test */ },
  }
}

await t.test('a tree written in steps has the root, the proofs and the tiles of the tree by the definition, at every size along the way', async (t) => {
  const all = entries(70_000)
  const store = memoryStore()
  let tree = createTree(store)
  const roots = new Map<number, Buffer>()
  for (const size of [1, 2, 255, 256, 257, 300, 511, 512, 65_535, 65_536, 65_537, 70_000]) {
    await tree.add(Buffer.concat(all.slice(tree.size(), size)))
    await tree.save()
    roots.set(size, tree.root())
    if (size < 600 || size === 70_000) t.same(tree.root(), naiveRoot(all.slice(0, size)), `root of ${size}`)
    tree = await loadTree(store, size)
    t.same(tree.root(), roots.get(size), `loaded again, root of ${size}`)
  }
  // The example of the specification: 273 full tiles and widths 112, 17 and 1.
  for (const [level, index, width] of [[0, 272, 256], [0, 273, 112], [1, 1, 17], [2, 0, 1]] as const) t.equal((await store.read({ level, index, width }, 32)).length, width * 32)
  await t.rejects(store.read({ level: 1, index: 1, width: 18 }, 32), { code: 'WEIR_ERR_LEDGER_CORRUPT' })
  const root = roots.get(70_000) ?? Buffer.alloc(0)
  const proofs = createProofs(store, 70_000)
  t.same(await proofs.root(), root)
  for (const index of [0, 255, 256, 65_535, 65_536, 69_999]) {
    const proof = await proofs.inclusion(index)
    if (index === 65_535) t.same(proof, naivePath(index, all), `path of ${index}`)
    t.ok(provesInclusion(leafHash(all[index] ?? Buffer.alloc(0)), index, { size: 70_000, root }, proof))
    t.notOk(provesInclusion(leafHash(all[index] ?? Buffer.alloc(0)), index + 1, { size: 70_000, root }, proof))
  }
  for (const [from, older] of roots) {
    const proof = await proofs.consistency(from)
    if (from === 65_537) t.same(proof, naiveConsistency(from, all), `from ${from}`)
    t.ok(provesConsistency({ size: from, root: older }, { size: 70_000, root }, proof))
    if (from < 70_000) t.notOk(provesConsistency({ size: from, root }, { size: 70_000, root }, proof))
  }
})

await t.test('proofs of trees of any size are those of the definition, and hold for nothing else', async (t) => {
  const all = entries(700)
  const store = openTileStore(testFolder(t))
  const tree = createTree(store)
  await tree.add(Buffer.concat(all))
  await tree.save()
  await t.resolves(fc.assert(fc.asyncProperty(fc.integer({ min: 1, max: 700 }), fc.nat(), fc.nat(), fc.nat(), async (size, a, b, flip) => {
    const leaves = all.slice(0, size)
    const index = a % size
    const from = b % size + 1
    const head = { size, root: naiveRoot(leaves) }
    const older = { size: from, root: naiveRoot(leaves.slice(0, from)) }
    const proofs = createProofs(partialsOf(store, size), size)
    const [path, consistency] = [await proofs.inclusion(index), await proofs.consistency(from)]
    const leaf = leafHash(leaves[index] ?? Buffer.alloc(0))
    t.same(path, naivePath(index, leaves))
    t.same(consistency, naiveConsistency(from, leaves))
    t.ok(provesInclusion(leaf, index, head, path) && provesConsistency(older, head, consistency))
    const forged = path.map((hash, at) => at === flip % path.length ? flipped(hash, flip) : hash)
    if (path.length > 0) t.notOk(provesInclusion(leaf, index, head, forged))
    t.notOk(provesInclusion(flipped(leaf, flip), index, head, path))
    t.notOk(provesInclusion(leaf, index, head, [...path, leaf]))
    t.notOk(provesConsistency({ ...older, root: flipped(older.root, flip) }, head, consistency))
    t.notOk(provesConsistency(older, head, [...consistency, leaf]))
  }), { numRuns: 60 }))
})

/** A store as it was when the tree had this size: proofs may not look beyond it. */
function partialsOf (store: ReturnType<typeof openTileStore>, size: number): Pick<ReturnType<typeof openTileStore>, 'read'> {
  return {
    async read (tile, itemBytes) {
      if (tile.level !== 0) {
        // Level 1 of this tree exists in partial form only for its final size.
        if ((tile.index * 256 + tile.width) * 256 > size) throw new Error('beyond the tree')
        return (await store.read({ ...tile, width: 2 }, itemBytes)).subarray(0, tile.width * itemBytes)
      }
      if (tile.index * 256 + tile.width > size) throw new Error('beyond the tree')
      const whole = Math.min(256, 700 - tile.index * 256)
      return (await store.read({ ...tile, width: whole }, itemBytes)).subarray(0, tile.width * itemBytes)
    },
  }
}

function flipped (hash: Buffer, which: number): Buffer {
  const changed = Buffer.from(hash)
  const at = which % hash.length
  changed[at] = (changed[at] ?? 0) ^ (1 << which % 8)
  return changed
}
