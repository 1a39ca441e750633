/**
 * Question: how long does the proof for one entry among ten million take, and how large is it? Of a signed log in files, as the command and the
 * route read it. The log's full tiles are all alike, so that the few that a proof needs can be written without the other hundreds of MB.
 */
import { generateKeyPairSync, createPublicKey, hash } from 'node:crypto'
import { mkdir, writeFile } from 'node:fs/promises'
import { signCheckpoint } from '../gateway/transparency/checkpoint.ts'
import { checkpointFileOf, originFor } from '../gateway/transparency/log-place.ts'
import { foldHashes, HASH_BYTES, leafHash } from '../gateway/transparency/merkle.ts'
import { createProofs } from '../gateway/transparency/proofs.ts'
import { readLog } from '../gateway/transparency/read-log.ts'
import { TILE_WIDTH, type Tile } from '../gateway/transparency/tile-path.ts'
import { openTileStore, type TileStore } from '../gateway/transparency/tile-store.ts'
import { BUNDLE_ITEM_BYTES } from '../gateway/transparency/tree.ts'

const SIZE = 10_000_000
const PROOFS = 200

export interface ProofFigures { readonly p50Ms: number, readonly maxMs: number, readonly maxBytes: number }

export async function benchProofs (dir: string): Promise<ProofFigures> {
  await mkdir(dir, { recursive: true })
  const { privateKey } = generateKeyPairSync('ed25519')
  const name = originFor(ENTRIES.subarray(2, 2 + HASH_BYTES))
  const store = recording(openTileStore(dir))
  await writeFile(checkpointFileOf(dir), signCheckpoint({ origin: name, size: SIZE, root: await createProofs(store, SIZE).root() }, privateKey))
  const log = async (): ReturnType<typeof readLog> => await readLog(dir, { name, publicKey: createPublicKey(privateKey) })
  const indexes = Array.from({ length: PROOFS }, (_, at) => Math.floor((at + 0.5) * SIZE / PROOFS))
  for (const index of indexes) {
    await createProofs(store, SIZE).inclusion(index)
    await store.read({ level: 'entries', index: Math.floor(index / TILE_WIDTH), width: TILE_WIDTH }, BUNDLE_ITEM_BYTES)
  }
  const times: number[] = []
  let maxBytes = 0
  for (const index of indexes) {
    const from = performance.now()
    const proof = await (await log()).prove(index)
    times.push(performance.now() - from)
    maxBytes = Math.max(maxBytes, Buffer.byteLength(proof))
  }
  times.sort((a, b) => a - b)
  return { p50Ms: times[PROOFS / 2] ?? Number.NaN, maxMs: times.at(-1) ?? Number.NaN, maxBytes }
}

const entry = (at: number): Buffer => hash('sha256', `entry ${at}`, 'buffer')
const ENTRIES = Buffer.concat(Array.from({ length: TILE_WIDTH }, (_, at) => Buffer.concat([Buffer.of(0, HASH_BYTES), entry(at)])))

/** A full tile of each level: that of the leaves, and then of 256 times the root of the one below. */
const LEVELS: Buffer[] = [Buffer.concat(Array.from({ length: TILE_WIDTH }, (_, at) => leafHash(entry(at))))]
for (let level = 1; level < 4; level += 1) LEVELS.push(Buffer.concat(Array<Buffer>(TILE_WIDTH).fill(foldHashes(LEVELS[level - 1] as Buffer))))

/** Writes every tile that is asked for, so that it is in the folder when it is asked for again. */
function recording (store: TileStore): TileStore {
  const bytesOf = ({ level, width }: Tile, itemBytes: number): Buffer => (level === 'entries' ? ENTRIES : LEVELS[level] as Buffer).subarray(0, width * itemBytes)
  return {
    ...store,
    async read (tile, itemBytes) {
      const bytes = bytesOf(tile, itemBytes)
      await store.write(tile, bytes)
      return bytes
    },
  }
}
